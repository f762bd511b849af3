//! Backups as docs/operations.md has them made, restored: the read models are
//! those of a system that nothing happened to.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use event_log::{EventLog, LogSettings};
use leaderboard::parts::{Binaries, Nats};
use query_api::{Api, Settings};
use runtime::SystemClock;
use serde_json::Value;
use sqlx::PgPool;
use tests::{
    Servers, events_of, generated_documents, project_until, projector_settings, publish,
    read_model_dump, wait_until_projected, workspace,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

fn binaries() -> Binaries {
    let path = std::env::var_os("PATH").unwrap_or_default();
    Binaries::locate(&path.to_string_lossy(), &workspace().join(".tools")).unwrap()
}

/// A client program of the server's own version: beside it, or on PATH.
fn client(name: &str) -> PathBuf {
    let beside = binaries().postgres.join(name);
    if beside.exists() { beside } else { name.into() }
}

fn run(program: PathBuf, arguments: &[&str]) {
    let output = Command::new(&program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", program.display());
}

fn open_directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let open: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(directory.path(), open).unwrap();
    directory
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_restored_from_a_dump_catches_up_with_the_log() {
    let servers = Servers::start().await.unwrap();
    let (pool, url) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(14, 600).unwrap()).unwrap();
    let (before, after) = events.split_at(events.len() / 2);
    let settings = || projector_settings("projector", 100);
    publish(&log, before, 1_000).await.unwrap();
    project_until(&pool, &log, settings()).await.unwrap();

    let directory = tempfile::tempdir().unwrap();
    let dump = directory.path().join("leaderboard.dump");
    let dump = dump.to_str().unwrap();
    run(client("pg_dump"), &["-Fc", "-f", dump, &url]);
    publish(&log, after, 1_000).await.unwrap();
    project_until(&pool, &log, settings()).await.unwrap();
    let undisturbed = read_model_dump(&pool).await.unwrap();

    servers.postgres.ensure_database("restored").await.unwrap();
    let restored = servers.postgres.url("restored");
    let arguments = ["--exit-on-error", "--no-owner", "-d", &restored, dump];
    run(client("pg_restore"), &arguments);
    let pool = postgres::connect(&postgres::PoolSettings {
        url: restored,
        max_connections: 8,
        application_name: "tests".to_owned(),
    })
    .unwrap();
    postgres::migrate(&pool).await.unwrap();
    assert_ne!(read_model_dump(&pool).await.unwrap(), undisturbed);
    project_until(&pool, &log, settings()).await.unwrap();
    assert_eq!(read_model_dump(&pool).await.unwrap(), undisturbed);
}

async fn log_of(nats: &Nats) -> EventLog {
    let settings = LogSettings {
        url: nats.url(),
        credentials: None,
        replicas: 1,
    };
    let log = EventLog::connect(&settings).await.unwrap();
    log.declare_streams().await.unwrap();
    log
}

/// A server on the files of another.
async fn server_on(directory: &Path) -> Nats {
    Nats::start(&binaries(), directory).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_restored_from_its_files_gives_the_same_read_models() {
    let servers = Servers::start().await.unwrap();
    let directory = open_directory();
    let (original, copy) = (directory.path().join("log"), directory.path().join("copy"));
    let mut nats = server_on(&original).await;
    let log = log_of(&nats).await;
    let events = events_of(&generated_documents(15, 400).unwrap()).unwrap();
    publish(&log, &events, 1_000).await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let settings = || projector_settings("projector", 100);
    project_until(&pool, &log, settings()).await.unwrap();
    let undisturbed = read_model_dump(&pool).await.unwrap();

    nats.stop().await;
    let paths = [&original, &copy].map(|path| path.to_str().unwrap());
    run(PathBuf::from("cp"), &["-a", paths[0], paths[1]]);
    drop(nats);
    std::fs::remove_dir_all(&original).unwrap();

    let mut nats = server_on(&copy).await;
    let log = log_of(&nats).await;
    let (pool, _) = servers.fresh_database().await.unwrap();
    project_until(&pool, &log, settings()).await.unwrap();
    assert_eq!(read_model_dump(&pool).await.unwrap(), undisturbed);
    nats.stop().await;
}

/// What readiness says of the projections.
async fn projections(address: &str) -> Value {
    let response = reqwest::get(format!("{address}/health/ready"))
        .await
        .unwrap();
    assert!(response.status().is_success(), "readers are answered");
    let health: Value = response.json().await.unwrap();
    let mut all = health["dependencies"].as_array().unwrap().iter();
    let found = all.find(|dependency| dependency["name"] == "projections");
    found.unwrap().clone()
}

async fn until_refused(pool: &PgPool) -> String {
    let mut looks = tokio::time::interval(Duration::from_millis(50));
    let refusing = async {
        loop {
            looks.tick().await;
            let refused = sqlx::query_scalar(
                "SELECT refused FROM projections WHERE projection = 'contributions'",
            );
            let refused: Option<String> = refused.fetch_one(pool).await.unwrap();
            if let Some(why) = refused {
                return why;
            }
        }
    };
    let refused = tokio::time::timeout(Duration::from_secs(60), refusing).await;
    refused.unwrap()
}

/// A log that was restored from a backup older than the database holds fewer messages
/// than were projected: nothing of it is, until the right log is back.
#[tokio::test(flavor = "multi_thread")]
async fn a_projector_refuses_a_log_that_is_older_than_its_database() {
    let servers = Servers::start().await.unwrap();
    let directory = open_directory();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let events = events_of(&generated_documents(15, 400).unwrap()).unwrap();
    let (before, after) = events.split_at(events.len() / 2);
    let settings = || projector_settings("projector", 100);
    let log = servers.log().await.unwrap();
    publish(&log, before, 1_000).await.unwrap();
    publish(&log, after, 1_000).await.unwrap();
    project_until(&pool, &log, settings()).await.unwrap();
    let projected = read_model_dump(&pool).await.unwrap();

    let mut older = server_on(&directory.path().join("older")).await;
    let restored = log_of(&older).await;
    publish(&restored, before, 1_000).await.unwrap();
    let stop = CancellationToken::new();
    let running = projector::run(pool.clone(), restored.clone(), settings(), stop.clone());
    let running = tokio::spawn(running);
    let why = until_refused(&pool).await;
    for told in [
        "projection contributions of generation 1".to_owned(),
        format!("at message {} of the stream CONTRIBUTIONS", events.len()),
        format!("ends at {}", before.len()),
        "docs/operations.md".to_owned(),
    ] {
        assert!(why.contains(&told), "{told:?} is not in {why}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let render = Arc::new(String::new);
    let api = Api::new(
        pool.clone(),
        Settings::default(),
        Arc::new(SystemClock),
        render,
    );
    let service = query_api::router(Arc::new(api));
    tokio::spawn(async move { axum::serve(listener, service).await });
    let told = projections(&address).await;
    assert_eq!(told["available"], false, "{told}");
    assert_eq!(told["detail"], why);
    // What is published now has sequences that were projected once.
    publish(&restored, &after[..10], 10).await.unwrap();
    until_refused(&pool).await;
    stop.cancel();
    running.await.unwrap().unwrap();
    assert_eq!(read_model_dump(&pool).await.unwrap(), projected);
    older.stop().await;

    let stop = CancellationToken::new();
    let running = projector::run(pool.clone(), log.clone(), settings(), stop.clone());
    let running = tokio::spawn(running);
    let mut looks = tokio::time::interval(Duration::from_millis(50));
    let going_on = async {
        while projections(&address).await["available"] == false {
            looks.tick().await;
        }
    };
    let goes_on = tokio::time::timeout(Duration::from_secs(60), going_on).await;
    assert!(goes_on.is_ok(), "{}", projections(&address).await);
    let more = events_of(&generated_documents(16, 10).unwrap()).unwrap();
    publish(&log, &more, 10).await.unwrap();
    wait_until_projected(&pool, &log).await.unwrap();
    assert_ne!(read_model_dump(&pool).await.unwrap(), projected);
    stop.cancel();
    running.await.unwrap().unwrap();
}
