//! Whom workers leave alone after failures.

use chrono::{DateTime, TimeDelta, Utc};
use events::CircuitChanged;
use sqlx::PgConnection;

/// How long a circuit is shown that nothing is heard of any more: its worker is gone,
/// or is well.
const SHOWN: TimeDelta = TimeDelta::days(1);

/// Takes note of how a worker's circuit stands. What was said before of a later instant
/// stays.
pub(super) async fn change(
    transaction: &mut PgConnection,
    changed: &CircuitChanged,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO circuits AS known (dependency, worker, failures, open_until, changed_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (dependency, worker) DO UPDATE
         SET failures = excluded.failures, open_until = excluded.open_until,
             changed_at = excluded.changed_at
         WHERE excluded.changed_at >= known.changed_at",
        changed.dependency,
        changed.worker,
        i64::from(changed.failures),
        changed.open_until,
        changed.changed_at,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Forgets what nothing was heard of for so long at an instant that is told of on the
/// log.
pub(super) async fn forget(
    transaction: &mut PgConnection,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM circuits WHERE changed_at < $1",
        at.checked_sub_signed(SHOWN).unwrap_or(at),
    )
    .execute(transaction)
    .await?;
    Ok(())
}
