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
    /// Its commits.
    pub commits: Vec<ListedCommit>,
    /// Whether these are all of them.
    pub is_whole: bool,
}

/// The contributions that the push is, as if its event had listed them. Of one
/// that is known whole, what stood for it until now is recorded as no commits
/// more: else a push that brought none would count as one for ever.
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
        is_whole: push.is_whole,
        ..RawPayload::default()
    };
    let pusher = push
        .pusher
        .map_or(Object::Absent, |pusher| Object::Fields(pusher.into()));
    let created_at = push.occurred_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let event = RawEvent::assembled("PushEvent", created_at, pusher, payload);
    Ok(translate_raw(&[], &event, Some(push.repository), source)?.events)
}

#[cfg(test)]
mod tests {
    use domain::Source;
    use events::ContributionRecorded;

    use super::*;

    fn told(messages: &[&str], is_whole: bool) -> Vec<ContributionRecorded> {
        let commits = messages.iter().enumerate();
        let push = KnownPush {
            push_id: 55,
            repository: RepositorySighting {
                id: Some(7),
                name: None,
            },
            pusher: Some(AccountSighting {
                id: Some(1),
                login: "pusher".to_owned(),
                called_bot: false,
            }),
            occurred_at: DateTime::UNIX_EPOCH,
            head: "head".to_owned(),
            commits: commits
                .map(|(number, message)| ListedCommit {
                    sha: number.to_string(),
                    message: (*message).to_owned(),
                    author: None,
                })
                .collect(),
            is_whole,
        };
        let source = SourceReference {
            source: Source::Api,
            reference: String::new(),
        };
        let events = translate_known_push(push, &source).unwrap();
        events
            .into_iter()
            .filter_map(|event| match event {
                Event::ContributionRecorded(event) => Some(event),
                _ => None,
            })
            .collect()
    }

    fn keys(told: &[ContributionRecorded]) -> Vec<(&str, Option<u32>)> {
        let told = told.iter();
        told.map(|event| (event.key.as_str(), event.quantity))
            .collect()
    }

    #[test]
    fn a_push_that_set_a_branch_back_is_told_to_have_no_commits() {
        let nothing = told(&[], true);
        assert_eq!(keys(&nothing), [("push:7:55", Some(0))]);
        // It shows no commit: another push that ended there may have brought it.
        let push = nothing[0].push.as_ref().unwrap();
        assert_eq!(push.other_commits, Vec::<String>::new());
        assert_eq!(push.key.0, "55");
        // Nor has one a commit of its own that only merged a pull request.
        let merge = told(&["Merge pull request #1 from a/b"], true);
        assert_eq!(keys(&merge), [("push:7:55", Some(0))]);
        assert!(told(&["Merge pull request #1 from a/b"], false).is_empty());
    }

    #[test]
    fn a_push_that_is_known_whole_is_told_to_have_no_commits_but_these() {
        let whole = [("commit:7:0", Some(1)), ("push:7:55", Some(0))];
        assert_eq!(keys(&told(&["one"], true)), whole);
        assert_eq!(keys(&told(&["one"], false)), whole[..1]);
    }
}
