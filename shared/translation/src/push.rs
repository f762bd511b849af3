//! Pushes: the commits they list, the rest they only count, or neither.

use domain::{ContributionKind, PushKey, SemanticKey, countable};
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
    let mut push = sighting(payload, &commits, &key);
    for commit in commits.iter().filter(|commit| counts(commit)) {
        let key = commit_key(commit, context);
        let credited = Credited::AuthorOrPusher(commit.author.clone());
        let found = Found::new(ContributionKind::Commit, key, credited);
        let recorded = context.record(Found {
            push: Some(push.clone()),
            ..found
        });
        // One contribution tells of them for all: a push may have a thousand of
        // either, and all that is told of a push is taken together.
        if recorded {
            push.other_commits.clear();
        }
    }
    let remainder = unlisted(payload, &commits);
    // Of a push whose commits were unknown it is said, too, that there are no
    // others. That shows none of them: nothing else is known by it.
    if payload.is_whole {
        push.other_commits.clear();
    }
    if remainder > 0 || payload.is_whole {
        let found = Found::new(ContributionKind::Commit, key, Credited::Pusher);
        context.record(Found {
            quantity: Some(remainder),
            push: Some(push),
            ..found
        });
    }
}

/// The key of a listed commit; of one without a sha that of its event.
fn commit_key(commit: &RawCommit, context: &Context<'_>) -> String {
    commit.sha.0.as_deref().map_or_else(
        || context.fallback_key(),
        |sha| {
            let repository = &context.reference;
            SemanticKey::Commit { repository, sha }.to_string()
        },
    )
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
    countable(all.saturating_sub(listed as u64))
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

#[cfg(test)]
mod tests {
    use domain::{Source, SourceReference};
    use events::{ContributionRecorded, Event, LogPosition};

    use crate::translate;

    fn recorded(payload: &str) -> Vec<ContributionRecorded> {
        let document = format!(
            r#"{{"id":"900","type":"PushEvent","actor":{{"id":11,"login":"ada"}},
                "repo":{{"id":7,"name":"org/repo"}},"payload":{payload},
                "created_at":"2016-01-02T03:04:05Z"}}"#
        );
        let source = SourceReference {
            source: Source::Archive,
            reference: "test:1".to_owned(),
        };
        let events = translate(document.as_bytes(), &source).unwrap().events;
        events
            .into_iter()
            .filter_map(|event| match event {
                Event::ContributionRecorded(event) => Some(event),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn a_thousand_old_commits_are_told_of_once() {
        let listed = |range: std::ops::Range<u32>, distinct| {
            let commit = move |sha: u32| format!(r#"{{"sha":"{sha:040x}","distinct":{distinct}}}"#);
            range.map(commit).collect::<Vec<_>>().join(",")
        };
        let (new, old) = (listed(0..1_000, true), listed(1_000..2_000, false));
        let found = recorded(&format!(r#"{{"push_id":3,"commits":[{new},{old}]}}"#));
        assert_eq!(found.len(), 1_000);
        let others = |event: &ContributionRecorded| {
            event
                .push
                .as_ref()
                .map_or(0, |push| push.other_commits.len())
        };
        assert_eq!(others(&found[0]), 1_000);
        assert_eq!(found.iter().map(others).sum::<usize>(), 1_000);
        assert!(found.iter().all(|event| {
            let push = event.push.as_ref();
            push.is_some_and(|push| push.key.0 == "3")
        }));
    }

    #[test]
    fn a_listed_commit_without_a_sha_is_the_event() {
        let found = recorded(r#"{"push_id":3,"size":2,"commits":[{"sha":"aa"},{"message":"m"}]}"#);
        let keys: Vec<&str> = found.iter().map(|event| event.key.as_str()).collect();
        assert_eq!(
            keys,
            ["commit:7:aa", "event:PushEvent:900:2016-01-02T03:04:05Z"]
        );
    }

    #[test]
    fn no_push_counts_for_more_than_can_be_stored() {
        let found = recorded(r#"{"push_id":3,"size":4000000000,"commits":[]}"#);
        assert_eq!(found[0].quantity, Some(domain::MOST_COUNTED));
        // Logs of before know larger numbers.
        let position = LogPosition {
            sequence: 1,
            recorded_at: chrono::DateTime::UNIX_EPOCH,
        };
        let mut before = found[0].clone();
        before.quantity = Some(4_000_000_000);
        before.lines = Some(domain::Lines {
            additions: u32::MAX,
            deletions: 3,
        });
        let facts = before.facts(position);
        let Some(domain::Fact::Sighting(sighting)) = facts.first() else {
            unreachable!("the first fact is the sighting: {facts:?}");
        };
        assert_eq!(sighting.quantity, Some(domain::MOST_COUNTED));
        let lines = sighting.lines.unwrap();
        assert_eq!(lines.additions, domain::MOST_COUNTED);
        assert_eq!(lines.deletions, 3);
    }
}
