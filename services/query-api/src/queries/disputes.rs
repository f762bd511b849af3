//! What people missed, and what came of it.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::cursor::InstantCursor;

/// A dispute.
#[derive(Clone, Debug)]
pub(crate) struct DisputeRow {
    pub(crate) dispute: Uuid,
    pub(crate) url: String,
    pub(crate) actor: String,
    pub(crate) reason: String,
    pub(crate) raised_at: DateTime<Utc>,
    pub(crate) outcome: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) contributions: Vec<Uuid>,
    pub(crate) answered_at: Option<DateTime<Utc>>,
}

/// How a contribution stands now.
#[derive(Clone, Debug)]
pub(crate) struct StandingRow {
    pub(crate) id: Uuid,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) kind: String,
    pub(crate) semantic_key: String,
    pub(crate) repository: String,
    pub(crate) repository_name: Option<String>,
    pub(crate) contributor: Option<String>,
    pub(crate) login: Option<String>,
    pub(crate) class: Option<String>,
    pub(crate) basis: String,
    pub(crate) counted: i32,
    pub(crate) superseded: bool,
    /// What was decided last about whether it counts: that, by whom, why, when.
    pub(crate) retracted: Option<bool>,
    pub(crate) actor: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) decided_at: Option<DateTime<Utc>>,
    pub(crate) sightings: sqlx::types::Json<Vec<domain::SightingRecord>>,
}

/// The disputes after a place, newest first.
pub(crate) async fn list_after(
    connection: &mut PgConnection,
    after: Option<&InstantCursor>,
    limit: i64,
) -> Result<Vec<DisputeRow>, sqlx::Error> {
    sqlx::query_as!(
        DisputeRow,
        r#"
        SELECT dispute, url, actor, reason, raised_at, outcome, detail, contributions, answered_at
        FROM disputes
        WHERE $1::timestamptz IS NULL OR raised_at < $1 OR raised_at = $1 AND dispute > $2
        ORDER BY raised_at DESC, dispute
        LIMIT $3
        "#,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(connection)
    .await
}

/// One dispute.
pub(crate) async fn find(
    connection: &mut PgConnection,
    dispute: Uuid,
) -> Result<Option<DisputeRow>, sqlx::Error> {
    sqlx::query_as!(
        DisputeRow,
        "SELECT dispute, url, actor, reason, raised_at, outcome, detail, contributions, answered_at
         FROM disputes WHERE dispute = $1",
        dispute,
    )
    .fetch_optional(connection)
    .await
}

/// How some contributions stand now.
pub(crate) async fn standing(
    connection: &mut PgConnection,
    contributions: &[Uuid],
) -> Result<Vec<StandingRow>, sqlx::Error> {
    sqlx::query_file_as!(
        StandingRow,
        "src/queries/standing_contributions.sql",
        contributions
    )
    .fetch_all(connection)
    .await
}
