//! Pushes: the commits they list, the rest they only count, or neither.

use domain::{ContributionKind, PushKey, SemanticKey};
use events::{AccountSighting, PushSighting};

use super::context::{Context, Credited, Found};
use super::shape::{RawCommit, RawPayload};
use super::tolerant::{Flag, FromAny, MergeMessage, Text};

pub(super) fn translate(payload: &RawPayload, context: &mut Context<'_>) {
    let commits = listed(payload);
    let size_known = payload.size.0.is_some() || payload.distinct_size.0.is_some();
    let repository = context.reference.clone();
    let key = match &payload.push_name {
        Some(name) => format!("push:{repository}:{name}"),
        None => context.key_or_fallback(payload.push_id.0, |push_id| SemanticKey::Push {
            repository: &repository,
            push_id,
        }),
    };
    if commits.is_empty() && !size_known {
        return record_unknown(payload, key, context);
    }
    let push = sighting(payload, &commits, &key);
    for commit in commits.iter().filter(|commit| counts(commit)) {
        let Some(sha) = commit.sha.0.as_deref() else {
            continue;
        };
        let key = SemanticKey::Commit {
            repository: &repository,
            sha,
        }
        .to_string();
        let credited = Credited::AuthorOrPusher(commit.author.clone());
        let found = Found::new(ContributionKind::Commit, key, credited);
        context.record(Found {
            push: Some(push.clone()),
            ..found
        });
    }
    let remainder = unlisted(payload, &commits);
    if remainder > 0 {
        let found = Found::new(ContributionKind::Commit, key, Credited::Pusher);
        context.record(Found {
            quantity: Some(remainder),
            push: Some(push),
            ..found
        });
    }
}

/// A push of the trimmed era: that there was one is all that is known.
fn record_unknown(payload: &RawPayload, key: String, context: &mut Context<'_>) {
    let push = PushSighting {
        before: payload.before.0.clone(),
        ..sighting(payload, &[], &key)
    };
    let found = Found::new(ContributionKind::Push, key, Credited::Pusher);
    context.record(Found {
        quantity: None,
        push: Some(push),
        ..found
    });
}

/// A commit of a push, as a source other than the push's event lists it.
#[derive(Clone, Debug)]
pub struct ListedCommit {
    /// Its sha.
    pub sha: String,
    /// Its message.
    pub message: String,
    /// Its author's account, where that is known.
    pub author: Option<AccountSighting>,
}

impl ListedCommit {
    pub(super) fn archived(self) -> RawCommit {
        RawCommit {
            sha: Text(Some(self.sha)),
            distinct: Flag(None),
            message: MergeMessage::from_text(&self.message),
            author: self.author,
        }
    }
}

fn listed(payload: &RawPayload) -> Vec<&RawCommit> {
    match (&payload.commits.0, &payload.shas.0) {
        (Some(commits), _) => commits.iter().collect(),
        (None, Some(shas)) => shas.iter().map(|sha| &sha.0).collect(),
        (None, None) => Vec::new(),
    }
}

/// Whether a listed commit is a contribution: not one that was pushed before,
/// and not the merge commit that GitHub made for a pull request.
fn counts(commit: &RawCommit) -> bool {
    commit.distinct.0 != Some(false) && !commit.message.0
}

/// How many commits the push had beyond those it lists.
fn unlisted(payload: &RawPayload, commits: &[&RawCommit]) -> u32 {
    let distinct = commits
        .iter()
        .filter(|commit| commit.distinct.0 != Some(false))
        .count();
    let (all, listed) = match payload.distinct_size.0 {
        Some(distinct_size) => (distinct_size, distinct),
        None => (payload.size.0.unwrap_or(0), commits.len()),
    };
    u32::try_from(all.saturating_sub(listed as u64)).unwrap_or(u32::MAX)
}

fn sighting(payload: &RawPayload, commits: &[&RawCommit], key: &str) -> PushSighting {
    let own = |sha: &String| {
        commits
            .iter()
            .any(|commit| counts(commit) && commit.sha.0.as_ref() == Some(sha))
    };
    let not_counted = commits.iter().filter(|commit| !counts(commit));
    let mut other_commits: Vec<String> = not_counted
        .filter_map(|commit| commit.sha.0.clone())
        .chain(payload.head.0.clone())
        .filter(|sha| !own(sha))
        .collect();
    other_commits.sort_unstable();
    other_commits.dedup();
    PushSighting {
        key: push_key(payload, key),
        other_commits,
        before: None,
    }
}

/// The push within its repository, without the repository: the same whether
/// an event refers to that by id or by name.
fn push_key(payload: &RawPayload, key: &str) -> PushKey {
    PushKey(
        payload
            .push_id
            .0
            .map_or_else(|| key.to_owned(), |push_id| push_id.to_string()),
    )
}
