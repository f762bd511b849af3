//! Queues that stand still, and who let them.

use domain::jobs::{JobEntry, Queue, QueuePaused, QueueResumed};
use sqlx::PgConnection;

/// Notes who let a queue stand still, or go on.
pub(super) async fn note_action(
    transaction: &mut PgConnection,
    sequence: u64,
    entry: &JobEntry,
) -> Result<(), sqlx::Error> {
    let (action, queue, actor, reason, at) = match entry {
        JobEntry::Paused(paused) => {
            let QueuePaused {
                queue,
                actor,
                reason,
                paused_at,
            } = paused;
            ("paused", queue, actor, reason, paused_at)
        }
        JobEntry::Resumed(resumed) => {
            let QueueResumed {
                queue,
                actor,
                reason,
                resumed_at,
            } = resumed;
            ("resumed", queue, actor, reason, resumed_at)
        }
        _ => return Ok(()),
    };
    sqlx::query!(
        "INSERT INTO queue_actions (sequence, queue, action, actor, reason, acted_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (sequence) DO NOTHING",
        sequence.cast_signed(),
        queue.as_str(),
        action,
        actor,
        reason,
        at,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Lets a queue stand still, unless it does already.
pub(super) async fn pause(
    transaction: &mut PgConnection,
    paused: &QueuePaused,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO paused_queues (queue, actor, reason, paused_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (queue) DO NOTHING",
        paused.queue.as_str(),
        paused.actor,
        paused.reason,
        paused.paused_at,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Lets a queue go on.
pub(super) async fn resume(
    transaction: &mut PgConnection,
    queue: Queue,
) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM paused_queues WHERE queue = $1", queue.as_str())
        .execute(transaction)
        .await?;
    Ok(())
}
