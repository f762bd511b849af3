//! What was taken back, and given back.

use chrono::{DateTime, Utc};
use domain::{AccountReference, Period};
use sqlx::PgConnection;
use uuid::Uuid;

use super::contributions::instants;

/// A decision about whether a contribution counts.
#[derive(Clone, Debug)]
pub(crate) struct RetractionRow {
    pub(crate) retracted: bool,
    pub(crate) actor: String,
    pub(crate) reason: String,
    pub(crate) decided_at: DateTime<Utc>,
}

/// A contribution that does not count because it was taken back.
#[derive(Clone, Debug)]
pub(crate) struct RetractedRow {
    pub(crate) id: Uuid,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) kind: String,
    pub(crate) semantic_key: String,
    pub(crate) repository: String,
    pub(crate) repository_name: Option<String>,
    pub(crate) actor: String,
    pub(crate) reason: String,
    pub(crate) decided_at: DateTime<Utc>,
    pub(crate) sightings: sqlx::types::Json<Vec<domain::SightingRecord>>,
}

/// Everything that was decided about a contribution, the latest first.
pub(crate) async fn decided_about(
    connection: &mut PgConnection,
    contribution: Uuid,
) -> Result<Vec<RetractionRow>, sqlx::Error> {
    sqlx::query_as!(
        RetractionRow,
        "SELECT retracted, actor, reason, decided_at FROM retraction_decisions
         WHERE contribution = $1 ORDER BY decided_at DESC, retracted DESC LIMIT 100",
        contribution,
    )
    .fetch_all(connection)
    .await
}

/// What of a contributor's work was taken back, in a period and in the given
/// repositories (`None`: all), of one kind or of all: the newest.
pub(crate) async fn retracted_of(
    connection: &mut PgConnection,
    contributor: &AccountReference,
    repositories: Option<&[String]>,
    period: Period,
    kind: Option<&str>,
    limit: i64,
) -> Result<Vec<RetractedRow>, sqlx::Error> {
    let (first, end) = instants(period);
    sqlx::query_file_as!(
        RetractedRow,
        "src/queries/retracted_contributions.sql",
        contributor.as_str(),
        repositories,
        first,
        end,
        kind,
        limit,
    )
    .fetch_all(connection)
    .await
}
