//! How far the projections are whose tables are read.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// How far a projection is, and whether anybody is at it.
#[derive(Clone, Debug)]
pub(crate) struct ProjectionRow {
    pub(crate) projection: String,
    /// The last sequence of its stream that is in the read models.
    pub(crate) sequence: i64,
    /// Messages that were still to come at the last commit.
    pub(crate) pending: i64,
    pub(crate) messages_per_second: f64,
    /// When the last batch was committed.
    pub(crate) updated_at: DateTime<Utc>,
    /// Whether a projector holds the lease.
    pub(crate) is_running: bool,
    /// Why it projects nothing although a projector runs it.
    pub(crate) refused: Option<String>,
}

/// The projections of the generation that the connection reads, by name.
pub(crate) async fn projections(
    connection: &mut PgConnection,
) -> Result<Vec<ProjectionRow>, sqlx::Error> {
    sqlx::query_as!(
        ProjectionRow,
        r#"SELECT projection, sequence, pending, messages_per_second, updated_at,
                  lease_expires_at > clock_timestamp() AS "is_running!",
                  refused
           FROM projections ORDER BY projection"#
    )
    .fetch_all(connection)
    .await
}
