//! Rehearsing a restore: on private servers, to the end.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use event_log::{EventLog, LogSettings, LogStream};
use projector::ProjectorSettings;
use tokio_util::sync::CancellationToken;

use super::database::Programs;
use super::files::StoredBackup;
use super::restore::{Target, restore};
use crate::catch_up::{messages_behind, wait_until_projected};
use crate::parts::{Binaries, Nats, Postgres};

/// The database that is restored to.
const DATABASE: &str = "rehearsal";

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rehearsal {
    /// Messages on the log that the database did not hold yet.
    pub(crate) caught_up: u64,
    /// All messages on the log.
    pub(crate) messages: u64,
    pub(crate) took: Duration,
}

/// Restores a backup to servers below a directory, lets a projector catch up, and
/// compares every number on the global board with the counts it is made of.
pub(crate) async fn rehearse(
    backup: &StoredBackup,
    programs: &Programs,
    binaries: &Binaries,
    scratch: &Path,
    patience: Duration,
) -> anyhow::Result<Rehearsal> {
    let started = Instant::now();
    let mut nats = Nats::start(binaries, &scratch.join("nats")).await?;
    let mut postgres = Postgres::start(binaries, &scratch.join("postgres")).await?;
    postgres.ensure_database(DATABASE).await?;
    let settings = LogSettings {
        url: nats.url(),
        credentials: None,
        replicas: 1,
    };
    let log = EventLog::connect(&settings).await?;
    let url = postgres.url(DATABASE);
    let target = Target {
        log: Some(&log),
        database: Some(&url),
        with_privileges: false,
    };
    restore(backup, programs, target).await?;
    let caught_up = catch_up(&url, &log, patience).await?;
    let mut messages = 0;
    for stream in LogStream::ALL {
        messages += log.messages_of(stream).await?.unwrap_or_default();
    }
    drop(log);
    postgres.stop().await;
    nats.stop().await;
    Ok(Rehearsal {
        caught_up,
        messages,
        took: started.elapsed(),
    })
}

/// Projects what the database lacks; returns how many messages that was.
async fn catch_up(url: &str, log: &EventLog, patience: Duration) -> anyhow::Result<u64> {
    let pool = crate::services::open_pool(url).await?;
    let behind = messages_behind(&pool, log).await?;
    let settings = ProjectorSettings {
        owner: "rehearsal".to_owned(),
        lease: Duration::from_secs(10),
        largest_batch: 10_000,
    };
    let stop = CancellationToken::new();
    let running = projector::run(pool.clone(), log.clone(), settings, stop.clone());
    let mut running = tokio::spawn(running);
    tokio::select! {
        caught_up = wait_until_projected(&pool, log, patience) => caught_up?,
        ended = &mut running => {
            ended.context("the projector broke down")??;
            bail!("the projector ended before it had caught up");
        }
    }
    stop.cancel();
    running.await.context("the projector broke down")??;
    let differences = projector::board_differences(&pool).await?;
    ensure!(
        differences.is_empty(),
        "numbers on the restored board are not the sums of their counts: {}",
        differences.join(", ")
    );
    pool.close().await;
    Ok(behind)
}
