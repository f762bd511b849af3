//! A push whose commits were asked for: the commits it was.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::SourceReference;
use events::{AccountSighting, Event, RepositorySighting};

use super::push::ListedCommit;
use super::shape::{RawEvent, RawPayload};
use super::tolerant::{Integer, List, Object, Text};
use super::{TranslateError, translate_raw};

/// A push of which an event told no commits, with its commits.
#[derive(Clone, Debug)]
pub struct KnownPush {
    /// Its `push_id`.
    pub push_id: u64,
    /// Where.
    pub repository: RepositorySighting,
    /// Who pushed.
    pub pusher: Option<AccountSighting>,
    /// When, in UTC.
    pub occurred_at: DateTime<Utc>,
    /// The commit it ended at.
    pub head: String,
    /// All its commits.
    pub commits: Vec<ListedCommit>,
}

/// The contributions that the push is, as if its event had listed them.
///
/// # Errors
/// Never in practice: there is a type, and no JSON to be read.
pub fn translate_known_push(
    push: KnownPush,
    source: &SourceReference,
) -> Result<Vec<Event>, TranslateError> {
    let commits: Vec<_> = push
        .commits
        .into_iter()
        .map(ListedCommit::archived)
        .collect();
    let payload = RawPayload {
        push_id: Integer(Some(push.push_id)),
        size: Integer(Some(commits.len() as u64)),
        head: Text(Some(push.head)),
        commits: List(Some(commits)),
        ..RawPayload::default()
    };
    let pusher = push
        .pusher
        .map_or(Object::Absent, |pusher| Object::Fields(pusher.into()));
    let created_at = push.occurred_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let event = RawEvent::assembled("PushEvent", created_at, pusher, payload);
    Ok(translate_raw(&[], &event, Some(push.repository), source)?.events)
}
