//! What the tests share: a log with a worker on it, and the stand-ins.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use decisions::Author;
use decisions::tracking::{decide_tracking, tracking};
use domain::RepositoryName;
use domain::budget::{BudgetDefinition, Ceilings, Money, Price, Thresholds};
use domain::jobs::{Cause, Failure, JobCompleted, JobId, JobQueued, JobRetrying, Overlap, Queue};
use event_log::{EventLog, LogStream};
use events::{Envelope, Event, Subject};
use jobs::{Finished, QueueLog, WorkerSettings, work};
use runtime::{CircuitBreaker, Clock, FixedClock};
use scraper::budget::LedgerLog;
use scraper::repair::Comparison;
use scraper::sources::archive::ArchiveBases;
use scraper::work::{ScrapingParts, handlers};
use serde_json::Value;
use tests::Servers;
use tests::archive::{Archive, gzip};
use tests::bigquery::Warehouse;
use tests::github::Github;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

/// A tebibyte costs so much.
pub(crate) const TEBIBYTE_MICROS: u64 = 6_250_000;

/// A log, a worker that does the scraping jobs, and what they read.
pub(crate) struct World {
    pub(crate) log: EventLog,
    pub(crate) github: Github,
    pub(crate) warehouse: Warehouse,
    /// The archive that is asked first.
    pub(crate) mirror: Archive,
    pub(crate) archive: Archive,
    clock: Arc<FixedClock>,
    stop: CancellationToken,
    _stop: DropGuard,
    pub(crate) servers: Servers,
}

impl World {
    /// Starts everything but the worker.
    pub(crate) async fn start(now: DateTime<Utc>) -> Self {
        let servers = Servers::start().await.unwrap();
        let stop = CancellationToken::new();
        Self {
            log: servers.log().await.unwrap(),
            github: Github::start(now).await.unwrap(),
            warehouse: Warehouse::start().await.unwrap(),
            mirror: Archive::start().await.unwrap(),
            archive: Archive::start().await.unwrap(),
            clock: Arc::new(FixedClock::at(now)),
            _stop: stop.clone().drop_guard(),
            stop,
            servers,
        }
    }

