//! What happened since a place: contributions that changed, and steps of jobs.

use chrono::{DateTime, Utc};
use domain::SightingRecord;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// The changes of one batch: those up to its last, of which there are so many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchOfChanges {
    pub(crate) last_change: i64,
    pub(crate) token: Uuid,
    pub(crate) changes: i64,
}

/// A contribution that changed.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) number: i64,
    pub(crate) contribution: Uuid,
    pub(crate) repository: String,
    /// The batch that it is of.
    pub(crate) last_change: i64,
    pub(crate) token: Uuid,
}

/// The newest batch that is remembered.
pub(crate) async fn newest_changes(
    connection: &mut PgConnection,
) -> Result<Option<BatchOfChanges>, sqlx::Error> {
    sqlx::query_as!(
        BatchOfChanges,
        r#"SELECT last_change, token, cardinality(contributions)::bigint AS "changes!"
           FROM contribution_changes ORDER BY last_change DESC LIMIT 1"#,
    )
    .fetch_optional(connection)
    .await
}

/// The first batch that is remembered and ends at a change or after it.
pub(crate) async fn changes_ending_at(
    connection: &mut PgConnection,
    number: i64,
) -> Result<Option<BatchOfChanges>, sqlx::Error> {
    sqlx::query_as!(
        BatchOfChanges,
        r#"SELECT last_change, token, cardinality(contributions)::bigint AS "changes!"
           FROM contribution_changes WHERE last_change >= $1 ORDER BY last_change LIMIT 1"#,
        number,
    )
    .fetch_optional(connection)
    .await
}

/// What changed after a change, in one repository or in all, in order.
pub(crate) async fn changes_after(
    connection: &mut PgConnection,
    number: i64,
    repository: Option<&str>,
    limit: i64,
) -> Result<Vec<Change>, sqlx::Error> {
    sqlx::query_file_as!(
        Change,
        "src/queries/changes_after.sql",
        number,
        repository,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// A contribution as it counts now, with what it is called.
#[derive(Clone, Debug)]
pub(crate) struct FollowedRow {
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
    pub(crate) quantity: Option<i32>,
    pub(crate) additions: Option<i32>,
    pub(crate) deletions: Option<i32>,
    pub(crate) counted: i32,
    pub(crate) superseded: bool,
    pub(crate) sightings: sqlx::types::Json<Vec<SightingRecord>>,
}

/// Those of some contributions that there are, in no particular order.
pub(crate) async fn contributions_of(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<FollowedRow>, sqlx::Error> {
    sqlx::query_file_as!(FollowedRow, "src/queries/followed_contributions.sql", ids)
        .fetch_all(connection)
        .await
}

/// How a job stood after a step.
#[derive(Clone, Debug)]
pub(crate) struct StepRow {
    pub(crate) sequence: i64,
    pub(crate) job: Uuid,
    pub(crate) name: String,
    pub(crate) queue: String,
    pub(crate) state: String,
    pub(crate) attempt: i32,
    pub(crate) attempts: i32,
    pub(crate) done: i64,
    pub(crate) total: Option<i64>,
    pub(crate) note: String,
    pub(crate) summary: Option<String>,
    pub(crate) failure: Option<Value>,
    pub(crate) stepped_at: DateTime<Utc>,
}

/// The steps after a sequence of the log, of one job or of all, in order.
pub(crate) async fn steps_after(
    connection: &mut PgConnection,
    sequence: i64,
    job: Option<Uuid>,
    limit: i64,
) -> Result<Vec<StepRow>, sqlx::Error> {
    sqlx::query_as!(
        StepRow,
        "SELECT sequence, job, name, queue, state, attempt, attempts, done, total, note, summary,
                failure, stepped_at
         FROM job_steps
         WHERE sequence > $1 AND ($2::uuid IS NULL OR job = $2)
         ORDER BY sequence
         LIMIT $3",
        sequence,
        job,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// The last sequence of the log whose steps are known.
pub(crate) async fn last_step(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(max(sequence), 0) AS "sequence!"
           FROM projections WHERE projection = 'jobs'"#
    )
    .fetch_one(connection)
    .await
}
