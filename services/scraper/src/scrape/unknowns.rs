//! What is unknown about the contributions of a repository, as the log tells.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::{ContributionKind, RepositoryName};
use event_log::{LogStream, Recorded};
use events::{AccountSighting, ContributionRecorded, Event, Subject};

use super::{Place, ScrapeError, ScrapeServices};

/// Something that GitHub can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// The author or the lines of a merge.
    Merge { number: u64 },
    /// The commits of a push.
    Push(Box<TrimmedPush>),
}

/// A push of which its event told no commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TrimmedPush {
    pub(super) push_id: u64,
    pub(super) pusher: Option<AccountSighting>,
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) before: String,
    pub(super) head: String,
}

/// What is unknown after a position of the log, by the sequence of the first
/// event that leaves it so; and up to where that was read.
pub(super) struct Unknowns {
    pub(super) found: BTreeMap<u64, Unknown>,
    pub(super) read_to: u64,
}

impl Unknowns {
    pub(super) async fn after(
        position: u64,
        place: &Place,
        services: &ScrapeServices,
    ) -> Result<Self, ScrapeError> {
        let stream = LogStream::Contributions;
        // Subjects are read one after the other: what is appended meanwhile may
        // be seen on one and missed on another, and is left for the next time.
        let mut reading = Reading::up_to(services.log.last_sequence(stream).await?);
        for name in place.names(services).await? {
            for kind in ["commit", "push", "pull_request_merged"] {
                let filter = Subject::of_contributions(&name, kind);
                let take = |recorded: Recorded| {
                    if let Event::ContributionRecorded(event) = recorded.envelope.event
                        && is_of(place, &name, &event)
                    {
                        reading.take(recorded.sequence, event);
                    }
                };
                let log = &services.log;
                log.read_each(stream, filter.as_str(), position, take)
                    .await?;
            }
        }
        Ok(Self {
            read_to: reading.read_to.max(position),
            found: reading.unknown(),
        })
    }
}

/// Whether an event under a name is of the repository: names are reused. Those
/// that know of no id are of whoever has the name.
pub(super) fn is_of(place: &Place, name: &RepositoryName, event: &ContributionRecorded) -> bool {
    let has_name = || name.as_str().eq_ignore_ascii_case(place.name.as_str());
    event
        .repository
        .id
        .map_or_else(has_name, |id| id == place.id)
}

#[derive(Default)]
struct Reading {
    /// The last sequence that is looked at.
    until: u64,
    read_to: u64,
    commits: BTreeSet<String>,
    /// Keys of pushes that turned out to have no commits but those listed.
    settled: BTreeSet<String>,
    pushes: BTreeMap<String, (u64, TrimmedPush)>,
    merges: BTreeMap<u64, u64>,
    known_merges: BTreeSet<u64>,
}

impl Reading {
    fn up_to(until: u64) -> Self {
        Self {
            until,
            ..Self::default()
        }
    }

    fn take(&mut self, sequence: u64, event: ContributionRecorded) {
        if sequence > self.until {
            return;
        }
        self.read_to = self.read_to.max(sequence);
        match event.kind {
            ContributionKind::Commit => {
                self.commits
                    .extend(event.key.rsplit(':').next().map(str::to_owned));
                let others = event.push.map(|push| push.other_commits);
                self.commits.extend(others.unwrap_or_default());
                if event.quantity == Some(0) {
                    self.settled.insert(event.key);
                }
            }
            ContributionKind::Push => {
                if let Some(push) = trimmed(&event) {
                    self.pushes.entry(event.key).or_insert((sequence, push));
                }
            }
            ContributionKind::PullRequestMerged => self.take_merge(sequence, &event),
            _ => {}
        }
    }

    fn take_merge(&mut self, sequence: u64, event: &ContributionRecorded) {
        let key = event.pull_request.as_ref().map(|shown| &shown.key);
        let Some(number) = key.and_then(|key| key.number) else {
            return;
        };
        if event.lines.is_some() && event.basis != domain::CreditBasis::Pending {
            self.known_merges.insert(number);
        }
        self.merges.entry(number).or_insert(sequence);
    }

