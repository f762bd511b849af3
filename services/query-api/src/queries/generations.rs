//! The generations of read models, and how far each is.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgConnection};

use super::snapshot::quoted;

/// A generation.
#[derive(Clone, Debug)]
pub(crate) struct GenerationRow {
    pub(crate) generation: i32,
    pub(crate) schema: String,
    pub(crate) state: String,
    pub(crate) projection: Option<String>,
    pub(crate) throttle: Option<i32>,
    pub(crate) version: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) parity: Option<serde_json::Value>,
}

/// How far one projection of a generation is.
#[derive(Clone, Debug)]
pub(crate) struct ProgressRow {
    pub(crate) projection: String,
    pub(crate) sequence: i64,
    pub(crate) pending: i64,
    pub(crate) messages_per_second: f64,
    pub(crate) updated_at: DateTime<Utc>,
}

/// A switch of what readers read.
#[derive(Clone, Debug)]
pub(crate) struct SwitchRow {
    pub(crate) switch: i64,
    pub(crate) switched_at: DateTime<Utc>,
    pub(crate) from_generation: i32,
    pub(crate) to_generation: i32,
    pub(crate) projection: Option<String>,
    pub(crate) actor: String,
    pub(crate) reason: String,
    pub(crate) differences: i64,
}

/// The generations whose tables are not gone, the oldest first.
pub(crate) async fn generations(
    connection: &mut PgConnection,
) -> Result<Vec<GenerationRow>, sqlx::Error> {
    sqlx::query_as!(
        GenerationRow,
        "SELECT generation, schema, state, projection, throttle, version, created_at, parity
         FROM control.generations WHERE state <> 'dropped' ORDER BY generation"
    )
    .fetch_all(connection)
    .await
}

/// How far the projections of the generation in a schema are. What follows in
/// the transaction reads that generation.
pub(crate) async fn progress_in(
    connection: &mut PgConnection,
    schema: &str,
) -> Result<Vec<ProgressRow>, sqlx::Error> {
    let path = AssertSqlSafe(format!("SET LOCAL search_path TO {}", quoted(schema)));
    sqlx::raw_sql(path).execute(&mut *connection).await?;
    sqlx::query_as!(
        ProgressRow,
        "SELECT projection, sequence, pending, messages_per_second, updated_at
         FROM projections ORDER BY projection"
    )
    .fetch_all(connection)
    .await
}

/// The last switches, newest first.
pub(crate) async fn switches(
    connection: &mut PgConnection,
    limit: i64,
) -> Result<Vec<SwitchRow>, sqlx::Error> {
    sqlx::query_as!(
        SwitchRow,
        "SELECT switch, switched_at, from_generation, to_generation, projection, actor, reason,
                differences
         FROM control.switches ORDER BY switch DESC LIMIT $1",
        limit,
    )
    .fetch_all(connection)
    .await
}

/// The instants whose knowledge can be read, the latest first, 100 at most.
pub(crate) async fn past_instants(
    connection: &mut PgConnection,
) -> Result<Vec<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT as_of AS "as_of!" FROM control.generations
           WHERE state = 'past' AND as_of IS NOT NULL ORDER BY as_of DESC LIMIT 100"#
    )
    .fetch_all(connection)
    .await
}
