//! Events as the scraper would publish them, about the small universe.

use domain::{ContributionKind, CreditBasis, Lines, PushKey, SemanticKey, contribution_id};
use events::{
    AccountSeen, AccountSighting, ContributionEnriched, ContributionRecorded,
    ContributionReinstated, ContributionRetracted, Event, PullRequestSighting, PushSighting,
    RepositorySeen,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::universe::{account, instant, number, pull_request, push, repository, sha, source};

/// What was done, before it is said where, when and by whom.
#[derive(Clone, Debug)]
enum Deed {
    Commit(String, Option<PushSighting>, Option<AccountSighting>),
    UnlistedCommits(PushSighting, u32),
    TrimmedPush(PushSighting),
    Opened(PullRequestSighting),
    Merged(PullRequestSighting, Option<Lines>),
    Closed(PullRequestSighting),
    Reviewed(u64, PullRequestSighting),
    Commented(u64, Option<PullRequestSighting>),
    Starred,
}

fn deed() -> impl Strategy<Value = Deed> {
    let lines = (0..30_000_u32, 0..30_000_u32).prop_map(|(additions, deletions)| Lines {
        additions,
        deletions,
    });
    prop_oneof![
        4 => (sha(), option::weighted(0.9, push()), option::weighted(0.1, account()))
            .prop_map(|(sha, push, author)| Deed::Commit(sha, push, author)),
        2 => (push(), 0..40_u32).prop_map(|(push, rest)| Deed::UnlistedCommits(push, rest)),
        3 => push().prop_map(Deed::TrimmedPush),
        1 => pull_request().prop_map(Deed::Opened),
        4 => (pull_request(), option::of(lines))
            .prop_map(|(pull_request, lines)| Deed::Merged(pull_request, lines)),
        1 => pull_request().prop_map(Deed::Closed),
        3 => (number(), pull_request())
            .prop_map(|(review, pull_request)| Deed::Reviewed(review, pull_request)),
        1 => (number(), option::of(pull_request()))
            .prop_map(|(comment, pull_request)| Deed::Commented(comment, pull_request)),
        2 => Just(Deed::Starred),
    ]
}

/// Any event of the small universe.
pub(crate) fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => recorded().prop_map(Event::ContributionRecorded),
        2 => enriched().prop_map(Event::ContributionEnriched),
        2 => names().prop_map(Event::ContributionEnriched),
        4 => decided(),
    ]
}

/// Whatever may be recorded may be recorded in error, or not after all. Boxed:
/// all that may be drawn is on the stack at once.
fn decided() -> BoxedStrategy<Event> {
    let decided = (recorded(), instant(), any::<bool>());
    let decided = decided.prop_map(|(recorded, at, retracts)| {
        if retracts {
            Event::ContributionRetracted(ContributionRetracted {
                contribution: recorded.contribution,
                key: recorded.key,
                repository: recorded.repository,
                actor: "ann".to_owned(),
                reason: "an error".to_owned(),
                retracted_at: at,
            })
        } else {
            Event::ContributionReinstated(ContributionReinstated {
                contribution: recorded.contribution,
                key: recorded.key,
                repository: recorded.repository,
                actor: "bob".to_owned(),
                reason: "no error".to_owned(),
                reinstated_at: at,
            })
        }
    });
    decided.boxed()
}

