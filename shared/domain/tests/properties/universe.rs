//! A universe so small that everything collides: three accounts with logins
//! that they share and change, two repositories that take over each other's
//! names, two pull requests, two pushes, three commits.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    AccountReference, AuthorEvidence, AuthorSource, ContributionKind, CreditBasis, Fact, Lines,
    Period, PullRequestKey, PushKey, RepositoryName, RepositoryReference, Retraction, Scope,
    Scorable, Sighting, Source, SourceReference, Tally,
};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    // A few days around a month's end, so that facts share days and periods.
    (0..5_i64, 0..3_i64).prop_map(|(days, minutes)| {
        let start: DateTime<Utc> = "2024-02-27T23:58:00Z".parse().expect("an instant");
        start + TimeDelta::days(days) + TimeDelta::minutes(minutes)
    })
}

/// Accounts 1 to 3, by id or by a login that one or two of them bear.
pub(crate) fn account() -> impl Strategy<Value = AccountReference> {
    prop_oneof![
        (1..=3_u64).prop_map(AccountReference::from_id),
        select(vec!["ada", "bob"]).prop_map(AccountReference::from_login),
    ]
}

/// Repositories 1 and 2, by id or by a name that one or both bear.
pub(crate) fn repository() -> impl Strategy<Value = RepositoryReference> {
    prop_oneof![
        (1..=2_u64).prop_map(RepositoryReference::from_id),
        select(vec!["@org/one", "@org/two"])
            .prop_map(|name| RepositoryReference::from_stored(name.to_owned())),
    ]
}

pub(crate) fn pull_request() -> impl Strategy<Value = PullRequestKey> {
    (option::of(1..=2_u64), option::of(1..=2_u64))
        .prop_map(|(id, number)| PullRequestKey { id, number })
}

pub(crate) fn push() -> impl Strategy<Value = PushKey> {
    (1..=2_u64).prop_map(|number| PushKey(number.to_string()))
}

pub(crate) fn sha() -> impl Strategy<Value = String> {
    select(vec!["aa", "bb", "cc"]).prop_map(str::to_owned)
}

pub(crate) fn source() -> impl Strategy<Value = SourceReference> {
    (
        select(vec![
            Source::Api,
            Source::Webhook,
            Source::Archive,
            Source::Bigquery,
        ]),
        0..2_u8,
    )
        .prop_map(|(source, place)| SourceReference {
            source,
            reference: place.to_string(),
        })
}

prop_compose! {
    pub(crate) fn sighting()(
        kind in select(vec![
            ContributionKind::Commit, ContributionKind::Push, ContributionKind::PullRequestMerged,
            ContributionKind::PullRequestReviewed, ContributionKind::Comment, ContributionKind::Star,
            ContributionKind::PullRequestClosed,
        ]),
        repository in repository(),
        account in account(),
        known in any::<bool>(),
        number in 1..=2_u64,
        sha in sha(),
        push in push(),
        pull_request in pull_request(),
        quantity in 0..40_u32,
        lines in option::of((0..60_000_u32, 0..60_000_u32)),
        occurred_at in instant(),
        source in source(),
    ) -> Sighting {
        let (key, basis) = match kind {
            ContributionKind::Commit if quantity % 3 == 0 => {
                (format!("push:{repository}:{}", push.0), CreditBasis::Pusher)
            }
            ContributionKind::Commit => (format!("commit:{repository}:{sha}"), CreditBasis::Pusher),
            ContributionKind::Push => (format!("push:{repository}:{}", push.0), CreditBasis::Pusher),
            ContributionKind::Star => (format!("star:{repository}:{account}"), CreditBasis::Actor),
            // One event may be seen as two kinds of thing.
            ContributionKind::PullRequestClosed => ("event:PullRequestEvent:1".to_owned(), CreditBasis::Actor),
            ContributionKind::PullRequestMerged if number == 2 && quantity % 4 == 0 => {
                ("event:PullRequestEvent:1".to_owned(), CreditBasis::Author)
            }
            // Reviews are numbered over all repositories.
            ContributionKind::PullRequestReviewed => (format!("{kind}:{number}"), CreditBasis::Author),
            kind => (format!("{kind}:{repository}:{number}"), CreditBasis::Author),
        };
        let merged = kind == ContributionKind::PullRequestMerged;
        let pushed = matches!(kind, ContributionKind::Commit | ContributionKind::Push);
        // Not every source of a commit knows the push it came with.
        let pushed = pushed && (known || kind == ContributionKind::Push);
        let pending = merged && !known;
        Sighting {
            occurred_at, kind, key, repository, source,
            account: (!pending).then_some(account),
            basis: if pending { CreditBasis::Pending } else { basis },
            actor: None,
            quantity: (kind != ContributionKind::Push).then_some(quantity),
            lines: lines.filter(|_| merged).map(|(additions, deletions)| Lines { additions, deletions }),
            pull_request: Some(pull_request),
            push: pushed.then_some(push),
            sequence: 0,
            recorded_at: DateTime::UNIX_EPOCH,
        }
    }
}

