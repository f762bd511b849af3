//! A universe so small that everything collides: two repositories that are
//! renamed and take over each other's names, four accounts of which some share
//! a login over time, two numbers for everything that is numbered.
//!
//! Sources refer to the same thing by id and name, by id only, or by name
//! only, as the archives of fifteen years do.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{PullRequestKey, PushKey, RepositoryName, Source, SourceReference};
use events::{AccountSighting, PullRequestSighting, PushSighting, RepositorySighting};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Every way in which a source may refer to a repository: id and name. What
/// is listed twice is seen twice as often.
const REPOSITORIES: &[(Option<u64>, Option<&str>)] = &[
    (Some(1), Some("Org/one")),
    (Some(1), Some("Org/one")),
    (Some(1), Some("new/one")),
    (Some(1), None),
    (None, Some("org/one")),
    (None, Some("org/one")),
    (None, Some("new/one")),
    (Some(2), Some("org/two")),
    (None, Some("Org/two")),
    // The second repository takes over the first one's former name.
    (Some(2), Some("org/one")),
];

/// Every way in which a source may refer to an account: id, login, and
/// whether it calls the account a bot.
const ACCOUNTS: &[(Option<u64>, &str, bool)] = &[
    (Some(1), "Ada", false),
    (Some(1), "Ada", false),
    (Some(1), "countess", false),
    (Some(1), "", false),
    (None, "ada", false),
    (None, "ada", false),
    (None, "Countess", false),
    (Some(2), "bob", false),
    (Some(2), "bob", false),
    (None, "bob", false),
    (Some(3), "helper", false),
    (Some(3), "helper[bot]", false),
    (Some(3), "helper", true),
    (None, "helper", false),
    (Some(4), "Claude", false),
    // The fourth account takes over the first one's former login.
    (Some(4), "ada", false),
];

pub(crate) fn repository() -> impl Strategy<Value = RepositorySighting> {
    select(REPOSITORIES).prop_map(|(id, name)| RepositorySighting {
        id,
        name: name.and_then(RepositoryName::parse),
    })
}

pub(crate) fn account() -> impl Strategy<Value = AccountSighting> {
    select(ACCOUNTS).prop_map(|(id, login, called_bot)| AccountSighting {
        id,
        login: login.to_owned(),
        called_bot,
    })
}

/// An instant in the days around the end of a February, whole minutes apart,
/// so that sightings share instants, days and periods, and disagree about
/// each of them.
pub(crate) fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    const START: DateTime<Utc> = DateTime::UNIX_EPOCH;
    const DAYS_TO_2024_02_28: i64 = 19_781;
    (0..3_i64, 0..2_i64).prop_map(|(days, minutes)| {
        START + TimeDelta::days(DAYS_TO_2024_02_28 + days) + TimeDelta::minutes(minutes)
    })
}

pub(crate) fn source() -> impl Strategy<Value = SourceReference> {
    const SOURCES: &[Source] = &[
        Source::Api,
        Source::Webhook,
        Source::Archive,
        Source::Bigquery,
    ];
    select(SOURCES).prop_map(|source| SourceReference {
        source,
        reference: "1".to_owned(),
    })
}

/// A number of something that is numbered within its repository, or over all.
pub(crate) fn number() -> impl Strategy<Value = u64> {
    1..=2_u64
}

pub(crate) fn sha() -> impl Strategy<Value = String> {
    select(&["aa", "bb", "cc"][..]).prop_map(str::to_owned)
}

/// What an event shows of a pull request: its id, its number, or both; and
/// sometimes its author and the commit it was merged as.
pub(crate) fn pull_request() -> impl Strategy<Value = PullRequestSighting> {
    use domain::AuthorSource::{Issue, Opener, PullRequest};
    let key = prop_oneof![
        4 => number().prop_map(|number| (Some(10 + number), Some(number))),
        2 => number().prop_map(|number| (None, Some(number))),
        1 => number().prop_map(|number| (Some(10 + number), None)),
    ];
    let author = option::of((account(), select(&[PullRequest, Issue, Opener][..])));
    (key, author, option::weighted(0.3, sha())).prop_map(|((id, number), author, merge_commit)| {
        let (author, author_source) = author.unzip();
        PullRequestSighting {
            key: PullRequestKey { id, number },
            author,
            author_source,
            merge_commit,
        }
    })
}

/// A push by its `push_id`, with commits that are no contributions of theirs.
pub(crate) fn push() -> impl Strategy<Value = PushSighting> {
    (number(), vec(sha(), 0..2)).prop_map(|(id, other_commits)| PushSighting {
        key: PushKey(id.to_string()),
        other_commits,
        before: None,
    })
}
