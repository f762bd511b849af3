//! What is unknown about the contributions of a repository, as the log tells.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::ContributionKind;
use event_log::LogStream;
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
        let mut reading = Reading::default();
        // Commits first: what is appended in between is seen next time, and
        // then costs a request at most.
        for kind in ["commit", "push", "pull_request_merged"] {
            let filter = Subject::of_contributions(&place.name, kind);
            let stream = LogStream::Contributions;
            let recorded = services
                .log
                .read_all(stream, filter.as_str(), position)
                .await?;
            for recorded in recorded {
                reading.read_to = reading.read_to.max(recorded.sequence);
                if let Event::ContributionRecorded(event) = recorded.envelope.event {
                    reading.take(recorded.sequence, event);
                }
            }
        }
        Ok(Self {
            read_to: reading.read_to.max(position),
            found: reading.unknown(),
        })
    }
}

#[derive(Default)]
struct Reading {
    read_to: u64,
    commits: BTreeSet<String>,
    pushes: BTreeMap<String, (u64, TrimmedPush)>,
    merges: BTreeMap<u64, u64>,
    known_merges: BTreeSet<u64>,
}

impl Reading {
    fn take(&mut self, sequence: u64, event: ContributionRecorded) {
        match event.kind {
            ContributionKind::Commit => {
                self.commits
                    .extend(event.key.rsplit(':').next().map(str::to_owned));
                let others = event.push.map(|push| push.other_commits);
                self.commits.extend(others.unwrap_or_default());
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
        let pushes = self.pushes.into_values();
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
