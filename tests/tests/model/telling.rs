//! Events told shortly: each says what it is about, the rest is always the
//! same.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    AuthorSource, ContributionKind, CreditBasis, PullRequestKey, PushKey, RepositoryName, Source,
    SourceReference, contribution_id,
};
use events::{
    AccountSeen, AccountSighting, ContributionEnriched, ContributionRecorded,
    ContributionReinstated, ContributionRetracted, Event, PullRequestSighting, PushSighting,
    RepositorySeen, RepositorySighting,
};

fn instant() -> DateTime<Utc> {
    "2024-02-28T00:00:00Z".parse().expect("an instant")
}

pub(crate) fn repository(id: Option<u64>, name: Option<&str>) -> RepositorySighting {
    let name = name.and_then(RepositoryName::parse);
    RepositorySighting { id, name }
}

pub(crate) fn account(id: Option<u64>, login: &str) -> AccountSighting {
    AccountSighting {
        id,
        login: login.to_owned(),
        called_bot: false,
    }
}

pub(crate) fn pull_request(
    id: Option<u64>,
    number: Option<u64>,
    author: Option<(AccountSighting, AuthorSource)>,
    merge_commit: Option<&str>,
) -> PullRequestSighting {
    let (author, author_source) = author.unzip();
    PullRequestSighting {
        key: PullRequestKey { id, number },
        author,
        author_source,
        merge_commit: merge_commit.map(str::to_owned),
    }
}

fn source() -> SourceReference {
    SourceReference {
        source: Source::Archive,
        reference: "1".to_owned(),
    }
}

pub(crate) fn recorded(key: &str, repository: RepositorySighting) -> ContributionRecorded {
    ContributionRecorded {
        contribution: contribution_id(key),
        key: key.to_owned(),
        kind: ContributionKind::Star,
        occurred_at: instant(),
        repository,
        actor: Some(account(Some(3), "carol")),
        credited: None,
        basis: CreditBasis::Actor,
        quantity: Some(1),
        lines: None,
        pull_request: None,
        push: None,
        source: source(),
    }
}

fn key(kind: &str, repository: &RepositorySighting, part: &str) -> String {
    let reference = repository.reference().expect("an id or a name");
    format!("{kind}:{reference}:{part}")
}

pub(crate) fn star(repository: RepositorySighting) -> Event {
    Event::ContributionRecorded(recorded(&key("star", &repository, "3"), repository))
}

pub(crate) fn commit(
    repository: RepositorySighting,
    sha: &str,
    push: &str,
    others: &[&str],
) -> Event {
    let other_commits = others.iter().map(|sha| (*sha).to_owned()).collect();
    Event::ContributionRecorded(ContributionRecorded {
        kind: ContributionKind::Commit,
        basis: CreditBasis::Pusher,
        push: Some(PushSighting {
            key: PushKey(push.to_owned()),
            other_commits,
            before: None,
        }),
        ..recorded(&key("commit", &repository, sha), repository)
    })
}

pub(crate) fn trimmed_push(repository: RepositorySighting, push: &str) -> Event {
    Event::ContributionRecorded(ContributionRecorded {
        kind: ContributionKind::Push,
        basis: CreditBasis::Pusher,
        quantity: None,
        push: Some(PushSighting {
            key: PushKey(push.to_owned()),
            other_commits: Vec::new(),
            before: None,
        }),
        ..recorded(&key("push", &repository, push), repository)
    })
}

pub(crate) fn merged(repository: RepositorySighting, pull_request: PullRequestSighting) -> Event {
    let number = pull_request.key.number.expect("a number").to_string();
    Event::ContributionRecorded(ContributionRecorded {
        kind: ContributionKind::PullRequestMerged,
        basis: CreditBasis::Pending,
        pull_request: Some(pull_request),
        ..recorded(
            &key("pull_request_merged", &repository, &number),
            repository,
        )
    })
}

pub(crate) fn closed(repository: RepositorySighting, pull_request: PullRequestSighting) -> Event {
    Event::ContributionRecorded(ContributionRecorded {
        kind: ContributionKind::PullRequestClosed,
        pull_request: Some(pull_request),
        ..recorded("event:PullRequestEvent:9:2024-02-28T00:00:00Z", repository)
    })
}

pub(crate) fn reviewed(
    reviewer: AccountSighting,
    repository: RepositorySighting,
    pull_request: PullRequestSighting,
) -> Event {
    Event::ContributionRecorded(ContributionRecorded {
        kind: ContributionKind::PullRequestReviewed,
        actor: Some(reviewer),
        pull_request: Some(pull_request),
        ..recorded("pull_request_reviewed:1", repository)
    })
}

pub(crate) fn learned(repository: RepositorySighting, pull_request: PullRequestSighting) -> Event {
    Event::ContributionEnriched(ContributionEnriched {
        repository: Some(repository),
        pull_request: Some(pull_request),
        ..nothing_learned()
    })
}

pub(crate) fn account_named(account: AccountSighting) -> Event {
    let at = instant();
    Event::ContributionEnriched(ContributionEnriched {
        accounts: vec![AccountSeen { account, at }],
        ..nothing_learned()
    })
}

pub(crate) fn repository_named(repository: RepositorySighting) -> Event {
    let at = instant();
    Event::ContributionEnriched(ContributionEnriched {
        repositories: vec![RepositorySeen { repository, at }],
        ..nothing_learned()
    })
}

fn nothing_learned() -> ContributionEnriched {
    ContributionEnriched {
        occurred_at: instant(),
        repository: None,
        pull_request: None,
        accounts: Vec::new(),
        repositories: Vec::new(),
        source: source(),
    }
}

pub(crate) fn later(event: Event) -> Event {
    match event {
        Event::ContributionEnriched(event) => Event::ContributionEnriched(ContributionEnriched {
            occurred_at: event.occurred_at + TimeDelta::minutes(1),
            ..event
        }),
        other => other,
    }
}

/// The decision that what an event records counts no more.
pub(crate) fn retracted(event: Event) -> Event {
    let ContributionRecorded {
        contribution,
        key,
        repository,
        ..
    } = contribution_of(event);
    Event::ContributionRetracted(ContributionRetracted {
        contribution,
        key,
        repository,
        actor: "ann".to_owned(),
        reason: "an error".to_owned(),
        retracted_at: instant(),
    })
}

/// The decision, made later, that it counts again.
pub(crate) fn reinstated(event: Event) -> Event {
    let ContributionRecorded {
        contribution,
        key,
        repository,
        ..
    } = contribution_of(event);
    Event::ContributionReinstated(ContributionReinstated {
        contribution,
        key,
        repository,
        actor: "bob".to_owned(),
        reason: "no error".to_owned(),
        reinstated_at: instant() + TimeDelta::minutes(1),
    })
}

fn contribution_of(event: Event) -> ContributionRecorded {
    let recorded = match event {
        Event::ContributionRecorded(recorded) => Some(recorded),
        _ => None,
    };
    recorded.expect("a contribution")
}
