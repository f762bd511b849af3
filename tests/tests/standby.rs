//! The query API with a streaming standby: it is read while it has what the primary
//! tells of, and no answer goes back, whichever of the two is behind or away.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use query_api::{Api, Settings};
use runtime::SystemClock;
use serde_json::Value;
use sqlx::PgPool;
use tests::{
    Follower, Servers, events_of, generated_documents, project_until, projector_settings, publish,
};
use tokio_util::sync::CancellationToken;

/// How long may pass until the API has found out about a standby.
const PATIENCE: Duration = Duration::from_secs(60);

/// Boards that are asked for while the primary is away.
const READS: u64 = 60;

/// Something at the place of a server that was killed, which takes connections and says
/// nothing.
struct Silence {
    asked: Arc<AtomicU64>,
    listening: tokio::task::JoinHandle<()>,
}

impl Drop for Silence {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Silence {
    async fn at(url: &str) -> Self {
        let place = url.rsplit_once('@').unwrap().1.split('/').next().unwrap();
        let listener = tokio::net::TcpListener::bind(place).await.unwrap();
        let asked = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&asked);
        let listening = tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Ok((connection, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                kept.push(connection);
            }
        });
        Self { asked, listening }
    }

    /// How many connections were made.
    fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

fn pool(url: String) -> PgPool {
    postgres::connect(&postgres::PoolSettings {
        url,
        max_connections: 8,
        application_name: "tests".to_owned(),
    })
    .unwrap()
}

/// What the API says of the standby in its metrics.
async fn metric(address: &str, name: &str) -> f64 {
    let text = reqwest::get(format!("{address}/metrics")).await.unwrap();
    let text = text.text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0.0, |value| value.trim().parse().unwrap())
}

async fn until_usable(address: &str, usable: f64) {
    let mut looks = tokio::time::interval(Duration::from_millis(50));
    let waiting = async {
        while metric(address, "standby_usable ").await != usable {
            looks.tick().await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or_else(|_| panic!("standby_usable does not become {usable}"));
}

/// Asks for a board that nobody asked for before, and returns its version.
async fn version(address: &str, number: &AtomicU64) -> i64 {
    let number = number.fetch_add(1, Ordering::Relaxed);
    // Each is a span of days of its own, so that nothing of it is in memory.
    let (year, day) = (1_990 + number / 28 / 12 % 30, 1 + number % 28);
    let month = 1 + number / 28 % 12;
    let period = format!("{year}-{month:02}-{day:02}..2026-01-01");
    let path = format!("/api/v1/leaderboards/global?class=everyone&limit=3&period={period}");
    let response = reqwest::get(format!("{address}{path}")).await.unwrap();
    let status = response.status();
    let answer: Value = response.json().await.unwrap();
    assert!(status.is_success(), "{path}: {answer}");
    answer["meta"]["version"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_go_to_the_standby_while_it_is_not_behind_and_never_back() {
    let mut servers = Servers::start().await.unwrap();
    let (primary, url) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(23, 800).unwrap()).unwrap();
    let parts: Vec<_> = events.chunks(events.len() / 4 + 1).collect();
    let add = async |part: usize| {
        publish(&log, parts[part], 1_000).await.unwrap();
        let settings = projector_settings("projector", 50);
        project_until(&primary, &log, settings).await.unwrap();
    };
    add(0).await;

    let directory = tempfile::tempdir().unwrap();
    let open: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(directory.path(), open).unwrap();
    let mut follower = Follower::of(&url, directory.path()).unwrap();
    let database = url.rsplit_once('/').unwrap().1;
    let standby = pool(follower.url(database));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let metrics = runtime::metrics::install().unwrap();
    let render = Arc::new(move || metrics.render());
    let api = Api::new(
        primary.clone(),
        Settings::default(),
        Arc::new(SystemClock),
        render,
    );
    let api = Arc::new(api.reading(standby.clone()));
    let stop = CancellationToken::new();
    tokio::spawn(query_api::serve(api, listener, stop.clone()));
    until_usable(&address, 1.0).await;

    // A reader for whom nothing may ever go back, whatever happens below.
    let number = Arc::new(AtomicU64::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let reading = tokio::spawn({
        let (address, number, done) = (address.clone(), Arc::clone(&number), Arc::clone(&done));
        async move {
            let (mut newest, mut answers) = (0, 0_u64);
            while !done.load(Ordering::Relaxed) {
                let version = version(&address, &number).await;
                assert!(version >= newest, "{version} after {newest}");
                (newest, answers) = (version, answers + 1);
            }
            answers
        }
    });
    let read = "standby_reads_total{outcome=\"read\"}";
    let before = metric(&address, read).await;
    let present = version(&address, &number).await;
    assert!(
        metric(&address, read).await > before,
        "the standby is not read"
    );

    // Followed: what is new is read from the standby.
    add(1).await;
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    while version(&address, &number).await == present {
        looks.tick().await;
    }
    until_usable(&address, 1.0).await;

    // Behind: what is new is read from the primary.
    sqlx::raw_sql("SELECT pg_wal_replay_pause()")
        .execute(&standby)
        .await
        .unwrap();
    let present = version(&address, &number).await;
    add(2).await;
    while version(&address, &number).await == present {
        looks.tick().await;
    }
    until_usable(&address, 0.0).await;
    let before = metric(&address, read).await;
    version(&address, &number).await;
    assert_eq!(
        metric(&address, read).await,
        before,
        "a standby that is behind is read"
    );
    sqlx::raw_sql("SELECT pg_wal_replay_resume()")
        .execute(&standby)
        .await
        .unwrap();
    until_usable(&address, 1.0).await;

    // Away: the primary is read, at once.
    follower.kill();
    for _ in 0..20 {
        version(&address, &number).await;
    }
    until_usable(&address, 0.0).await;
    add(3).await;
    follower.restart().unwrap();
    until_usable(&address, 1.0).await;
    let last = version(&address, &number).await;

    // The primary is away, and whoever asks it is kept waiting: what was announced is
    // read from the standby, and the primary is not asked again by whoever reads.
    servers.postgres.kill();
    let silence = Silence::at(&url).await;
    assert_eq!(version(&address, &number).await, last);
    let (asked, before) = (silence.asked(), metric(&address, read).await);
    for _ in 0..READS {
        assert_eq!(version(&address, &number).await, last);
    }
    let asked = silence.asked() - asked;
    assert!(metric(&address, read).await >= before + READS as f64);
    assert!(
        asked < READS / 2,
        "the primary is asked {asked} times by {READS} reads"
    );
    let ready = reqwest::get(format!("{address}/health/ready"))
        .await
        .unwrap();
    assert!(ready.status().is_success());
    drop(silence);
    servers.postgres.restart().await.unwrap();
    until_usable(&address, 1.0).await;

    done.store(true, Ordering::Relaxed);
    let answers = reading.await.unwrap();
    assert!(answers > 50, "only {answers} answers");
    stop.cancel();
}
