//! How jobs stood after each step, for readers who follow along.

use domain::jobs::{JobEntry, STEPS_REMEMBERED};
use sqlx::PgConnection;

/// Remembers how a job stands now that an entry of its queue was applied.
pub(super) async fn remember(
    transaction: &mut PgConnection,
    sequence: u64,
    entry: &JobEntry,
) -> Result<(), sqlx::Error> {
    let Some((job, at)) = entry.step() else {
        return Ok(());
    };
    sqlx::query!(
        "INSERT INTO job_steps (sequence, job, name, queue, state, attempt, attempts, done, total,
                                note, summary, failure, stepped_at)
         SELECT $1, job, name, queue, state, attempt, attempts, done, total, note, summary,
                failure, $3
         FROM jobs WHERE job = $2
         ON CONFLICT (sequence) DO NOTHING",
        sequence.cast_signed(),
        job,
        at,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Forgets what is too long ago.
pub(super) async fn forget(transaction: &mut PgConnection, last: u64) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM job_steps WHERE sequence <= $1",
        last.cast_signed() - STEPS_REMEMBERED,
    )
    .execute(transaction)
    .await?;
    Ok(())
}
