//! The roles of deploy/postgres/roles.sql on a real Postgres: each can do its
//! work, and the API's can do nothing else.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::jobs::{Cause, JobQueued, Overlap, Queue};
use jobs::{Handler, Run};
use projector::{
    CheckBoards, CleanUp, FullRecalculation, KeepPartitions, MaintenanceParts, Vacuum,
};
use query_api::{Api, Settings};
use runtime::{Clock, SystemClock};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use tests::{
    Servers, events_of, generated_documents, projector_settings, publish, wait_until_projected,
    workspace,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const PROJECTOR: &str = "leaderboard_projector";
const API: &str = "leaderboard_api";

/// A database with the roles.
struct Database {
    servers: Servers,
    name: &'static str,
}

impl Database {
    async fn start() -> Self {
        let servers = Servers::start().await.unwrap();
        let name = "guarded";
        servers.postgres.ensure_database(name).await.unwrap();
        let database = Self { servers, name };
        let path = workspace().join("deploy/postgres/roles.sql");
        let roles = std::fs::read_to_string(path).unwrap();
        // Once more changes nothing.
        for _ in 0..2 {
            let statements = AssertSqlSafe(roles.clone());
            let superuser = database.pool("postgres");
            sqlx::raw_sql(statements).execute(&superuser).await.unwrap();
        }
        database
    }

    fn url(&self, role: &str) -> String {
        let url = self.servers.postgres.url(self.name);
        url.replace("postgres@", &format!("{role}@"))
    }

    fn pool(&self, role: &str) -> PgPool {
        postgres::connect(&postgres::PoolSettings {
            url: self.url(role),
            max_connections: 8,
            application_name: "tests".to_owned(),
        })
        .unwrap()
    }
}

/// The query API as a role.
struct Reader {
    address: String,
    stop: CancellationToken,
}

impl Reader {
    async fn start(pool: PgPool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let metrics = Arc::new(String::new);
        let api = Api::new(pool, Settings::default(), Arc::new(SystemClock), metrics);
        let stop = CancellationToken::new();
        tokio::spawn(query_api::serve(Arc::new(api), listener, stop.clone()));
        Self { address, stop }
    }

    async fn ask(&self, path: &str) -> Value {
        let response = reqwest::get(format!("{}{path}", self.address))
            .await
            .unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Asks for everything there is; returns the board.
    async fn ask_for_everything(&self) -> Value {
        let board = self.ask("/api/v1/leaderboards/global?class=everyone").await;
        let login = board["leaderboard"][0]["login"].as_str().unwrap();
        let contributor = self.ask(&format!("/api/v1/contributors/{login}")).await;
        let repository = contributor["contributor"]["repositories"][0]["name"].as_str();
        let repository = repository.unwrap();
        let organization = repository.split_once('/').unwrap().0;
        for path in [
            format!("/api/v1/leaderboards/global/ranks/{login}?class=everyone"),
            format!("/api/v1/leaderboards/repositories/{repository}?class=everyone"),
            format!("/api/v1/leaderboards/organizations/{organization}?class=everyone"),
            "/api/v1/leaderboards/global?period=2024-02-28..2024-02-29".to_owned(),
            format!("/api/v1/contributors/{login}/explain"),
            format!("/api/v1/repositories/{repository}"),
            "/api/v1/search?q=a".to_owned(),
            "/api/v1/budget".to_owned(),
            "/api/v1/jobs".to_owned(),
            "/api/v1/schedule".to_owned(),
            "/api/v1/circuits".to_owned(),
            "/api/v1/coverage".to_owned(),
            "/api/v1/coverage/holes".to_owned(),
            "/api/v1/dead-letters".to_owned(),
            "/api/v1/replay".to_owned(),
            "/health/ready".to_owned(),
            "/".to_owned(),
            format!("/contributors/{login}"),
            "/coverage".to_owned(),
        ] {
            self.ask(&path).await;
        }
        board["leaderboard"].clone()
    }
}

fn asked(name: &str) -> JobQueued {
    JobQueued {
        job: Uuid::now_v7(),
        name: name.to_owned(),
        queue: Queue::Maintenance,
        cause: Cause::Hand {
            actor: "ann".to_owned(),
            reason: "a test".to_owned(),
        },
        arguments: BTreeMap::new(),
        attempts: 1,
        time_limit: 60,
        overlap: Overlap::Forbidden,
        queued_at: SystemClock.now(),
    }
}

/// What Postgres answers a role that tries something, by its code.
async fn refusal(url: &str, statements: &'static str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let tried = sqlx::raw_sql(statements).execute(&mut connection).await;
    let error = tried.unwrap_err();
    let code = error.as_database_error().and_then(|error| error.code());
    code.unwrap_or_default().into_owned()
}

/// Tables and views of ours that a role has a right to.
async fn with_right(pool: &PgPool, role: &str, right: &str) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT pg_class.oid::regclass::text
         FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
         WHERE (nspname IN ('public', 'control') OR nspname LIKE 'generation%')
           AND relkind IN ('r', 'p', 'v') AND has_table_privilege($1, pg_class.oid, $2)",
    )
    .bind(role)
    .bind(right)
    .fetch_all(pool)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_can_do_its_work_and_the_apis_cannot_write() {
    let database = Database::start().await;
    let projector = database.pool(PROJECTOR);
    postgres::migrate(&projector).await.unwrap();
    let log = database.servers.log().await.unwrap();
    let events = events_of(&generated_documents(12, 400).unwrap()).unwrap();
    publish(&log, &events, 1_000).await.unwrap();
    let stop = CancellationToken::new();
    let settings = projector_settings("projector", 1_000);
    let running = projector::run(projector.clone(), log.clone(), settings, stop.clone());
    let running = tokio::spawn(running);
    wait_until_projected(&projector, &log).await.unwrap();

    let api = database.pool(API);
    let reader = Reader::start(api.clone()).await;
    let board = reader.ask_for_everything().await;
    let parts = || MaintenanceParts {
        pool: projector.clone(),
        clock: Arc::new(SystemClock),
    };
    let jobs: [Box<dyn Handler>; 5] = [
        Box::new(CheckBoards(parts())),
        Box::new(KeepPartitions(parts())),
        Box::new(CleanUp(parts())),
        Box::new(Vacuum(parts())),
        Box::new(FullRecalculation(parts())),
    ];
    for job in jobs {
        let run = Run::new(CancellationToken::new());
        let done = job.run(&asked(job.name()), &run).await;
        assert!(done.is_ok(), "{}: {:?}", job.name(), done.err());
    }
    // A generation that was made since is read like the one before, which goes.
    let replay = reader.ask("/api/v1/replay").await;
    assert_eq!(replay["generations"][1]["state"], "active", "{replay}");
    assert_eq!(reader.ask_for_everything().await, board);
    projector::replay::drop_kept(&projector).await.unwrap();
    assert_eq!(reader.ask_for_everything().await, board);

    let superuser = database.pool("postgres");
    assert!(with_right(&superuser, API, "SELECT").await.len() > 50);
    for right in [
        "INSERT",
        "UPDATE",
        "DELETE",
        "TRUNCATE",
        "REFERENCES",
        "TRIGGER",
    ] {
        let writable = with_right(&superuser, API, right).await;
        assert!(writable.is_empty(), "{API} may {right}: {writable:?}");
    }
    const NOT_ALLOWED: &str = "42501";
    for attempt in [
        "BEGIN READ WRITE; DELETE FROM generation_2.board_rows",
        "BEGIN READ WRITE; UPDATE control.generations SET state = 'dropped'",
        "BEGIN READ WRITE; CREATE TABLE public.mine ()",
        "BEGIN READ WRITE; CREATE SCHEMA mine",
        "BEGIN READ WRITE; SET ROLE leaderboard_owner",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('postgresql.conf')",
    ] {
        let code = refusal(&database.url(API), attempt).await;
        assert_eq!(code, NOT_ALLOWED, "{attempt}");
    }
    const READ_ONLY: &str = "25006";
    let creation = "CREATE TABLE public.mine ()";
    assert_eq!(refusal(&database.url(API), creation).await, READ_ONLY);
    for attempt in [
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "ALTER SYSTEM SET fsync = off",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ] {
        let code = refusal(&database.url(PROJECTOR), attempt).await;
        assert_eq!(code, NOT_ALLOWED, "{attempt}");
    }
    reader.stop.cancel();
    stop.cancel();
    running.await.unwrap().unwrap();
}
