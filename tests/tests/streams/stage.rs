//! A log, a projector that goes on, and a query API that can be started again.

use std::sync::Arc;
use std::time::Duration;

use event_log::EventLog;
use events::Envelope;
use query_api::{Api, Settings, serve};
use reqwest::StatusCode;
use runtime::SystemClock;
use serde_json::Value;
use sqlx::PgPool;
use tests::{Servers, projector_settings, publish, wait_until_projected};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::listener::Listener;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Stage {
    _servers: Servers,
    pub(crate) pool: PgPool,
    pub(crate) log: EventLog,
    settings: Settings,
    address: String,
    serving: Option<(CancellationToken, JoinHandle<()>)>,
    projecting: CancellationToken,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.projecting.cancel();
        if let Some((stop, _)) = &self.serving {
            stop.cancel();
        }
    }
}

impl Stage {
    pub(crate) async fn start(settings: Settings) -> Self {
        let servers = Servers::start().await.unwrap();
        let (pool, _) = servers.fresh_database().await.unwrap();
        let log = servers.log().await.unwrap();
        let projecting = CancellationToken::new();
        let projector = projector::run(
            pool.clone(),
            log.clone(),
            projector_settings("projector", 100),
            projecting.clone(),
        );
        tokio::spawn(async move { projector.await.unwrap() });
        let mut stage = Self {
            _servers: servers,
            pool,
            log,
            settings,
            address: String::new(),
            serving: None,
            projecting,
        };
        stage.serve().await;
        stage
    }

    /// Starts the query API, as another process would.
    pub(crate) async fn serve(&mut self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.address = format!("http://{}", listener.local_addr().unwrap());
        let (clock, metrics) = (Arc::new(SystemClock), Arc::new(String::new));
        let api = Api::new(self.pool.clone(), self.settings.clone(), clock, metrics);
        let stop = CancellationToken::new();
        let serving = serve(Arc::new(api), listener, stop.clone());
        let serving = tokio::spawn(async move { serving.await.unwrap() });
        self.serving = Some((stop, serving));
    }

    /// Ends the query API, which waits for nobody who listens.
    pub(crate) async fn stop_serving(&mut self) {
        let (stop, serving) = self.serving.take().unwrap();
        stop.cancel();
        let ended = tokio::time::timeout(PATIENCE, serving).await;
        ended.expect("streams held up the end").unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Opens a stream, after the event of an id if there is one.
    pub(crate) async fn listen(&self, path: &str, last: &str) -> Listener {
        Listener::open(&self.url(path), last).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = reqwest::get(self.url(path)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    /// Publishes events, and waits until they are projected.
    pub(crate) async fn tell(&self, events: &[Envelope]) {
        publish(&self.log, events, 100).await.unwrap();
        self.settle().await;
    }

    /// Waits until everything on the log is projected.
    pub(crate) async fn settle(&self) {
        wait_until_projected(&self.pool, &self.log).await.unwrap();
    }

    /// The number of the last change of a contribution.
    pub(crate) async fn last_change(&self) -> i64 {
        sqlx::query_scalar("SELECT coalesce(max(last_change), 0) FROM contribution_changes")
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }
}
