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

/// Messages on the log that are not in the generation that is read.
pub(crate) async fn messages_behind(pool: &PgPool, log: &EventLog) -> anyhow::Result<u64> {
    let mut transaction = GenerationPool::active(pool).await?.begin().await?;
    let mut behind = 0;
    for (stream, projection) in PROJECTIONS {
        let last = log.last_sequence(stream).await?;
        let sequence: Option<i64> =
            sqlx::query_scalar("SELECT sequence FROM projections WHERE projection = $1")
                .bind(projection)
                .fetch_optional(&mut *transaction)
                .await?;
        behind += last.saturating_sub(sequence.unwrap_or_default().cast_unsigned());
    }
    transaction.commit().await?;
    Ok(behind)
}
