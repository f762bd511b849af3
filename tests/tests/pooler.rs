//! Projector and query API behind PgBouncer, where it is installed: in its
//! transaction mode if it knows prepared statements (from 1.21 on), and in its session
//! mode if it is older.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use query_api::{Api, Settings};
use runtime::SystemClock;
use serde_json::Value;
use sqlx::PgPool;
use tempfile::TempDir;
use tests::{Servers, events_of, generated_documents, project_until, projector_settings, publish};
use tokio_util::sync::CancellationToken;

/// Fewer than there are clients, so that sessions are handed on.
const SESSIONS: usize = 3;

/// As many as there may be clients: each keeps its session.
const OWN_SESSIONS: usize = 40;

const NOBODY: u32 = 65_534;

/// A PgBouncer before a Postgres.
struct Pooler {
    process: Child,
    port: u16,
    sessions: usize,
    _directory: TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Pooler {
    /// None where none is installed.
    fn start(database: u16) -> Option<Self> {
        let version = Command::new("pgbouncer").arg("--version").output().ok()?;
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        let minor: u32 = version
            .strip_prefix("PgBouncer 1.")?
            .split('.')
            .next()?
            .trim()
            .parse()
            .ok()?;
        let knows_statements = minor >= 21;
        let (mode, sessions) = if knows_statements {
            ("transaction", SESSIONS)
        } else {
            ("session", OWN_SESSIONS)
        };
        let statements = if knows_statements {
            "max_prepared_statements = 200\n"
        } else {
            ""
        };
        println!("PgBouncer 1.{minor} in its {mode} mode");
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let file = directory.path().join("pgbouncer.ini");
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={database} user=postgres\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = {mode}\ndefault_pool_size = {sessions}\n\
             max_client_conn = 100\n{statements}\
             ignore_startup_parameters = extra_float_digits,options\n"
        );
        std::fs::write(&file, settings).unwrap();
        let open: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(directory.path(), open).unwrap();
        let mut command = Command::new("pgbouncer");
        command
            .arg(file)
            .stderr(Stdio::null())
            .stdout(Stdio::null());
        // It refuses to run as root.
        if rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        Some(Self {
            process: command.spawn().unwrap(),
            port,
            sessions,
            _directory: directory,
        })
    }
}

fn pool(url: String) -> PgPool {
    postgres::connect(&postgres::PoolSettings {
        url,
        max_connections: 16,
        application_name: "tests".to_owned(),
    })
    .unwrap()
}

async fn ask(address: &str, path: &str) -> Value {
    let response = reqwest::get(format!("{address}{path}")).await.unwrap();
    let status = response.status();
    let answer: Value = response.json().await.unwrap();
    assert!(status.is_success(), "{path}: {answer}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn projector_and_api_work_behind_a_pooler() {
    let servers = Servers::start().await.unwrap();
    let (direct, url) = servers.fresh_database().await.unwrap();
    let port: u16 = url
        .rsplit_once(':')
        .unwrap()
        .1
        .split_once('/')
        .unwrap()
        .0
        .parse()
        .unwrap();
    let Some(pooler) = Pooler::start(port) else {
        println!("skipped: PgBouncer is not installed");
        return;
    };
    let pooled = pool(url.replace(&format!(":{port}/"), &format!(":{}/", pooler.port)));
    let mut looks = tokio::time::interval(Duration::from_millis(50));
    while sqlx::raw_sql("SELECT 1").execute(&pooled).await.is_err() {
        looks.tick().await;
    }
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(13, 600).unwrap()).unwrap();
    let (first, second) = events.split_at(events.len() / 2);
    publish(&log, first, 1_000).await.unwrap();
    project_until(&pooled, &log, projector_settings("projector", 50))
        .await
        .unwrap();

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let metrics = Arc::new(String::new);
    let api = Api::new(
        pooled.clone(),
        Settings::default(),
        Arc::new(SystemClock),
        metrics,
    );
    let stop = CancellationToken::new();
    let api = Arc::new(api.hearing_by(direct.clone()));
    tokio::spawn(query_api::serve(api, listener, stop.clone()));
    let all = "/api/v1/leaderboards/global?class=everyone";
    let before = ask(&address, all).await;
    let login = before["leaderboard"][0]["login"].as_str().unwrap();
    let paths = [
        all.to_owned(),
        format!("/api/v1/contributors/{login}"),
        format!("/api/v1/contributors/{login}/explain"),
        format!("/api/v1/leaderboards/global/ranks/{login}?class=everyone"),
        "/api/v1/leaderboards/global?period=2024-02-28..2024-02-29".to_owned(),
        "/api/v1/coverage".to_owned(),
        "/api/v1/jobs".to_owned(),
        "/api/v1/search?q=a".to_owned(),
    ];
    let many = paths.iter().cycle().take(200);
    join_all(many.map(|path| ask(&address, path))).await;

    publish(&log, second, 1_000).await.unwrap();
    project_until(&pooled, &log, projector_settings("projector", 50))
        .await
        .unwrap();
    let version = |answer: &Value| answer["meta"]["version"].as_i64();
    while version(&ask(&address, all).await) == version(&before) {
        looks.tick().await;
    }
    let sessions: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .fetch_one(&direct)
    .await
    .unwrap();
    // Those of the pooler, and of the direct pool the one that listens and others.
    let most = pooler.sessions + 8;
    assert!(sessions <= most as i64, "{sessions} sessions");
    stop.cancel();
}
