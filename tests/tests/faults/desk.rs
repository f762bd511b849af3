//! A worker at its log, and the stand-ins that it reads from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use decisions::Author;
use decisions::tracking::decide_tracking;
use domain::RepositoryName;
use domain::jobs::{Cause, JobCompleted, JobId, JobQueued, JobRetrying, Overlap, Queue};
use event_log::{EventLog, LogStream};
use events::{Envelope, Event};
use jobs::{Finished, QueueLog, WorkerSettings, work};
use runtime::metrics::Metrics;
use runtime::{CircuitBreaker, Clock, FixedClock};
use scraper::sources::archive::ArchiveBases;
use scraper::work::{ScrapingParts, handlers};
use tests::Servers;
use tests::bigquery::Warehouse;
use tests::github::Github;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use crate::process::PATIENCE;

/// How long the sources may take to answer here.
const SHORT: Duration = Duration::from_millis(150);

pub(crate) struct Desk {
    pub(crate) log: EventLog,
    pub(crate) github: Github,
    pub(crate) warehouse: Warehouse,
    clock: Arc<FixedClock>,
    metrics: Metrics,
    _stop: DropGuard,
    _servers: Servers,
}

impl Desk {
    /// Starts everything; BigQuery's tables begin with a day.
    pub(crate) async fn start(now: DateTime<Utc>, floor: NaiveDate) -> Self {
        let servers = Servers::start().await.unwrap();
        let log = servers.log().await.unwrap();
        let mut github = Github::start(now).await.unwrap();
        github.set_patience(SHORT);
        let warehouse = Warehouse::start().await.unwrap();
        let clock = Arc::new(FixedClock::at(now));
        let stop = CancellationToken::new();
        let mut bigquery = warehouse.settings();
        bigquery.patience = SHORT;
        let parts = ScrapingParts {
            log: log.clone(),
            clock: clock.clone(),
            github: Arc::new(github.client(&["one"]).unwrap()),
            archives: ArchiveBases::default(),
            bigquery: Some(bigquery),
            bigquery_circuit: Arc::new(CircuitBreaker::of("bigquery")),
            floor: Some(floor),
            comparison: None,
        };
        let settings = WorkerSettings {
            worker: "worker".to_owned(),
            queues: vec![(Queue::Scraping, 1)],
            lease: Duration::from_secs(30),
        };
        let metrics = runtime::metrics::install().unwrap();
        let working = work(
            log.clone(),
            handlers(&parts),
            settings,
            clock.clone(),
            stop.clone(),
        );
        tokio::spawn(working);
        Self {
            log,
            github,
            warehouse,
            clock,
            metrics,
            _stop: stop.drop_guard(),
            _servers: servers,
        }
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

    /// Asks for a job, and does not wait for it.
    pub(crate) async fn ask_for(&self, name: &str) -> JobId {
        let wanted = JobQueued {
            job: Uuid::now_v7(),
            name: name.to_owned(),
            queue: Queue::Scraping,
            cause: Cause::Hand {
                actor: "ann".to_owned(),
                reason: "a test".to_owned(),
            },
            arguments: BTreeMap::new(),
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
        let mut queue = self.queue();
        let waited = tokio::time::timeout(PATIENCE, queue.wait(job)).await;
        match waited.unwrap().unwrap() {
            Finished::Completed(completed) => completed,
            other => panic!("{other:?}"),
        }
    }

    /// Waits until a job is said to be tried again.
    pub(crate) async fn retry_of(&self, job: JobId) -> JobRetrying {
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

    fn queue(&self) -> QueueLog {
        QueueLog::new(self.log.clone(), Queue::Scraping, self.clock.clone())
    }

    /// A metric with its labels; 0 when there is none.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = self.metrics.render();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map_or(0.0, |value| value.trim().parse().unwrap())
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

    /// Whether each unit that a source was read for was read whole; the latest word counts.
    pub(crate) async fn coverage(&self, source: &str) -> BTreeMap<String, bool> {
        let filter = format!("coverage.v1.{source}.>");
        let all = self.events(LogStream::Coverage, &filter).await.into_iter();
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
