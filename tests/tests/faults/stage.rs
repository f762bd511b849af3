//! Servers, and every service that readers and senders meet, as processes of their own.

use std::collections::BTreeSet;
use std::path::Path;

use event_log::{EventLog, LogStream};
use events::{Envelope, Event};
use hmac::{Hmac, Mac};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::Sha256;
use sqlx::PgPool;
use tempfile::TempDir;
use tests::torture::servers::{DATABASE, Servers};
use tests::{check_read_models, publish, tally_of, wait_until_projected};

use crate::process::{PATIENCE, Process, free_address};

const SECRET: &str = "a secret of sixteen";

/// The role that services have: no superuser, so that limits are for it, too.
pub(crate) const ROLE: &str = "service";

/// What people are answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    /// The type of the problem, if it is one.
    pub(crate) problem: Option<String>,
    pub(crate) retry_after: Option<String>,
}

impl std::fmt::Display for Seen {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.status.as_u16())?;
        if let Some(problem) = &self.problem {
            write!(out, " `{problem}`")?;
        }
        if let Some(seconds) = &self.retry_after {
            write!(out, " and `Retry-After: {seconds}`")?;
        }
        Ok(())
    }
}

/// Everything that runs in a test.
pub(crate) struct Stage {
    pub(crate) servers: Servers,
    /// The database, as its superuser.
    pub(crate) pool: PgPool,
    pub(crate) log: EventLog,
    pub(crate) projector: Process,
    pub(crate) commands: Process,
    api: String,
    door: String,
    _query_api: Process,
    pub(crate) directory: TempDir,
    /// What the log acknowledged: ids of events, and visitors whose stars were taken.
    acknowledged: BTreeSet<uuid::Uuid>,
    delivered: BTreeSet<u64>,
    number: u64,
}