pub(crate) fn fact() -> impl Strategy<Value = Fact> {
    let names = select(vec!["Ada", "ada", "Bob", "helper[bot]"]);
    let named = ((1..=3_u64), names, any::<bool>(), instant()).prop_map(|(id, login, bot, at)| {
        let account = AccountReference::from_id(id);
        Fact::AccountNamed {
            account,
            login: login.to_owned(),
            called_bot: bot && id == 3,
            at,
        }
    });
    let called = (
        (1..=2_u64),
        select(vec!["Org/One", "org/two", "new/one"]),
        instant(),
    )
        .prop_map(|(id, name, at)| Fact::RepositoryNamed {
            repository: RepositoryReference::from_id(id),
            name: RepositoryName::parse(name).expect("a name"),
            at,
        });
    let sources = select(vec![
        AuthorSource::PullRequest,
        AuthorSource::Issue,
        AuthorSource::Opener,
    ]);
    let author = (repository(), pull_request(), sources, instant(), account()).prop_map(
        |(repository, pull_request, source, at, account)| Fact::PullRequestAuthor {
            repository,
            pull_request,
            evidence: AuthorEvidence {
                source,
                at,
                account,
            },
        },
    );
    let merge =
        (repository(), sha(), pull_request()).prop_map(|(repository, sha, pull_request)| {
            Fact::MergeCommit {
                repository,
                sha,
                pull_request,
            }
        });
    let pushed =
        (repository(), push(), sha()).prop_map(|(repository, push, sha)| Fact::PushCommit {
            repository,
            push,
            sha,
        });
    let ended = (repository(), push(), sha()).prop_map(|(repository, push, sha)| Fact::PushHead {
        repository,
        push,
        sha,
    });
    // Whatever may be seen may have been seen in error.
    let retracted =
        (sighting(), instant(), any::<bool>()).prop_map(|(sighting, decided_at, retracted)| {
            Fact::Retraction(Box::new(Retraction {
                decided_at,
                retracted,
                key: sighting.key,
                actor: "ann".to_owned(),
                reason: "an error".to_owned(),
            }))
        });
    prop_oneof![
        8 => sighting().prop_map(|sighting| Fact::Sighting(Box::new(sighting))),
        2 => retracted,
        2 => named,
        1 => called,
        2 => author,
        1 => merge,
        2 => pushed,
        1 => ended,
    ]
}

/// Everything a board may be about, here.
pub(crate) fn scopes() -> [Scope; 5] {
    [
        Scope::Global,
        Scope::Repository(RepositoryReference::from_id(1)),
        Scope::Repository(RepositoryReference::from_stored("@org/one".to_owned())),
        Scope::Organization("org".to_owned()),
        Scope::Organization("new".to_owned()),
    ]
}

pub(crate) fn periods() -> [Period; 8] {
    let day = |text: &str| text.parse().expect("a day");
    [
        Period::All,
        Period::Year(2024),
        Period::Quarter(2024, 1),
        Period::Month(2024, 2),
        Period::Week(2024, 9),
        Period::Day(day("2024-02-29")),
        Period::rolling(7, day("2024-03-01")).expect("a window"),
        Period::spanning(day("2024-02-29"), day("2024-03-01")).expect("a span"),
    ]
}

pub(crate) fn accepts(tally: &Tally, scope: &Scope, repository: &RepositoryReference) -> bool {
    match scope {
        Scope::Global => true,
        Scope::Repository(wanted) => repository == wanted,
        Scope::Organization(owner) => tally.owner(repository).as_ref() == Some(owner),
        // No facts say what belongs to a group.
        Scope::Group(_) => false,
    }
}

/// Everything that counts on a board, by contributor.
pub(crate) fn scorables(
    tally: &Tally,
    scope: &Scope,
    period: Period,
) -> HashMap<AccountReference, Vec<Scorable>> {
    let mut by_contributor: HashMap<AccountReference, Vec<Scorable>> = HashMap::new();
    let contributions = tally.contributions();
    for found in contributions.values().filter(|found| found.counted() > 0) {
        let day = found.occurred_at.date_naive();
        let within = period
            .days()
            .is_none_or(|(first, end)| (first..end).contains(&day))
            && accepts(tally, scope, &found.repository);
        if let Some(contributor) = found.contributor.clone().filter(|_| within) {
            by_contributor
                .entry(contributor)
                .or_default()
                .push(Scorable {
                    repository: found.repository.clone(),
                    kind: found.kind,
                    day,
                    quantity: found.counted(),
                    lines: found.lines,
                });
        }
    }
    by_contributor
}

pub(crate) fn tally(facts: &[Fact]) -> Tally {
    let mut tally = Tally::default();
    facts.iter().cloned().for_each(|fact| tally.record(fact));
    tally
}