    fn unknown(self) -> BTreeMap<u64, Unknown> {
        let (commits, known) = (self.commits, self.known_merges);
        let merges = self.merges.into_iter();
        let merges = merges.filter(|(number, _)| !known.contains(number));
        let merges = merges.map(|(number, sequence)| (sequence, Unknown::Merge { number }));
        let mut pushes = self.pushes;
        pushes.retain(|key, _| !self.settled.contains(key));
        let pushes = pushes.into_values();
        let pushes = pushes.filter(|(_, push)| !commits.contains(&push.head));
        let pushes = pushes.map(|(sequence, push)| (sequence, Unknown::Push(Box::new(push))));
        merges.chain(pushes).collect()
    }
}

/// A push that can be asked for; logs of before `before` was kept cannot.
fn trimmed(event: &ContributionRecorded) -> Option<TrimmedPush> {
    let push = event.push.as_ref()?;
    Some(TrimmedPush {
        push_id: push.key.0.parse().ok()?,
        pusher: event.actor.clone(),
        occurred_at: event.occurred_at,
        before: push.before.clone()?,
        head: push.other_commits.first()?.clone(),
    })
}

#[cfg(test)]
mod tests {
    use domain::{CreditBasis, PullRequestKey, PushKey, Source, SourceReference};
    use events::{PullRequestSighting, PushSighting, RepositorySighting};

    use super::*;

    fn recorded(kind: ContributionKind, key: &str) -> ContributionRecorded {
        ContributionRecorded {
            contribution: domain::contribution_id(key),
            key: key.to_owned(),
            kind,
            occurred_at: DateTime::UNIX_EPOCH,
            repository: RepositorySighting {
                id: Some(7),
                name: RepositoryName::parse("octo/cat"),
            },
            actor: None,
            credited: None,
            basis: CreditBasis::Pusher,
            quantity: None,
            lines: None,
            pull_request: None,
            push: None,
            source: SourceReference {
                source: Source::Archive,
                reference: String::new(),
            },
        }
    }

    fn push(id: u64, head: &str) -> ContributionRecorded {
        let push = PushSighting {
            key: PushKey(id.to_string()),
            other_commits: vec![head.to_owned()],
            before: Some("before".to_owned()),
        };
        ContributionRecorded {
            push: Some(push),
            ..recorded(ContributionKind::Push, &format!("push:7:{id}"))
        }
    }

    fn merge(number: u64) -> ContributionRecorded {
        let key = PullRequestKey {
            id: None,
            number: Some(number),
        };
        let pull_request = PullRequestSighting {
            key,
            author: None,
            author_source: None,
            merge_commit: None,
        };
        ContributionRecorded {
            pull_request: Some(pull_request),
            ..recorded(
                ContributionKind::PullRequestMerged,
                &format!("pull_request_merged:7:{number}"),
            )
        }
    }

    #[test]
    fn what_is_appended_while_it_is_read_is_left_for_the_next_time() {
        // A push of sequence 6 was appended after the pushes were read, and a
        // merge of sequence 7 before the merges were.
        let mut reading = Reading::up_to(5);
        reading.take(4, push(1, "aa"));
        reading.take(3, merge(12));
        reading.take(7, merge(13));
        assert_eq!(reading.read_to, 4);
        assert_eq!(Vec::from_iter(reading.unknown().into_keys()), [3, 4]);
    }

    #[test]
    fn a_push_that_had_no_commits_is_asked_for_once() {
        let mut reading = Reading::up_to(5);
        reading.take(1, push(1, "aa"));
        reading.take(2, push(2, "bb"));
        let none = ContributionRecorded {
            quantity: Some(0),
            ..recorded(ContributionKind::Commit, "push:7:1")
        };
        reading.take(3, none);
        assert_eq!(Vec::from_iter(reading.unknown().into_keys()), [2]);
    }

    #[test]
    fn a_name_that_another_repository_bears_tells_nothing_of_this_one() {
        let place = Place {
            id: 7,
            name: RepositoryName::parse("octo/cat").unwrap(),
            asked_as: RepositoryName::parse("octo/kitten").unwrap(),
        };
        let former = RepositoryName::parse("octo/kitten").unwrap();
        let of = |id| {
            let mut event = push(1, "aa");
            event.repository.id = id;
            event
        };
        assert!(is_of(&place, &former, &of(Some(7))));
        assert!(!is_of(&place, &former, &of(Some(8))));
        assert!(!is_of(&place, &former, &of(None)));
        assert!(is_of(&place, &place.name, &of(None)));
    }
}