    /// Starts the worker, with BigQuery from a day on if one is given, and a
    /// query API to ask if there is one.
    pub(crate) fn employ(&self, floor: Option<NaiveDate>, api: Option<&str>) {
        let bases = [&self.mirror, &self.archive].map(|archive| archive.base().unwrap());
        let parts = ScrapingParts {
            log: self.log.clone(),
            clock: self.clock(),
            github: Arc::new(self.github.client(&["one"]).unwrap()),
            archives: ArchiveBases(bases.to_vec()),
            bigquery: floor.map(|_| self.warehouse.settings()),
            bigquery_circuit: Arc::new(CircuitBreaker::of("bigquery")),
            floor,
            comparison: api.map(|api| Comparison::at(api).unwrap()),
        };
        let settings = WorkerSettings {
            worker: "worker".to_owned(),
            queues: vec![(Queue::Scraping, 1)],
            lease: Duration::from_secs(30),
        };
        let working = work(
            self.log.clone(),
            handlers(&parts),
            settings,
            self.clock(),
            self.stop.clone(),
        );
        tokio::spawn(working);
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Lets time pass, here and at GitHub. No job may be running.
    pub(crate) fn pass(&self, time: TimeDelta) {
        let now = self.now() + time;
        self.clock.set(now);
        self.github.set_time(now);
    }

    /// Decides that repositories are tracked.
    pub(crate) async fn track(&self, names: &[&str]) {
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

    /// The tracked repositories, and the ids that are known of them.
    pub(crate) async fn tracked(&self) -> BTreeMap<String, Option<u64>> {
        let known = tracking(&self.log).await.unwrap();
        let tracked = known.tracked().into_iter();
        tracked
            .map(|known| (known.latest.name.to_string(), known.latest.id))
            .collect()
    }

    /// Allows so many dollars a day, a month and a job.
    pub(crate) async fn allow(&self, limit: &str) -> Ceilings {
        let limit: Money = limit.parse().unwrap();
        let ceilings = Ceilings {
            day: limit,
            month: limit,
            job: limit,
        };
        let definition = BudgetDefinition {
            ceilings,
            thresholds: Thresholds::default(),
            price: Price {
                free_bytes: 0,
                ..Price::default()
            },
            actor: "treasurer".to_owned(),
            reason: "for tests".to_owned(),
            defined_at: self.now(),
        };
        let ledger = LedgerLog::new(self.log.clone(), "/tests");
        ledger.define(definition).await.unwrap();
        ceilings
    }

    /// Asks for a job, and does not wait for it.
    pub(crate) async fn ask_for(&self, name: &str, arguments: &[(&str, &str)]) -> JobId {
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
    pub(crate) async fn end_of(&self, job: JobId) -> JobCompleted {
        match self.queue().wait(job).await.unwrap() {
            Finished::Completed(completed) => completed,
            other => panic!("{other:?}"),
        }
    }

    /// Has a job done that must succeed.
    pub(crate) async fn done(&self, name: &str, arguments: &[(&str, &str)]) -> JobCompleted {
        let job = self.ask_for(name, arguments).await;
        self.end_of(job).await
    }

    /// Has a job done that must fail at its first attempt, for good.
    pub(crate) async fn failed(&self, name: &str, arguments: &[(&str, &str)]) -> Failure {
        let job = self.ask_for(name, arguments).await;
        match self.queue().wait(job).await.unwrap() {
            Finished::Failed(failed) => {
                assert_eq!(failed.attempt, 1, "{failed:?}");
                failed.failure
            }
            other => panic!("{other:?}"),
        }
    }

    /// Waits until a job is said to be tried again.
    pub(crate) async fn retry_of(&self, job: JobId) -> JobRetrying {
        let mut said = self.log.subscribe(LogStream::Jobs, 0).await.unwrap();
        loop {
            for delivered in said.next_batch(100).await.unwrap() {
                match Envelope::decode(&delivered.payload).unwrap().event {
                    Event::JobRetrying(retrying) if retrying.job == job => return retrying,
                    _ => {}
                }
            }
        }
    }

    /// How often a job was begun.
    pub(crate) async fn attempts_of(&self, job: JobId) -> u32 {
        let mut queue = self.queue();
        queue.catch_up().await.unwrap();
        queue.state().job(job).unwrap().attempt
    }

    pub(crate) fn queue(&self) -> QueueLog {
        QueueLog::new(self.log.clone(), Queue::Scraping, self.clock())
    }

    /// The semantic keys of all contributions on the log.
    pub(crate) async fn contributions(&self) -> BTreeSet<String> {
        let recorded = self.events(LogStream::Contributions, "contributions.v1.>");
        let keys = recorded.await.into_iter().filter_map(|event| match event {
            Event::ContributionRecorded(found) => Some(found.key),
            _ => None,
        });
        keys.collect()
    }

    /// The events of this month's ledger.
    pub(crate) async fn ledger(&self) -> Vec<Event> {
        let subject = Subject::of_ledger(self.now());
        self.events(LogStream::Costs, subject.as_str()).await
    }

    /// Whether each unit that BigQuery was read for was read whole; the latest
    /// word counts.
    pub(crate) async fn days(&self) -> BTreeMap<String, bool> {
        let filter = "coverage.v1.bigquery.>";
        let all = self.events(LogStream::Coverage, filter).await.into_iter();
        all.filter_map(|event| match event {
            Event::CoverageObserved(observed) => Some((observed.unit, observed.whole)),
            _ => None,
        })
        .collect()
    }

    pub(crate) async fn events(&self, stream: LogStream, subjects: &str) -> Vec<Event> {
        let recorded = self.log.read_all(stream, subjects, 0).await.unwrap();
        let recorded = recorded.into_iter();
        recorded.map(|recorded| recorded.envelope.event).collect()
    }
}

/// The file of an hour: its name.
pub(crate) fn file_of(hour: DateTime<Utc>) -> String {
    format!("{}.json.gz", hour.format("%Y-%m-%d-%-H"))
}

/// A file with these events.
pub(crate) fn file_with(events: &[Value]) -> Vec<u8> {
    gzip(events.iter().map(ToString::to_string)).unwrap()
}
