//! Waiting until what is on the log is on the boards.

use std::time::Duration;

use anyhow::bail;
use event_log::{EventLog, LogStream};
use postgres::GenerationPool;
use sqlx::PgPool;

const PROJECTIONS: [(LogStream, &str); 8] = [
    (LogStream::Contributions, "contributions"),
    (LogStream::Costs, "costs"),
    (LogStream::Coverage, "coverage"),
    (LogStream::DeadLetters, "dead_letters"),
    (LogStream::Jobs, "jobs"),
    (LogStream::Schedule, "schedule"),
    (LogStream::Decisions, "decisions"),
    (LogStream::Decisions, "tracking"),
];

/// Waits until the checkpoint of every projection has reached the end of its
/// stream. Servers that are away meanwhile are waited for.
///
/// # Errors
/// When that takes longer than `patience`.
pub async fn wait_until_projected(
    pool: &PgPool,
    log: &EventLog,
    patience: Duration,
) -> anyhow::Result<()> {
    let wait = async {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        loop {
            looks.tick().await;
            if matches!(messages_behind(pool, log).await, Ok(0)) {
                return;
            }
        }
    };
    if tokio::time::timeout(patience, wait).await.is_err() {
        bail!(
            "the projector did not catch up within {} s; is one running?",
            patience.as_secs()
        );
    }
    Ok(())
}

/// How far a projection of the generation that is read is.
pub(crate) struct Progress {
    /// The projection.
    pub(crate) projection: &'static str,
    /// What it follows.
    pub(crate) stream: LogStream,
    /// The last message that is in the read models.
    pub(crate) checkpoint: u64,
    /// The last message of the stream.
    pub(crate) last: u64,
}

/// How far every projection is.
pub(crate) async fn progress(pool: &PgPool, log: &EventLog) -> anyhow::Result<Vec<Progress>> {
    let mut transaction = GenerationPool::active(pool).await?.begin().await?;
    let mut all = Vec::new();
    for (stream, projection) in PROJECTIONS {
        let sequence: Option<i64> =
            sqlx::query_scalar("SELECT sequence FROM projections WHERE projection = $1")
                .bind(projection)
                .fetch_optional(&mut *transaction)
                .await?;
        all.push(Progress {
            projection,
            stream,
            checkpoint: sequence.unwrap_or_default().cast_unsigned(),
            // After the checkpoint, which is never ahead of what its log held before.
            last: log.last_sequence(stream).await?,
        });
    }
    transaction.commit().await?;
    Ok(all)
}

/// Messages on the log that are not in the generation that is read.
pub(crate) async fn messages_behind(pool: &PgPool, log: &EventLog) -> anyhow::Result<u64> {
    let all = progress(pool, log).await?;
    let behind = all
        .iter()
        .map(|one| one.last.saturating_sub(one.checkpoint));
    Ok(behind.sum())
}
