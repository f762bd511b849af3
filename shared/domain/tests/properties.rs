//! The counting is a function of the set of facts: their order, repetition
//! and split over sources change nothing. And explanations add up.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    AccountReference, AuthorEvidence, AuthorSource, ClassFilter, ContributionKind, CreditBasis,
    Fact, Lines, Metric, Period, Policy, PullRequestKey, PushKey, RepositoryName,
    RepositoryReference, Scope, Scorable, Sighting, Source, SourceReference, Standing, Tally,
    contribution_id, explain, rank_standings,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    // A few days around a month's end, so that facts share days and periods.
    (0..5_i64, 0..3_i64).prop_map(|(days, minutes)| {
        let start: DateTime<Utc> = "2024-02-27T23:58:00Z".parse().expect("an instant");
        start + TimeDelta::days(days) + TimeDelta::minutes(minutes)
    })
}

/// Accounts 1 to 3, by id or by a login that one or two of them bear.
fn account() -> impl Strategy<Value = AccountReference> {
    prop_oneof![
        (1..=3_u64).prop_map(AccountReference::from_id),
        select(vec!["ada", "bob"]).prop_map(AccountReference::from_login),
    ]
}

/// Repositories 1 and 2, by id or by a name that one or both bear.
fn repository() -> impl Strategy<Value = RepositoryReference> {
    prop_oneof![
        (1..=2_u64).prop_map(RepositoryReference::from_id),
        select(vec!["@org/one", "@org/two"])
            .prop_map(|name| RepositoryReference::from_stored(name.to_owned())),
    ]
}

fn pull_request() -> impl Strategy<Value = PullRequestKey> {
    (option::of(1..=2_u64), option::of(1..=2_u64))
        .prop_map(|(id, number)| PullRequestKey { id, number })
}

fn push() -> impl Strategy<Value = PushKey> {
    (1..=2_u64).prop_map(|number| PushKey(number.to_string()))
}

fn sha() -> impl Strategy<Value = String> {
    select(vec!["aa", "bb", "cc"]).prop_map(str::to_owned)
}

