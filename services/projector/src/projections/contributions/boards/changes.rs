//! Whose places a batch changed, for readers who keep boards in memory.

use domain::AccountReference;
use sqlx::PgConnection;

use super::rows::Seat;

/// Batches that are remembered: some minutes of live ones.
const REMEMBERED: i64 = 1_000;

/// Lets whoever keeps a board in memory find that it is not known what changed, and
/// read it anew.
pub(in super::super) async fn forget(transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM board_changes")
        .execute(&mut *transaction)
        .await?;
    sqlx::query!("INSERT INTO board_changes (contributors) VALUES ('{}')")
        .execute(transaction)
        .await?;
    Ok(())
}

/// Remembers whose places changed.
pub(super) async fn remember(
    transaction: &mut PgConnection,
    seats: impl Iterator<Item = &Seat>,
) -> Result<(), sqlx::Error> {
    let mut contributors: Vec<&AccountReference> = seats.map(|(_, who)| who).collect();
    if contributors.is_empty() {
        return Ok(());
    }
    contributors.sort_unstable();
    contributors.dedup();
    let contributors: Vec<String> = contributors.into_iter().map(ToString::to_string).collect();
    let change = sqlx::query_scalar!(
        "INSERT INTO board_changes (contributors) VALUES ($1) RETURNING change",
        &contributors,
    )
    .fetch_one(&mut *transaction)
    .await?;
    sqlx::query!(
        "DELETE FROM board_changes WHERE change <= $1",
        change - REMEMBERED,
    )
    .execute(transaction)
    .await?;
    Ok(())
}
