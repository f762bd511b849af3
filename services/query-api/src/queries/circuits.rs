//! Whom workers leave alone after failures.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// How the circuit of a worker stands.
#[derive(Clone, Debug)]
pub(crate) struct CircuitRow {
    pub(crate) dependency: String,
    pub(crate) worker: String,
    pub(crate) failures: i64,
    pub(crate) open_until: Option<DateTime<Utc>>,
    pub(crate) changed_at: DateTime<Utc>,
}

/// The circuits that changed within a day or so: by dependency, the latest first.
pub(crate) async fn circuits(
    connection: &mut PgConnection,
) -> Result<Vec<CircuitRow>, sqlx::Error> {
    sqlx::query_as!(
        CircuitRow,
        "SELECT dependency, worker, failures, open_until, changed_at FROM circuits
         ORDER BY dependency, changed_at DESC, worker"
    )
    .fetch_all(connection)
    .await
}
