//! What the tests share: a log with a worker on it, and the stand-ins.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use decisions::tracking::tracking;
use domain::budget::Ceilings;
use domain::jobs::{Failure, JobCompleted, JobId, Queue};
use event_log::LogStream;
use events::{Event, Subject};
use jobs::{Finished, WorkerSettings, work};
use runtime::{CircuitBreaker, Clock, FixedClock};
use scraper::budget::LedgerLog;
use scraper::repair::Comparison;
use scraper::sources::archive::ArchiveBases;
use scraper::work::{ScrapingParts, handlers};
use serde_json::Value;
use tests::archive::{Archive, gzip};
use tests::bigquery::Warehouse;
use tests::github::Github;
use tests::{Asker, Servers, budget_of};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A tebibyte costs so much.
pub(crate) const TEBIBYTE_MICROS: u64 = 6_250_000;

/// A log, a worker that does the scraping jobs, and what they read.
pub(crate) struct World {
    asker: Asker,
    pub(crate) github: Github,
    pub(crate) warehouse: Warehouse,
    /// The archive that is asked first.
    pub(crate) mirror: Archive,
    pub(crate) archive: Archive,
    stop: CancellationToken,
    _stop: DropGuard,
    pub(crate) servers: Servers,
}

impl Deref for World {
    type Target = Asker;

    fn deref(&self) -> &Asker {
        &self.asker
    }
}

impl World {
    /// Starts everything but the worker.
    pub(crate) async fn start(now: DateTime<Utc>) -> Self {
        let servers = Servers::start().await.unwrap();
        let stop = CancellationToken::new();
        Self {
            asker: Asker {
                log: servers.log().await.unwrap(),
                clock: Arc::new(FixedClock::at(now)),
            },
            github: Github::start(now).await.unwrap(),
            warehouse: Warehouse::start().await.unwrap(),
            mirror: Archive::start().await.unwrap(),
            archive: Archive::start().await.unwrap(),
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
        self.asker.clock.clone()
    }

    /// Lets time pass, here and at GitHub. No job may be running.
    pub(crate) fn pass(&self, time: TimeDelta) {
        let now = self.now() + time;
        self.clock.set(now);
        self.github.set_time(now);
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
        let definition = budget_of(limit.parse().unwrap(), self.now());
        let ceilings = definition.ceilings;
        let ledger = LedgerLog::new(self.log.clone(), "/tests");
        ledger.define(definition).await.unwrap();
        ceilings
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

    /// How often a job was begun.
    pub(crate) async fn attempts_of(&self, job: JobId) -> u32 {
        let mut queue = self.queue();
        queue.catch_up().await.unwrap();
        queue.state().job(job).unwrap().attempt
    }

    /// The events of this month's ledger.
    pub(crate) async fn ledger(&self) -> Vec<Event> {
        let subject = Subject::of_ledger(self.now());
        self.events(LogStream::Costs, subject.as_str()).await
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
