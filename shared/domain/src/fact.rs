//! Facts: the smallest pieces an event on the log breaks into. Read models
//! are functions of the set of facts, not of their order or repetition.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    AccountReference, PullRequestKey, PushKey, RepositoryName, RepositoryReference, Retraction,
    Sighting,
};

/// One thing that was learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A source saw a contribution.
    Sighting(Box<Sighting>),
    /// An account bore a login.
    AccountNamed {
        /// The account.
        account: AccountReference,
        /// Its login, in the case it was seen in.
        login: String,
        /// Whether the GitHub API calls it a `Bot`.
        called_bot: bool,
        /// When it was seen.
        at: DateTime<Utc>,
    },
    /// A repository bore a name.
    RepositoryNamed {
        /// The repository.
        repository: RepositoryReference,
        /// Its name.
        name: RepositoryName,
        /// When it was seen.
        at: DateTime<Utc>,
    },
    /// Somebody is the author of a pull request.
    PullRequestAuthor {
        /// The repository, as the source refers to it.
        repository: RepositoryReference,
        /// The pull request.
        pull_request: PullRequestKey,
        /// Who, and how it is known.
        evidence: AuthorEvidence,
    },
    /// A pull request was merged as this commit.
    MergeCommit {
        /// The repository, as the source refers to it.
        repository: RepositoryReference,
        /// The commit.
        sha: String,
        /// The pull request.
        pull_request: PullRequestKey,
    },
    /// A push brought a commit or ended at it.
    PushCommit {
        /// The repository, as the source refers to it.
        repository: RepositoryReference,
        /// The push.
        push: PushKey,
        /// The commit.
        sha: String,
    },
    /// A push of which nothing else is known ended at a commit.
    PushHead {
        /// The repository, as the source refers to it.
        repository: RepositoryReference,
        /// The push.
        push: PushKey,
        /// The commit.
        sha: String,
    },
    /// A contribution was recorded in error, or was not after all.
    Retraction(Box<Retraction>),
}

/// How the author of a pull request is known, best first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AuthorSource {
    /// The pull request's own `user`.
    PullRequest,
    /// The `user` of the issue that the pull request is.
    Issue,
    /// The actor of the event that opened it.
    Opener,
}

/// Who the author of a pull request is said to be. The smallest evidence
/// wins: the better source, then the earlier instant, then the smaller
/// reference for the sake of a total order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AuthorEvidence {
    /// How it is known.
    pub source: AuthorSource,
    /// When it was said.
    pub at: DateTime<Utc>,
    /// Who, as the source refers to them.
    pub account: AccountReference,
}
