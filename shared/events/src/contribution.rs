//! Contribution events: facts about what was done on GitHub.

use chrono::{DateTime, Utc};
use domain::{
    AccountReference, AuthorSource, ContributionKind, CreditBasis, Lines, PullRequestKey, PushKey,
    RepositoryName, RepositoryReference, SourceReference,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An account as an event shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountSighting {
    /// GitHub's numeric id; absent where the source knows only a login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The login it bore, in the case it was seen in.
    pub login: String,
    /// Whether the source calls it a `Bot`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub called_bot: bool,
}

impl AccountSighting {
    /// How the account is referred to: by id where there is one.
    #[must_use]
    pub fn reference(&self) -> AccountReference {
        self.id.map_or_else(
            || AccountReference::from_login(&self.login),
            AccountReference::from_id,
        )
    }
}

/// A repository as an event shows it: its id, its name, or both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepositorySighting {
    /// GitHub's numeric id; absent where the source knows only a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// `owner/name` then; absent in some events of 2011.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<RepositoryName>,
}

impl RepositorySighting {
    /// How the repository is referred to; `None` when neither part is known.
    #[must_use]
    pub fn reference(&self) -> Option<RepositoryReference> {
        self.id
            .map(RepositoryReference::from_id)
            .or_else(|| self.name.as_ref().map(RepositoryReference::from_name))
    }
}

/// What an event shows of the pull request it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PullRequestSighting {
    /// Its id and number.
    #[serde(flatten)]
    pub key: PullRequestKey,
    /// Its author, where the event shows or implies one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<AccountSighting>,
    /// How the author is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_source: Option<AuthorSource>,
    /// The commit it was merged as; only of merged pull requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_commit: Option<String>,
}

/// The push a commit came with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PushSighting {
    /// Its `push_id`, or the key of the event where there is none.
    pub key: PushKey,
    /// Commits of the push that are no contributions of their own but tell
    /// which pull request it brought in: its head, merge commits. One of the
    /// contributions of the push tells of them for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_commits: Vec<String>,
    /// The commit the branch was at before; only of pushes whose commits are
    /// unknown, to ask for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

/// `contribution.recorded`, version 1: a source saw a contribution.
///
/// The same contribution may be recorded any number of times, by any number
/// of sources; it is one, known by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContributionRecorded {
    /// Id of the contribution: the version 5 UUID of its semantic key.
    pub contribution: Uuid,
    /// Its semantic key, such as `commit:1296269:<sha>`.
    pub key: String,
    /// What was done.
    pub kind: ContributionKind,
    /// When, in UTC.
    pub occurred_at: DateTime<Utc>,
    /// Where.
    pub repository: RepositorySighting,
    /// Who acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<AccountSighting>,
    /// Who is credited by this event alone, where that is not the actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credited: Option<AccountSighting>,
    /// Why; `pending` when nobody is credited yet.
    pub basis: CreditBasis,
    /// How many; absent when unknown, which is not zero. Zero of a push that
    /// turned out to have no commits but those that are listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u32>,
    /// Lines changed; absent when unknown, which is not zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Lines>,
    /// The pull request it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<PullRequestSighting>,
    /// The push it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushSighting>,
    /// Where it was seen.
    pub source: SourceReference,
}

/// An account that bore a login at some time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountSeen {
    /// The account.
    #[serde(flatten)]
    pub account: AccountSighting,
    /// When it was seen, in UTC.
    pub at: DateTime<Utc>,
}

/// A repository that bore a name at some time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepositorySeen {
    /// The repository.
    #[serde(flatten)]
    pub repository: RepositorySighting,
    /// When it was seen, in UTC.
    pub at: DateTime<Utc>,
}

/// `contribution.enriched`, version 1: something that no contribution of its
/// own carries was learned: the author of a pull request, the commit it was
/// merged as, or which names ids bear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContributionEnriched {
    /// When it was true, in UTC.
    pub occurred_at: DateTime<Utc>,
    /// The repository it was seen in, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<RepositorySighting>,
    /// What was learned of a pull request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<PullRequestSighting>,
    /// Accounts that were seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AccountSeen>,
    /// Repositories that were seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repositories: Vec<RepositorySeen>,
    /// Where it was seen.
    pub source: SourceReference,
}

/// `contribution.retracted`, version 1: a contribution was recorded in error
/// and counts no more, whatever recorded it. It is known by its key: what is
/// said of one under the name of a repository holds under the id that the name
/// stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContributionRetracted {
    /// Id of the contribution.
    pub contribution: Uuid,
    /// Its semantic key.
    pub key: String,
    /// Where it was.
    pub repository: RepositorySighting,
    /// Who decided; empty where that was not written down.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When it was decided, in UTC. The latest decision about a contribution
    /// counts.
    pub retracted_at: DateTime<Utc>,
}

/// `contribution.reinstated`, version 1: a contribution that was retracted
/// counts again, as if it never had been.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContributionReinstated {
    /// Id of the contribution.
    pub contribution: Uuid,
    /// Its semantic key.
    pub key: String,
    /// Where it was.
    pub repository: RepositorySighting,
    /// Who decided.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When it was decided, in UTC.
    pub reinstated_at: DateTime<Utc>,
}