prop_compose! {
    fn recorded()(
        deed in deed(),
        occurred_at in instant(),
        repository in repository(),
        actor in account(),
        source in source(),
    ) -> ContributionRecorded {
        let reference = repository.reference().expect("an id or a name");
        let fallback = SemanticKey::Event { event_type: "PullRequestEvent", id: "9", created_at: occurred_at };
        let of_pull_request = |pull_request: &PullRequestSighting, key: &dyn Fn(u64) -> String| {
            pull_request.key.number.map_or_else(|| fallback.to_string(), key)
        };
        let of_push = |push: &PushKey| format!("push:{reference}:{}", push.0);
        let blank = ContributionRecorded {
            contribution: contribution_id(""),
            key: String::new(),
            kind: ContributionKind::Star,
            occurred_at,
            actor: Some(actor.clone()),
            credited: None,
            basis: CreditBasis::Actor,
            quantity: Some(1),
            lines: None,
            pull_request: None,
            push: None,
            source,
            repository,
        };
        // The author gets the credit where the event shows one.
        let author_of = |pull_request: &PullRequestSighting, otherwise| match &pull_request.author {
            Some(author) if pull_request.author_source == Some(domain::AuthorSource::PullRequest) =>
                (Some(author.clone()), CreditBasis::Author),
            _ => (None, otherwise),
        };
        let mut event = match deed {
            Deed::Commit(sha, push, author) => ContributionRecorded {
                key: SemanticKey::Commit { repository: &reference, sha: &sha }.to_string(),
                kind: ContributionKind::Commit,
                basis: if author.is_some() { CreditBasis::Author } else { CreditBasis::Pusher },
                credited: author,
                push,
                ..blank
            },
            Deed::UnlistedCommits(push, rest) => ContributionRecorded {
                key: of_push(&push.key),
                kind: ContributionKind::Commit,
                basis: CreditBasis::Pusher,
                quantity: Some(rest),
                push: Some(push),
                ..blank
            },
            Deed::TrimmedPush(push) => ContributionRecorded {
                key: of_push(&push.key),
                kind: ContributionKind::Push,
                basis: CreditBasis::Pusher,
                quantity: None,
                push: Some(push),
                ..blank
            },
            Deed::Opened(pull_request) => {
                let (credited, basis) = author_of(&pull_request, CreditBasis::Actor);
                ContributionRecorded {
                    key: of_pull_request(&pull_request, &|number| {
                        SemanticKey::PullRequestOpened { repository: &reference, number }.to_string()
                    }),
                    kind: ContributionKind::PullRequestOpened,
                    credited,
                    basis,
                    pull_request: Some(pull_request),
                    ..blank
                }
            }
            Deed::Merged(pull_request, lines) => {
                let (credited, basis) = author_of(&pull_request, CreditBasis::Pending);
                ContributionRecorded {
                    key: of_pull_request(&pull_request, &|number| {
                        SemanticKey::PullRequestMerged { repository: &reference, number }.to_string()
                    }),
                    kind: ContributionKind::PullRequestMerged,
                    credited,
                    basis,
                    lines,
                    pull_request: Some(pull_request),
                    ..blank
                }
            }
            Deed::Closed(pull_request) => ContributionRecorded {
                key: of_pull_request(&pull_request, &|number| {
                    SemanticKey::PullRequestClosed { repository: &reference, number, closed_at: occurred_at }
                        .to_string()
                }),
                kind: ContributionKind::PullRequestClosed,
                pull_request: Some(pull_request),
                ..blank
            },
            Deed::Reviewed(review, pull_request) => ContributionRecorded {
                key: SemanticKey::PullRequestReviewed { review }.to_string(),
                kind: ContributionKind::PullRequestReviewed,
                credited: Some(actor),
                basis: CreditBasis::Author,
                pull_request: Some(pull_request),
                ..blank
            },
            Deed::Commented(comment, pull_request) => ContributionRecorded {
                key: SemanticKey::Comment { comment }.to_string(),
                kind: ContributionKind::Comment,
                pull_request,
                ..blank
            },
            Deed::Starred => ContributionRecorded {
                key: SemanticKey::Star { repository: &reference, account: &actor.reference() }.to_string(),
                ..blank
            },
        };
        event.credited = event.credited.filter(|credited| Some(credited) != event.actor.as_ref());
        event.contribution = contribution_id(&event.key);
        event
    }
}

prop_compose! {
    /// Something learned of a pull request without a contribution.
    fn enriched()(
        occurred_at in instant(),
        repository in repository(),
        pull_request in pull_request(),
        source in source(),
    ) -> ContributionEnriched {
        ContributionEnriched {
            occurred_at,
            repository: Some(repository),
            pull_request: Some(pull_request),
            accounts: Vec::new(),
            repositories: Vec::new(),
            source,
        }
    }
}

prop_compose! {
    /// Names that no contribution carries.
    fn names()(
        occurred_at in instant(),
        accounts in vec((account(), instant()), 0..3),
        repositories in vec((repository(), instant()), 0..3),
        source in source(),
    ) -> ContributionEnriched {
        ContributionEnriched {
            occurred_at,
            repository: None,
            pull_request: None,
            accounts: accounts.into_iter().map(|(account, at)| AccountSeen { account, at }).collect(),
            repositories: repositories
                .into_iter()
                .map(|(repository, at)| RepositorySeen { repository, at })
                .collect(),
            source,
        }
    }
}
