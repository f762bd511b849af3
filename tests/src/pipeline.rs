//! Driving the log and the projector.

use std::time::Duration;

use anyhow::Context;
use event_log::EventLog;
use events::Envelope;
use projector::{ProjectorSettings, run};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// Publishes events in batches of a given size.
///
/// # Errors
/// When the log does not acknowledge them.
pub async fn publish(log: &EventLog, envelopes: &[Envelope], batch: usize) -> anyhow::Result<()> {
    let publisher = log.publisher();
    for batch in envelopes.chunks(batch) {
        publisher.publish(batch.to_vec()).await?;
    }
    Ok(())
}

/// How long a projector may take to catch up before a test gives up.
const PATIENCE: Duration = Duration::from_secs(240);

/// Runs a projector until everything on the log is projected.
///
/// # Errors
/// When it does not catch up.
pub async fn project_until(
    pool: &PgPool,
    log: &EventLog,
    settings: ProjectorSettings,
) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(pool.clone(), log.clone(), settings, stop.clone()));
    let caught_up = wait_until_projected(pool, log).await;
    stop.cancel();
    running.await.context("the projector panicked")??;
    caught_up
}

/// Waits until everything on the log is projected.
///
/// # Errors
/// When that takes too long.
pub async fn wait_until_projected(pool: &PgPool, log: &EventLog) -> anyhow::Result<()> {
    leaderboard::wait_until_projected(pool, log, PATIENCE).await
}