impl Stage {
    /// Starts it, with one nats-server or three; `log_url` says how the command API
    /// reaches the log, if not as all others do.
    pub(crate) async fn start(
        log_servers: usize,
        log_url: impl AsyncFnOnce(&Servers) -> Option<String>,
    ) -> Self {
        // Once a process; a second call finds it done.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let directory = tempfile::Builder::new()
            .prefix("faults-")
            .tempdir()
            .unwrap();
        let open: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(directory.path(), open).unwrap();
        let servers = Servers::start(directory.path(), log_servers).await.unwrap();
        let pool = pool(&servers.database_url);
        let make = format!("CREATE ROLE {ROLE} LOGIN; ALTER DATABASE {DATABASE} OWNER TO {ROLE}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(make))
            .execute(&pool)
            .await
            .unwrap();
        let database = servers
            .database_url
            .replace("postgres@", &format!("{ROLE}@"));
        postgres::migrate(&pool_of(&database, 2)).await.unwrap();
        let log = servers.log().await.unwrap();
        log.declare_streams().await.unwrap();
        let replicas = log_servers.to_string();
        let nats = servers.nats_urls.join(",");
        let of_commands = log_url(&servers).await.unwrap_or_else(|| nats.clone());
        let [metrics, api, door, metrics_of_commands] = std::array::from_fn(|_| free_address());
        let place = directory.path();
        let projector = Process::start(
            place,
            "projector",
            &metrics,
            &[
                "--metrics-listen",
                &metrics,
                "--lease",
                "1",
                "--database-url",
                &database,
                "--nats-url",
                &nats,
                "--nats-replicas",
                &replicas,
            ],
        );
        let query_api = Process::start(
            place,
            "query-api",
            &api,
            &["--listen", &api, "--database-url", &database],
        );
        let commands = Process::start(
            place,
            "command-api",
            &metrics_of_commands,
            &[
                "--webhook-listen",
                &door,
                "--webhook-secret",
                SECRET,
                "--metrics-listen",
                &metrics_of_commands,
                "--nats-url",
                &of_commands,
                "--nats-replicas",
                &replicas,
            ],
        );
        projector.is_well("/health").await;
        query_api.is_well("/health/ready").await;
        commands.is_well("/health").await;
        let stage = Self {
            servers,
            pool,
            log,
            projector,
            commands,
            api: format!("http://{api}"),
            door: format!("http://{door}"),
            _query_api: query_api,
            directory,
            acknowledged: BTreeSet::new(),
            delivered: BTreeSet::new(),
            number: 0,
        };
        stage.projected().await;
        stage
    }

    /// The address of the query API.
    pub(crate) fn api(&self) -> &str {
        &self.api
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Publishes events; the log acknowledges all of them.
    pub(crate) async fn publish(&mut self, events: &[Envelope]) {
        publish(&self.log, events, 1_000).await.unwrap();
        self.acknowledged
            .extend(events.iter().map(|event| event.id));
    }

    /// Asks for a board that nobody asked for before.
    pub(crate) async fn read(&mut self) -> Seen {
        self.number += 1;
        let (day, month) = (1 + self.number % 28, 1 + self.number / 28);
        let address = format!(
            "{}/api/v1/leaderboards/global?class=everyone&period=2011-{month:02}-{day:02}..2026-01-01",
            self.api
        );
        seen(reqwest::get(address).await.unwrap()).await
    }

    /// Delivers the star of a visitor, as GitHub would.
    pub(crate) async fn deliver(&mut self, visitor: u64) -> Seen {
        let seen = deliver(&self.door, visitor).await;
        if seen.status.is_success() {
            self.delivered.insert(visitor);
        }
        seen
    }

    /// Where deliveries are taken.
    pub(crate) fn door(&self) -> String {
        self.door.clone()
    }

    /// Notes that the star of a visitor was taken.
    pub(crate) fn taken(&mut self, visitor: u64) {
        self.delivered.insert(visitor);
    }

    /// Waits until all of the log is projected.
    pub(crate) async fn projected(&self) {
        let waited = wait_until_projected(&self.pool, &self.log);
        let waited = tokio::time::timeout(PATIENCE, waited).await;
        waited.unwrap().unwrap();
    }

    /// Waits until all is projected, and holds everything that was acknowledged against
    /// the log, and the log against the read models. Returns what was compared.
    pub(crate) async fn is_whole(&mut self) -> String {
        self.projected().await;
        let all = self
            .log
            .read_all(LogStream::Contributions, "contributions.v1.>", 0)
            .await
            .unwrap();
        let all: Vec<Envelope> = all.into_iter().map(|said| said.envelope).collect();
        let ids: BTreeSet<_> = all.iter().map(|event| event.id).collect();
        assert!(
            self.acknowledged.is_subset(&ids),
            "acknowledged, and not on the log"
        );
        let stars: BTreeSet<String> = all
            .iter()
            .filter_map(|event| match &event.event {
                Event::ContributionRecorded(event) => Some(event.key.clone()),
                _ => None,
            })
            .collect();
        for visitor in &self.delivered {
            assert!(
                stars.contains(&key_of(*visitor)),
                "{visitor} is not on the log"
            );
        }
        check_read_models(&self.pool, &tally_of(&all))
            .await
            .unwrap();
        assert_eq!(self.read().await.status, StatusCode::OK);
        "what was acknowledged is on the log, and every row is what the rules make of it".to_owned()
    }
}

/// The semantic key of a visitor's star.
fn key_of(visitor: u64) -> String {
    format!("star:4242:{visitor}")
}

/// Delivers the star of a visitor to a command API.
pub(crate) async fn deliver(door: &str, visitor: u64) -> Seen {
    let body = json!({
        "action": "created", "starred_at": "2024-02-29T23:30:00Z",
        "sender": { "id": visitor, "login": format!("visitor-{visitor}"), "type": "User" },
        "repository": { "id": 4_242, "full_name": "octo/faults" },
    });
    let body = body.to_string();
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    let signature = mac.chain_update(&body).finalize().into_bytes();
    let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    let sent = reqwest::Client::new()
        .post(format!("{door}/webhooks/github"))
        .header("x-github-event", "star")
        .header("x-github-delivery", format!("delivery-{visitor}"))
        .header("x-hub-signature-256", format!("sha256={signature}"))
        .body(body)
        .send();
    seen(sent.await.unwrap()).await
}

async fn seen(answer: reqwest::Response) -> Seen {
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = |name: &str| Some(headers.get(name)?.to_str().unwrap().to_owned());
    let is_problem = text("content-type").is_some_and(|form| form.contains("problem+json"));
    let body: Value = answer.json().await.unwrap();
    let problem = body["type"].as_str().filter(|_| is_problem);
    Seen {
        status,
        problem: problem.map(str::to_owned),
        retry_after: text("retry-after"),
    }
}

fn pool(url: &str) -> PgPool {
    pool_of(url, 4)
}

fn pool_of(url: &str, connections: u32) -> PgPool {
    postgres::connect(&postgres::PoolSettings {
        url: url.to_owned(),
        max_connections: connections,
        application_name: "tests".to_owned(),
    })
    .unwrap()
}
