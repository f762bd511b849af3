//! The fields of a GitHub event that contributions are made of, in the shapes
//! of every era at once. Which era an event is from is never asked.

use domain::RepositoryName;
use events::{AccountSighting, RepositorySighting};
use serde::de::SeqAccess;
use serde::{Deserialize, Deserializer};

use super::tolerant::{
    Flag, FromAny, Identifier, Integer, List, MergeMessage, Object, Present, Text, read_any,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawEvent {
    pub id: Identifier,
    #[serde(rename = "type")]
    pub event_type: Text,
    pub created_at: Text,
    /// An object; a bare login in the timeline era.
    actor: Object<RawAccount>,
    /// The timeline era's particulars of the actor.
    actor_attributes: Object<RawAccount>,
    repo: Object<RawRepository>,
    /// The timeline era's repository.
    repository: Object<RawTimelineRepository>,
    pub payload: Object<RawPayload>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawAccount {
    id: Integer,
    login: Text,
    #[serde(rename = "type")]
    account_type: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawRepository {
    id: Integer,
    name: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawTimelineRepository {
    id: Integer,
    name: Text,
    owner: Object<RawAccount>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawPayload {
    pub action: Text,
    pub number: Integer,
    // Pushes.
    pub push_id: Integer,
    /// The push, where it has no `push_id`: from webhooks.
    #[serde(skip)]
    pub push_name: Option<String>,
    /// Whether all commits of a push that was recorded without any are listed.
    #[serde(skip)]
    pub is_whole: bool,
    pub size: Integer,
    pub distinct_size: Integer,
    pub head: Text,
    pub before: Text,
    pub commits: List<RawCommit>,
    /// The timeline era's commits.
    pub shas: List<RawSha>,
    // Everything else.
    pub pull_request: Object<RawPullRequest>,
    /// A bare id in 2011 and in the timeline era.
    pub issue: Object<RawIssue>,
    pub comment: Object<RawAuthored>,
    pub comment_id: Integer,
    pub review: Object<RawAuthored>,
    pub release: Object<RawAuthored>,
    pub discussion: Object<RawAuthored>,
    /// A bare id in 2011.
    pub forkee: Object<RawAuthored>,
    pub pages: List<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawCommit {
    pub sha: Text,
    pub distinct: Flag,
    pub message: MergeMessage,
    /// Its author's account, from webhooks.
    #[serde(skip)]
    pub author: Option<AccountSighting>,
}

/// `[sha, e-mail, message, name, distinct]`, the last from 2012 on.
#[derive(Debug, Default)]
pub(super) struct RawSha(pub RawCommit);

impl<'de> FromAny<'de> for RawSha {
    fn from_sequence<S: SeqAccess<'de>>(mut sequence: S) -> Result<Self, S::Error> {
        let mut commit = RawCommit::default();
        if let Some(sha) = sequence.next_element()? {
            commit.sha = sha;
        }
        sequence.next_element::<serde::de::IgnoredAny>()?;
        if let Some(message) = sequence.next_element()? {
            commit.message = message;
        }
        sequence.next_element::<serde::de::IgnoredAny>()?;
        if let Some(distinct) = sequence.next_element()? {
            commit.distinct = distinct;
        }
        while sequence.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(Self(commit))
    }
}

impl<'de> Deserialize<'de> for RawSha {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_any(deserializer)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawPullRequest {
    pub id: Integer,
    pub number: Integer,
    pub user: Object<RawAccount>,
    pub merged: Flag,
    pub merged_at: Text,
    pub closed_at: Text,
    pub merge_commit_sha: Text,
    pub additions: Integer,
    pub deletions: Integer,
}

impl RawPullRequest {
    /// Whether it was merged; archives of some months say so only by the
    /// instant.
    pub(super) fn is_merged(&self) -> bool {
        self.merged.0.unwrap_or(self.merged_at.0.is_some())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawIssue {
    pub id: Integer,
    pub number: Integer,
    pub user: Object<RawAccount>,
    pub closed_at: Text,
    /// There when the issue is a pull request.
    pub pull_request: Present,
}

/// Anything with an id and an author.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawAuthored {
    pub id: Integer,
    pub user: Object<RawAccount>,
    pub author: Object<RawAccount>,
}

impl RawAccount {
    fn sighting(&self) -> Option<AccountSighting> {
        (self.id.0.is_some() || self.login.0.is_some()).then(|| AccountSighting {
            id: self.id.0,
            login: self.login.0.clone().unwrap_or_default(),
            called_bot: self.account_type.0.as_deref() == Some("Bot"),
        })
    }
}

impl From<AccountSighting> for RawAccount {
    fn from(account: AccountSighting) -> Self {
        Self {
            id: Integer(account.id),
            login: Text(Some(account.login).filter(|login| !login.is_empty())),
            account_type: Text(account.called_bot.then(|| "Bot".to_owned())),
        }
    }
}

impl Object<RawAccount> {
    /// The account, if the value shows one.
    pub(super) fn account(&self) -> Option<AccountSighting> {
        match self {
            Self::Fields(account) => account.sighting(),
            Self::Text(login) => Some(AccountSighting {
                id: None,
                login: login.clone(),
                called_bot: false,
            }),
            Self::Number(_) | Self::Absent => None,
        }
    }
}

impl RawEvent {
    /// An event put together from what is not one.
    pub(super) fn assembled(
        event_type: &str,
        created_at: String,
        actor: Object<RawAccount>,
        payload: RawPayload,
    ) -> Self {
        Self {
            event_type: Text(Some(event_type.to_owned())),
            created_at: Text(Some(created_at)),
            actor,
            payload: Object::Fields(payload),
            ..Self::default()
        }
    }

    pub(super) fn actor(&self) -> Option<AccountSighting> {
        self.actor
            .account()
            .or_else(|| self.actor_attributes.account())
    }

    /// The repository; `None` when it has neither an id nor a whole name.
    pub(super) fn repository(&self) -> Option<RepositorySighting> {
        let seen = match (&self.repo, &self.repository) {
            (Object::Fields(repo), _) => RepositorySighting {
                id: repo.id.0,
                name: repo.name.0.as_deref().and_then(RepositoryName::parse),
            },
            (_, Object::Fields(repository)) => RepositorySighting {
                id: repository.id.0,
                name: repository
                    .owner
                    .account()
                    .zip(repository.name.0.as_deref())
                    .and_then(|(owner, name)| RepositoryName::from_parts(&owner.login, name)),
            },
            _ => return None,
        };
        (seen.id.is_some() || seen.name.is_some()).then_some(seen)
    }
}
