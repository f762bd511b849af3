//! A worker at its log, and the stand-ins that it reads from.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::jobs::Queue;
use jobs::{WorkerSettings, work};
use runtime::metrics::Metrics;
use runtime::{CircuitBreaker, FixedClock};
use scraper::sources::archive::ArchiveBases;
use scraper::work::{ScrapingParts, handlers};
use tests::bigquery::Warehouse;
use tests::github::Github;
use tests::{Asker, Servers};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long the sources may take to answer here.
const SHORT: Duration = Duration::from_millis(150);

pub(crate) struct Desk {
    asker: Asker,
    pub(crate) github: Github,
    pub(crate) warehouse: Warehouse,
    metrics: Metrics,
    _stop: DropGuard,
    _servers: Servers,
}

impl Deref for Desk {
    type Target = Asker;

    fn deref(&self) -> &Asker {
        &self.asker
    }
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
            asker: Asker { log, clock },
            github,
            warehouse,
            metrics,
            _stop: stop.drop_guard(),
            _servers: servers,
        }
    }

    /// Lets time pass, here and at GitHub. No job may be running.
    pub(crate) fn pass(&self, time: TimeDelta) {
        let now = self.now() + time;
        self.clock.set(now);
        self.github.set_time(now);
    }

    /// A metric with its labels; 0 when there is none.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = self.metrics.render();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map_or(0.0, |value| value.trim().parse().unwrap())
    }
}
