//! The ledgers of money.

use sqlx::PgConnection;

/// The entries of a month's ledger, such as 2026-11, in their order.
pub(crate) async fn entries(
    connection: &mut PgConnection,
    month: &str,
) -> Result<Vec<serde_json::Value>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT entry FROM ledger_entries WHERE month = $1 ORDER BY sequence",
        month,
    )
    .fetch_all(connection)
    .await
}
