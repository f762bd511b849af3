//! What single sources saw of a repository, for comparison.

use chrono::{DateTime, Utc};
use domain::{ContributionKind, SightingRecord, contribution_id};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::stored;

/// A contribution with everything that was seen of it.
#[derive(Clone, Debug)]
pub(crate) struct Sighted {
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) kind: ContributionKind,
    pub(crate) key: String,
    pub(crate) sightings: Vec<SightingRecord>,
}

/// What was seen of a repository in a span.
pub(crate) async fn sighted_in(
    connection: &mut PgConnection,
    repository: &str,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<Sighted>, sqlx::Error> {
    let rows = sqlx::query_file!(
        "src/queries/compared_contributions.sql",
        repository,
        from,
        until
    );
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Sighted {
                occurred_at: row.occurred_at,
                kind: stored(row.kind.parse().ok(), "kind", &row.kind)?,
                key: row.semantic_key,
                sightings: row.sightings.0,
            })
        })
        .collect()
}

/// What was seen of contributions by their keys, for those that there are.
pub(crate) async fn sighted_as(
    connection: &mut PgConnection,
    keys: &[String],
) -> Result<Vec<(String, Vec<SightingRecord>)>, sqlx::Error> {
    let ids: Vec<Uuid> = keys.iter().map(|key| contribution_id(key)).collect();
    let rows = sqlx::query!(
        r#"
        SELECT seen.semantic_key, seen.sightings AS "sightings!: Json<Vec<SightingRecord>>"
        FROM unnest($1::uuid[]) AS wanted (id)
        CROSS JOIN LATERAL (
            SELECT * FROM contribution_identities AS known
            WHERE known.id = wanted.id OFFSET 0) AS known
        CROSS JOIN LATERAL (
            SELECT * FROM contribution_events AS event
            WHERE event.id = known.id AND event.occurred_at = known.occurred_at OFFSET 0) AS seen
        "#,
        &ids,
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.semantic_key, row.sightings.0))
        .collect())
}

/// The pushes that ended at some commits, of those of which only that is known.
pub(crate) async fn pushes_ending_at(
    connection: &mut PgConnection,
    repository: &str,
    commits: &[String],
) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT sha, push FROM push_heads WHERE repository = $1 AND sha = ANY ($2)",
        repository,
        commits,
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.sha, row.push)).collect())
}
