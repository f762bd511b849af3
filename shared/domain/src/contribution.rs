//! Contributions: their kinds, and what one source says about one of them.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Timelike, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{AccountReference, RepositoryReference};

/// What was done. Unscored kinds are recorded too: a policy may come to value
/// them, and coverage needs them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ContributionKind {
    // Where one contribution is seen as two kinds, the one listed first counts:
    // a commit before a push, merged before closed.
    /// A commit brought to a repository by a push.
    Commit,
    /// A push whose commits are unknown.
    Push,
    /// A pull request opened.
    PullRequestOpened,
    /// A pull request merged; credited to its author.
    PullRequestMerged,
    /// A pull request closed without merging, or closed with merging unknown.
    PullRequestClosed,
    /// A review of somebody else's pull request.
    PullRequestReviewed,
    /// A review of one's own pull request.
    SelfReview,
    /// A comment on a line of a pull request.
    ReviewComment,
    /// An issue opened.
    IssueOpened,
    /// An issue closed.
    IssueClosed,
    /// A comment on an issue, a pull request or a commit.
    Comment,
    /// A release published.
    ReleasePublished,
    /// Wiki pages edited; the quantity is their number.
    WikiEdit,
    /// A discussion started.
    Discussion,
    /// A star given.
    Star,
    /// A fork made.
    Fork,
}

/// A text that names no [`ContributionKind`].
#[derive(Debug, Error, PartialEq, Eq)]
#[error("unknown contribution kind {0:?}; kinds are {kinds}", kinds = ContributionKind::names().join(", "))]
pub struct UnknownKind(pub String);

impl ContributionKind {
    /// Every kind.
    pub const ALL: [Self; 16] = [
        Self::Commit,
        Self::Push,
        Self::PullRequestOpened,
        Self::PullRequestMerged,
        Self::PullRequestClosed,
        Self::PullRequestReviewed,
        Self::SelfReview,
        Self::ReviewComment,
        Self::IssueOpened,
        Self::IssueClosed,
        Self::Comment,
        Self::ReleasePublished,
        Self::WikiEdit,
        Self::Discussion,
        Self::Star,
        Self::Fork,
    ];

    /// The kind's name in events, in the database and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Push => "push",
            Self::PullRequestOpened => "pull_request_opened",
            Self::PullRequestMerged => "pull_request_merged",
            Self::PullRequestClosed => "pull_request_closed",
            Self::PullRequestReviewed => "pull_request_reviewed",
            Self::SelfReview => "self_review",
            Self::ReviewComment => "review_comment",
            Self::IssueOpened => "issue_opened",
            Self::IssueClosed => "issue_closed",
            Self::Comment => "comment",
            Self::ReleasePublished => "release_published",
            Self::WikiEdit => "wiki_edit",
            Self::Discussion => "discussion",
            Self::Star => "star",
            Self::Fork => "fork",
        }
    }

    fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(Self::as_str).collect()
    }
}

impl fmt::Display for ContributionKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for ContributionKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// Why an account has the credit, best basis first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CreditBasis {
    /// The account is the author: known from the object itself, from the API,
    /// from git with a known e-mail, or by a decision.
    Author,
    /// A commit whose push brought in a pull request goes to its author.
    PullRequest,
    /// A commit of whose author nothing else is known goes to the pusher.
    Pusher,
    /// The actor of the event.
    Actor,
    /// Nobody is known yet.
    Pending,
}

impl CreditBasis {
    /// The basis as it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::PullRequest => "pull_request",
            Self::Pusher => "pusher",
            Self::Actor => "actor",
            Self::Pending => "pending",
        }
    }

    /// Reads what [`CreditBasis::as_str`] wrote.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        [
            Self::Author,
            Self::PullRequest,
            Self::Pusher,
            Self::Actor,
            Self::Pending,
        ]
        .into_iter()
        .find(|basis| basis.as_str() == text)
    }
}

/// More than this is not counted of any one thing: it is what a database keeps,
/// and GitHub knows of nothing larger.
pub const MOST_COUNTED: u32 = i32::MAX.cast_unsigned();

/// A number that a source gives, as far as it is counted.
#[must_use]
pub fn countable(number: u64) -> u32 {
    u32::try_from(number).map_or(MOST_COUNTED, |number| number.min(MOST_COUNTED))
}

