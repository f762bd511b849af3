//! A log, a projector, and both APIs, over made-up events.

use std::collections::BTreeMap;
use std::sync::Arc;

use command_api::{Commands, Doors};
use event_log::EventLog;
use events::Envelope;
use projector::run;
use query_api::{Api, Settings};
use reqwest::{Client, Method, StatusCode};
use runtime::{FixedClock, SystemClock};
use serde_json::Value;
use sqlx::PgPool;
use tests::{
    Servers, events_of, generated_documents, projector_settings, publish, read_model_dump,
    wait_until_projected,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const KEY: &str = "0123456789abcdef0123";

pub(crate) struct Stage {
    pub(crate) pool: PgPool,
    pub(crate) log: EventLog,
    pub(crate) events: Vec<Envelope>,
    client: Client,
    /// Where the query API and the log are.
    pub(crate) answers: String,
    pub(crate) nats: String,
    commands: String,
    stop: CancellationToken,
    _servers: Servers,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let servers = Servers::start().await.unwrap();
        let (pool, _) = servers.fresh_database().await.unwrap();
        let log = servers.log().await.unwrap();
        let stop = CancellationToken::new();
        let settings = projector_settings("projector", 10_000);
        tokio::spawn(run(pool.clone(), log.clone(), settings, stop.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let answers = format!("http://{}", listener.local_addr().unwrap());
        let clock = Arc::new(FixedClock::at("2024-03-01T12:00:00Z".parse().unwrap()));
        let api = Api::new(
            pool.clone(),
            Settings::default(),
            clock,
            Arc::new(String::new),
        );
        // Nobody tells it of commits, so it answers nothing from memory.
        let service = query_api::router(Arc::new(api));
        let shutdown = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            let serving = axum::serve(listener, service).with_graceful_shutdown(shutdown);
            serving.await.unwrap();
        });
        let doors = Doors {
            commands: Some(Arc::new(Commands {
                log: log.clone(),
                clock: Arc::new(SystemClock),
                log_level: None,
            })),
            entrance: Arc::new(tests::entrance(&format!("ann={KEY}"))),
            ..Doors::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let commands = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(command_api::serve(doors, listener, stop.clone()));
        Self {
            pool,
            log,
            events: events_of(&generated_documents(6, 1_500).unwrap()).unwrap(),
            client: Client::new(),
            answers,
            nats: servers.nats.url(),
            commands,
            stop,
            _servers: servers,
        }
    }

    /// Publishes some of the events, and waits until they count.
    pub(crate) async fn record(&self, events: &[Envelope]) {
        publish(&self.log, events, 500).await.unwrap();
        self.settle().await;
    }

    /// Waits until everything on the log counts.
    pub(crate) async fn settle(&self) {
        wait_until_projected(&self.pool, &self.log).await.unwrap();
    }

    /// Every row of every read model.
    pub(crate) async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        read_model_dump(&self.pool).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, &Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// A page of the query API, and its status.
    pub(crate) async fn page(&self, path: &str) -> (StatusCode, String) {
        let request = self.client.get(format!("{}{path}", self.answers));
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        let request = self
            .client
            .request(method, format!("{}{path}", self.answers));
        let request = if body.is_null() {
            request
        } else {
            request.json(body)
        };
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Sends a command, and waits until it is in effect.
    pub(crate) async fn decide(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        let request = self
            .client
            .request(method, format!("{}{path}", self.commands));
        let answer = request.bearer_auth(KEY).json(body).send().await.unwrap();
        let (status, body) = (answer.status(), answer.json().await.unwrap());
        self.settle().await;
        (status, body)
    }

    /// The first places of a board as (login, score in thousandths).
    pub(crate) async fn board(&self, path: &str) -> Vec<(String, i64)> {
        let board = self.get(&format!("{path}?limit=200&class=everyone")).await;
        let entries = board["leaderboard"].as_array().unwrap().iter();
        entries
            .map(|entry| {
                let login = entry["login"].as_str().unwrap().to_owned();
                (login, entry["score_thousandths"].as_i64().unwrap())
            })
            .collect()
    }
}