fn source() -> impl Strategy<Value = SourceReference> {
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
    fn sighting()(
        kind in select(vec![
            ContributionKind::Commit, ContributionKind::Push, ContributionKind::PullRequestMerged,
            ContributionKind::PullRequestReviewed, ContributionKind::Comment, ContributionKind::Star,
        ]),
        repository in repository(),
        account in account(),
        known in any::<bool>(),
        number in 1..=2_u64,
        sha in sha(),
        push in push(),
        pull_request in pull_request(),
        quantity in 1..40_u32,
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
            kind => (format!("{kind}:{repository}:{number}"), CreditBasis::Author),
        };
        let merged = kind == ContributionKind::PullRequestMerged;
        let pushed = matches!(kind, ContributionKind::Commit | ContributionKind::Push);
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

fn fact() -> impl Strategy<Value = Fact> {
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
    let retracted = (repository(), sha(), instant()).prop_map(|(repository, sha, at)| {
        let contribution = contribution_id(&format!("commit:{repository}:{sha}"));
        Fact::Retracted {
            contribution,
            reason: "an error".to_owned(),
            at,
        }
    });
    prop_oneof![
        8 => sighting().prop_map(|sighting| Fact::Sighting(Box::new(sighting))),
        1 => retracted,
        2 => named,
        1 => called,
        2 => author,
        1 => merge,
        2 => pushed,
    ]
}

/// Everything a board may be about, here.
fn scopes() -> [Scope; 5] {
    [
        Scope::Global,
        Scope::Repository(RepositoryReference::from_id(1)),
        Scope::Repository(RepositoryReference::from_stored("@org/one".to_owned())),
        Scope::Organization("org".to_owned()),
        Scope::Organization("new".to_owned()),
    ]
}

fn periods() -> [Period; 6] {
    [
        Period::All,
        Period::Year(2024),
        Period::Quarter(2024, 1),
        Period::Month(2024, 2),
        Period::Week(2024, 9),
        Period::Day("2024-02-29".parse().expect("a day")),
    ]
}

fn accepts(tally: &Tally, scope: &Scope, repository: &RepositoryReference) -> bool {
    match scope {
        Scope::Global => true,
        Scope::Repository(wanted) => repository == wanted,
        Scope::Organization(owner) => tally.owner(repository).as_ref() == Some(owner),
    }
}

fn tally(facts: &[Fact]) -> Tally {
    let mut tally = Tally::default();
    facts.iter().cloned().for_each(|fact| tally.record(fact));
    tally
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn order_and_repetition_change_nothing(
        (facts, shuffled) in vec(fact(), 1..40).prop_flat_map(|facts| {
            let doubled: Vec<Fact> = facts.iter().chain(&facts).cloned().collect();
            (Just(facts), Just(doubled).prop_shuffle())
        })
    ) {
        let (one, other) = (tally(&facts), tally(&shuffled));
        prop_assert_eq!(one.contributions(), other.contributions());
        prop_assert_eq!(one.daily_counts(), other.daily_counts());
        let policy = Policy::default();
        let (counts, other_counts) = (one.daily_counts(), other.daily_counts());
        let metrics = [
            Metric::Score,
            Metric::Kind(ContributionKind::Commit),
            Metric::Kind(ContributionKind::PullRequestReviewed),
        ];
        for (scope, period) in scopes().iter().zip(periods()) {
            for metric in metrics {
                for class in ClassFilter::ALL {
                    prop_assert_eq!(
                        one.board(&counts, &policy, scope, period, metric, class),
                        other.board(&other_counts, &policy, scope, period, metric, class)
                    );
                }
            }
        }
    }

    #[test]
    fn two_streams_may_be_woven_in_any_way(
        (left, right, turns) in (vec(fact(), 0..25), vec(fact(), 0..25)).prop_flat_map(|(left, right)| {
            let turns = vec(any::<bool>(), left.len() + right.len());
            (Just(left), Just(right), turns)
        })
    ) {
        let one_after_the_other: Vec<Fact> = left.iter().chain(&right).cloned().collect();
        let (mut left, mut right) = (left.into_iter(), right.into_iter());
        let mut woven = Vec::new();
        for turn in turns {
            woven.extend(if turn { left.next() } else { right.next() });
        }
        woven.extend(left.chain(right));
        let (one, other) = (tally(&one_after_the_other), tally(&woven));
        prop_assert_eq!(one.contributions(), other.contributions());
        prop_assert_eq!(one.daily_counts(), other.daily_counts());
    }

    #[test]
    fn explanations_add_up_to_the_score(facts in vec(fact(), 1..60)) {
        let tally = tally(&facts);
        let (policy, counts) = (Policy::default(), tally.daily_counts());
        let contributions = tally.contributions();
        for (scope, period) in scopes().iter().flat_map(|scope| periods().map(|period| (scope, period))) {
            let mut by_contributor: HashMap<AccountReference, Vec<Scorable>> = HashMap::new();
            for found in contributions.values().filter(|found| found.counted() > 0) {
                let day = found.occurred_at.date_naive();
                let within = period.days().is_none_or(|(first, end)| (first..end).contains(&day))
                    && accepts(&tally, scope, &found.repository);
                if let Some(contributor) = found.contributor.clone().filter(|_| within) {
                    by_contributor.entry(contributor).or_default().push(Scorable {
                        repository: found.repository.clone(),
                        kind: found.kind,
                        day,
                        quantity: found.counted(),
                        lines: found.lines,
                    });
                }
            }
            let scores = counts.scores(&policy, period, |found| accepts(&tally, scope, found));
            prop_assert_eq!(scores.len(), by_contributor.len());
            for (contributor, contributions) in by_contributor {
                let explained = explain(&policy, &contributions);
                let sum: i64 = explained.iter().map(|one| one.points()).sum();
                prop_assert_eq!(Some(&sum), scores.get(&contributor), "{} {}", scope, period);
            }
        }
    }

    #[test]
    fn a_rank_is_one_more_than_the_number_of_better_values(values in vec(0..6_i64, 0..30)) {
        let standings: Vec<Standing> = (1..).zip(&values).map(|(id, value)| Standing {
            contributor: AccountReference::from_id(id), value: *value, merged: 0, reviews: 0,
        }).collect();
        let ranked = rank_standings(standings);
        prop_assert_eq!(ranked.len(), values.iter().filter(|value| **value > 0).count());
        for (rank, standing) in ranked {
            let better = values.iter().filter(|value| **value > standing.value).count();
            prop_assert_eq!(rank, better as u64 + 1);
        }
    }

    #[test]
    fn a_day_lies_in_each_of_its_periods(days in 0..20_000_i64) {
        let day = (DateTime::UNIX_EPOCH + TimeDelta::days(days)).date_naive();
        for period in Period::containing(day) {
            prop_assert_eq!(period.to_string().parse(), Ok(period));
            if let Some((first, end)) = period.days() {
                prop_assert!((first..end).contains(&day), "{} in {}", day, period);
            }
        }
    }
}