/// The instant as it counts: one in a leap second is of the end of the second before. A
/// database knows no leap seconds and would take it for the next minute, which may be
/// one of another day, month and year.
#[must_use]
pub fn countable_instant(instant: DateTime<Utc>) -> DateTime<Utc> {
    const LEAP: u32 = 1_000_000_000;
    const LAST_MICROSECOND: u32 = 999_999_000;
    if instant.nanosecond() < LEAP {
        return instant;
    }
    instant.with_nanosecond(LAST_MICROSECOND).unwrap_or(instant)
}

/// Lines changed by a merged pull request.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
)]
pub struct Lines {
    /// Lines added.
    pub additions: u32,
    /// Lines deleted.
    pub deletions: u32,
}

impl Lines {
    /// Lines as far as they are counted.
    #[must_use]
    pub fn countable(additions: u64, deletions: u64) -> Self {
        Self {
            additions: countable(additions),
            deletions: countable(deletions),
        }
    }
}

/// Where a sighting comes from, in order of trust for numbers: the API knows
/// lines better than an archive does.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The GitHub REST or GraphQL API.
    Api,
    /// A GitHub webhook delivery.
    Webhook,
    /// An hourly archive file.
    Archive,
    /// GH Archive's tables in BigQuery.
    Bigquery,
}

impl Source {
    /// The source as it is written and stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Webhook => "webhook",
            Self::Archive => "archive",
            Self::Bigquery => "bigquery",
        }
    }

    /// Reads what [`Source::as_str`] wrote.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Api, Self::Webhook, Self::Archive, Self::Bigquery]
            .into_iter()
            .find(|source| source.as_str() == text)
    }
}

/// The place a sighting can be checked at.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct SourceReference {
    /// The kind of source.
    pub source: Source,
    /// Where in it: file and line, job, URL or delivery id.
    pub reference: String,
}

/// A pull request, as far as an event names it: by number, by id, or both.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct PullRequestKey {
    /// GitHub's id of the pull request, unique over all repositories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The number within its repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
}

/// A push within its repository: its `push_id`, or the key of the event where
/// there is none.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct PushKey(pub String);

/// What one source says about one contribution, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sighting {
    /// When it happened, by this source.
    pub occurred_at: DateTime<Utc>,
    /// The kind the source gives it.
    pub kind: ContributionKind,
    /// The semantic key under the source's own reference to the repository.
    pub key: String,
    /// The repository as the source refers to it.
    pub repository: RepositoryReference,
    /// Who is credited by this event alone; `None` while nobody is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountReference>,
    /// Why.
    pub basis: CreditBasis,
    /// Who acted, where that is someone else: the merger of a pull request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<AccountReference>,
    /// How many; `None` where the source does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u32>,
    /// Lines changed; `None` where the source does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Lines>,
    /// The pull request it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<PullRequestKey>,
    /// The push it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushKey>,
    /// Where it was seen.
    pub source: SourceReference,
    /// Its sequence in the log.
    pub sequence: u64,
    /// When the log took it.
    pub recorded_at: DateTime<Utc>,
}

impl Sighting {
    /// Whether another sighting says the same, wherever on the log it stands.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        fn content(sighting: &Sighting) -> impl PartialEq + '_ {
            (
                (&sighting.occurred_at, sighting.kind, &sighting.key),
                (&sighting.repository, &sighting.account, sighting.basis),
                (&sighting.actor, sighting.quantity, sighting.lines),
                (&sighting.pull_request, &sighting.push, &sighting.source),
            )
        }
        content(self) == content(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_read_back_and_name_themselves_in_errors() {
        for kind in ContributionKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        let error = "merge".parse::<ContributionKind>().unwrap_err();
        assert!(error.to_string().contains("pull_request_merged"));
    }

    #[test]
    fn nothing_counts_for_more_than_can_be_stored() {
        assert_eq!(countable(80), 80);
        for much in [2_147_483_647, 2_147_483_648, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(i32::try_from(countable(much)), Ok(i32::MAX), "{much}");
        }
    }

    #[test]
    fn a_leap_second_counts_in_the_year_that_it_ends() {
        for (said, counts) in [
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
            ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999999Z"),
            ("2016-12-31T23:59:59Z", "2016-12-31T23:59:59Z"),
            ("2017-01-01T00:00:00Z", "2017-01-01T00:00:00Z"),
        ] {
            let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
            assert_eq!(countable_instant(instant(said)), instant(counts), "{said}");
        }
    }

    #[test]
    fn the_better_basis_sorts_first() {
        assert!(CreditBasis::Author < CreditBasis::PullRequest);
        assert!(CreditBasis::PullRequest < CreditBasis::Pusher);
    }
}
