//! A log, a database and the query API, fed step by step.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{AccountReference, ClassFilter, Metric, Period, Policy, Scope, Standing, Tally};
use event_log::EventLog;
use events::Envelope;
use query_api::{Api, Settings, serve};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use runtime::{Clock, FixedClock};
use serde_json::Value;
use sqlx::PgPool;
use tests::{Servers, project_until, projector_settings, publish, tally_of};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long the API may take to notice something.
const PATIENCE: Duration = Duration::from_secs(60);

/// A row of a board: rank, account, value, and the rank in the period before.
pub(crate) type Place = (u64, String, i64, Option<u64>);

/// The board that the naive model has.
pub(crate) fn board_of(
    tally: &Tally,
    scope: &Scope,
    period: Period,
    metric: Metric,
    class: ClassFilter,
) -> Vec<Place> {
    let counts = tally.daily_counts();
    let board = |period| tally.board(&counts, &Policy::default(), scope, period, metric, class);
    let before: HashMap<AccountReference, u64> = period
        .previous()
        .into_iter()
        .flat_map(board)
        .map(|(rank, standing)| (standing.contributor, rank))
        .collect();
    let place = |(rank, standing): (u64, Standing)| {
        let before = before.get(&standing.contributor).copied();
        (
            rank,
            standing.contributor.to_string(),
            standing.value,
            before,
        )
    };
    board(period).into_iter().map(place).collect()
}

pub(crate) struct World {
    servers: Servers,
    pool: PgPool,
    log: EventLog,
    published: Vec<Envelope>,
    clock: Arc<FixedClock>,
    address: String,
    client: Client,
    stop: CancellationToken,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl World {
    /// Serves an empty database at an instant.
    pub(crate) async fn start(now: &str, settings: Settings) -> Self {
        let servers = Servers::start().await.unwrap();
        let (pool, _) = servers.fresh_database().await.unwrap();
        let log = servers.log().await.unwrap();
        let metrics = runtime::metrics::install().unwrap();
        let render = Arc::new(move || metrics.render());
        let clock = Arc::new(FixedClock::at(now.parse().unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let time = Arc::clone(&clock) as Arc<dyn Clock>;
        let api = Arc::new(Api::new(pool.clone(), settings, time, render));
        let stop = CancellationToken::new();
        tokio::spawn(serve(api, listener, stop.clone()));
        Self {
            servers,
            pool,
            log,
            published: Vec::new(),
            clock,
            address,
            client: Client::new(),
            stop,
        }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Where the API is.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Where the log is.
    pub(crate) fn log_address(&self) -> String {
        self.servers.nats.url()
    }

    pub(crate) fn log(&self) -> &EventLog {
        &self.log
    }

    /// Sets the clock by which the API knows what day it is.
    pub(crate) fn set_clock(&self, now: &str) {
        self.clock.set(now.parse().unwrap());
    }

    /// Projects what is on the log.
    pub(crate) async fn project(&self) {
        project_until(&self.pool, &self.log, projector_settings("projector", 500))
            .await
            .unwrap();
    }

    /// Publishes events, projects them, and waits until the API has heard of it.
    pub(crate) async fn tell(&mut self, events: &[Envelope]) {
        publish(&self.log, events, 1_000).await.unwrap();
        self.project().await;
        self.published.extend_from_slice(events);
        let version = self.version().await;
        self.until("the API has heard of the change", async || {
            let board = self.get("/api/v1/leaderboards/global?limit=1").await;
            board["meta"]["version"] == version
        })
        .await;
    }

    /// Everything that was told.
    pub(crate) fn tally(&self) -> Tally {
        tally_of(&self.published)
    }

    /// The last sequence whose contributions are on the boards.
    pub(crate) async fn version(&self) -> i64 {
        sqlx::query_scalar("SELECT sequence FROM projections WHERE projection = 'contributions'")
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// All pages of a board: rank, account, value, and the rank before.
    pub(crate) async fn board(&self, path: &str, query: &str) -> Vec<Place> {
        let mut places = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}?limit=53&{query}{cursor}")).await;
            for entry in page["leaderboard"].as_array().unwrap() {
                let (rank, before) = (entry["rank"].as_u64().unwrap(), &entry["previous_rank"]);
                let moved = before.as_i64().map(|before| before - rank.cast_signed());
                assert_eq!(entry["movement"].as_i64(), moved, "{entry}");
                places.push((
                    rank,
                    entry["account"].as_str().unwrap().to_owned(),
                    entry["value"].as_i64().unwrap(),
                    before.as_u64(),
                ));
            }
            match page["meta"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return places,
            }
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.address))
    }

    pub(crate) async fn text(&self, path: &str) -> (StatusCode, String) {
        let asked = self.client.get(format!("{}{path}", self.address));
        let response = asked.send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.text(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The value of a metric; 0 where there is none.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let (_, text) = self.text("/metrics").await;
        let mut lines = text.lines();
        lines
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
            .unwrap_or(0)
    }

    /// Looks again and again until something is so.
    pub(crate) async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let looking = async {
            let mut looks = tokio::time::interval(Duration::from_millis(20));
            while !is_so().await {
                looks.tick().await;
            }
        };
        let looked = tokio::time::timeout(PATIENCE, looking).await;
        assert!(looked.is_ok(), "never: {what}");
    }
}
