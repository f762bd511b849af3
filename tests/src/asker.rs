//! Somebody who asks for jobs, and looks at the log for what comes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use decisions::Author;
use decisions::tracking::decide_tracking;
use domain::RepositoryName;
use domain::jobs::{Cause, JobCompleted, JobId, JobQueued, JobRetrying, Overlap, Queue};
use event_log::{EventLog, LogStream};
use events::{Envelope, Event};
use jobs::{Finished, QueueLog};
use runtime::{Clock, FixedClock};
use uuid::Uuid;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks for jobs of the queue of scraping, at a time that stands still.
pub struct Asker {
    /// The log.
    pub log: EventLog,
    /// The time.
    pub clock: Arc<FixedClock>,
}

impl Asker {
    /// The time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Decides that repositories are tracked.
    ///
    /// # Panics
    /// As everything here, when it is not done.
    pub async fn track(&self, names: &[&str]) {
        let author = Author {
            actor: "ann".to_owned(),
            reason: "for tests".to_owned(),
            at: self.now(),
        };
        for name in names {
            let name = RepositoryName::entered(name).unwrap();
            decide_tracking(&self.log, &name, true, &author)
                .await
                .unwrap();
        }
    }

    /// Asks for a job, and does not wait for it.
    ///
    /// # Panics
    /// When the log does not take it.
    pub async fn ask_for(&self, name: &str, arguments: &[(&str, &str)]) -> JobId {
        let arguments = arguments.iter();
        let wanted = JobQueued {
            job: Uuid::now_v7(),
            name: name.to_owned(),
            queue: Queue::Scraping,
            cause: Cause::Hand {
                actor: "ann".to_owned(),
                reason: "a test".to_owned(),
            },
            arguments: arguments
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            attempts: 3,
            time_limit: 120,
            overlap: Overlap::Allowed,
            queued_at: self.now(),
        };
        self.queue().enqueue(&wanted).await.unwrap();
        wanted.job
    }

    /// Waits for the end of a job that must succeed.
    ///
    /// # Panics
    /// When it fails, or takes too long.
    pub async fn end_of(&self, job: JobId) -> JobCompleted {
        let mut queue = self.queue();
        let waited = tokio::time::timeout(PATIENCE, queue.wait(job)).await;
        match waited.unwrap().unwrap() {
            Finished::Completed(completed) => completed,
            other => panic!("{other:?}"),
        }
    }

    /// Waits until a job is said to be tried again.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn retry_of(&self, job: JobId) -> JobRetrying {
        let mut said = self.log.subscribe(LogStream::Jobs, 0).await.unwrap();
        let waiting = async {
            loop {
                for delivered in said.next_batch(100).await.unwrap() {
                    match Envelope::decode(&delivered.payload).unwrap().event {
                        Event::JobRetrying(retrying) if retrying.job == job => return retrying,
                        _ => {}
                    }
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap()
    }

    /// The queue.
    #[must_use]
    pub fn queue(&self) -> QueueLog {
        QueueLog::new(self.log.clone(), Queue::Scraping, self.clock.clone())
    }

    /// The semantic keys of all contributions on the log.
    pub async fn contributions(&self) -> BTreeSet<String> {
        let recorded = self.events(LogStream::Contributions, "contributions.v1.>");
        let keys = recorded.await.into_iter().filter_map(|event| match event {
            Event::ContributionRecorded(found) => Some(found.key),
            _ => None,
        });
        keys.collect()
    }

    /// Whether each unit that a source was read for was read whole; the latest word counts.
    pub async fn coverage(&self, source: &str) -> BTreeMap<String, bool> {
        let filter = format!("coverage.v1.{source}.>");
        let all = self.events(LogStream::Coverage, &filter).await.into_iter();
        all.filter_map(|event| match event {
            Event::CoverageObserved(observed) => Some((observed.unit, observed.whole)),
            _ => None,
        })
        .collect()
    }

    /// What was said on some subjects of a stream.
    ///
    /// # Panics
    /// When the log cannot be read.
    pub async fn events(&self, stream: LogStream, subjects: &str) -> Vec<Event> {
        let recorded = self.log.read_all(stream, subjects, 0).await.unwrap();
        let recorded = recorded.into_iter();
        recorded.map(|recorded| recorded.envelope.event).collect()
    }
}
