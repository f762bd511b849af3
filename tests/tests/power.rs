//! The power goes, and what was acknowledged or committed is there afterwards.
//!
//! Needs a process that may mount a file system (as root); elsewhere these
//! tests report themselves skipped.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use event_log::{EventLog, LogSettings, LogStream};
use events::Envelope;
use leaderboard::parts::{Binaries, Nats, Postgres};
use sqlx::PgPool;
use tests::{
    PowerDisk, check_read_models, events_of, generated_documents, project_until,
    projector_settings, tally_of, workspace,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The shipped configuration but for the line that makes it sync.
fn without_syncing() -> String {
    let shipped = std::fs::read_to_string(workspace().join("nats/single-node.conf")).unwrap();
    assert!(shipped.contains("sync_interval: always"));
    shipped.replace("sync_interval: always", "")
}

struct Machine {
    nats: Nats,
    postgres: Postgres,
    log: EventLog,
    pool: PgPool,
}

impl Machine {
    /// Starts the servers on what is on a disk.
    async fn start(disk: &Path, nats_configuration: Option<&str>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let binaries =
            Binaries::locate(&path.to_string_lossy(), &workspace().join(".tools")).unwrap();
        let directory = disk.join("nats");
        let nats = match nats_configuration {
            Some(configuration) => {
                Nats::start_configured(&binaries, &directory, configuration).await
            }
            None => Nats::start(&binaries, &directory).await,
        }
        .unwrap();
        let postgres = Postgres::start(&binaries, &disk.join("postgres"))
            .await
            .unwrap();
        postgres.ensure_database("power").await.unwrap();
        let pool = postgres::connect(&postgres::PoolSettings {
            url: postgres.url("power"),
            max_connections: 4,
            application_name: "tests".to_owned(),
        })
        .unwrap();
        postgres::migrate(&pool).await.unwrap();
        let log = EventLog::connect(&LogSettings {
            url: nats.url(),
            credentials: None,
            replicas: 1,
        })
        .await
        .unwrap();
        log.declare_streams().await.unwrap();
        Self {
            nats,
            postgres,
            log,
            pool,
        }
    }

    async fn checkpoint(&self) -> i64 {
        sqlx::query_scalar("SELECT sequence FROM projections WHERE projection = 'contributions'")
            .fetch_optional(&self.pool)
            .await
            .unwrap()
            .unwrap_or(0)
    }

    /// Everything on the log.
    async fn events(&self) -> Vec<Envelope> {
        let stream = LogStream::Contributions;
        let last = self.log.last_sequence(stream).await.unwrap();
        let mut found = Vec::new();
        if last == 0 {
            return found;
        }
        let mut subscription = self.log.subscribe(stream, 0).await.unwrap();
        let mut reached = 0;
        while reached < last {
            for message in subscription.next_batch(1_000).await.unwrap() {
                reached = message.sequence;
                found.push(Envelope::decode(&message.payload).unwrap());
            }
        }
        found
    }
}

/// What was known to be safe at the instant the power went.
struct Promised {
    /// Events whose publication was acknowledged.
    acknowledged: Vec<Envelope>,
    /// The checkpoint of the projector, as read from the database.
    checkpoint: i64,
}

/// Publishes and projects until `enough` events are acknowledged and some are
/// projected, and cuts the power there.
async fn run_until_power_cut(mut machine: Machine, events: &[Envelope], enough: usize) -> Promised {
    let stop = CancellationToken::new();
    let projecting = tokio::spawn(projector::run(
        machine.pool.clone(),
        machine.log.clone(),
        projector_settings("power", 500),
        stop.clone(),
    ));
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let publishing = {
        let (log, events) = (machine.log.clone(), events.to_vec());
        let acknowledged = acknowledged.clone();
        tokio::spawn(async move {
            let publisher = log.publisher();
            for batch in events.chunks(100) {
                if publisher.publish(batch.to_vec()).await.is_err() {
                    return;
                }
                acknowledged.fetch_add(batch.len(), Ordering::SeqCst);
            }
        })
    };
    let mut looks = tokio::time::interval(std::time::Duration::from_millis(5));
    while acknowledged.load(Ordering::SeqCst) < enough || machine.checkpoint().await == 0 {
        looks.tick().await;
    }
    let checkpoint = machine.checkpoint().await;
    let count = acknowledged.load(Ordering::SeqCst);
    machine.nats.kill();
    machine.postgres.kill();
    stop.cancel();
    projecting.abort();
    publishing.abort();
    Promised {
        acknowledged: events[..count].to_vec(),
        checkpoint,
    }
}

fn ids(events: &[Envelope]) -> BTreeSet<Uuid> {
    events.iter().map(|event| event.id).collect()
}

/// Disks below directories that servers of another user may enter.
fn disk() -> Option<(tempfile::TempDir, PowerDisk)> {
    let directory = tempfile::tempdir().unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(directory.path(), mode).unwrap();
    let disk = PowerDisk::make(directory.path());
    if disk.is_none() {
        println!("skipped: this process may not mount a file system");
    }
    disk.map(|disk| (directory, disk))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_or_committed_survives_a_power_cut() {
    let events = events_of(&generated_documents(11, 3_000).unwrap()).unwrap();
    for enough in [300, 900, 1_800] {
        let Some((directory, disk)) = disk() else {
            return;
        };
        let machine = Machine::start(disk.path(), None).await;
        let promised = run_until_power_cut(machine, &events, enough).await;
        let disk = disk.after_power_cut(directory.path()).unwrap();

        let machine = Machine::start(disk.path(), None).await;
        let found = machine.events().await;
        let lost = ids(&promised.acknowledged).difference(&ids(&found)).count();
        assert_eq!(lost, 0, "of {} acknowledged", promised.acknowledged.len());
        let checkpoint = machine.checkpoint().await;
        assert!(
            checkpoint >= promised.checkpoint,
            "{checkpoint} after {}",
            promised.checkpoint
        );
        project_until(
            &machine.pool,
            &machine.log,
            projector_settings("after", 500),
        )
        .await
        .unwrap();
        check_read_models(&machine.pool, &tally_of(&found))
            .await
            .unwrap();
    }
}

/// The control: with the server's default, what it acknowledged is gone. It
/// shows that the cut is one, and why the shipped configuration is as it is.
#[tokio::test(flavor = "multi_thread")]
async fn without_syncing_a_power_cut_loses_what_was_acknowledged() {
    let Some((directory, disk)) = disk() else {
        return;
    };
    let events = events_of(&generated_documents(12, 2_000).unwrap()).unwrap();
    let configuration = without_syncing();
    let machine = Machine::start(disk.path(), Some(&configuration)).await;
    let promised = run_until_power_cut(machine, &events, 1_000).await;
    let disk = disk.after_power_cut(directory.path()).unwrap();
    let machine = Machine::start(disk.path(), Some(&configuration)).await;
    let found = ids(&machine.events().await);
    let lost = ids(&promised.acknowledged).difference(&found).count();
    assert!(lost > 0, "nothing was lost: the disk was not without power");
}
