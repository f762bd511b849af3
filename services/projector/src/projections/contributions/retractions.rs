//! Contributions recorded in error.

use sqlx::PgConnection;
use uuid::Uuid;

use super::Touched;
use super::facts::BatchFacts;
use crate::ProjectionError;

/// Records retractions; returns the contributions they are about.
pub(super) async fn record(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
) -> Result<Touched, ProjectionError> {
    if facts.retractions.is_empty() {
        return Ok(Touched::new());
    }
    let ids: Vec<Uuid> = facts.retractions.keys().copied().collect();
    let reasons: Vec<String> = facts
        .retractions
        .values()
        .map(|(reason, _)| reason.replace('\0', "\u{fffd}"))
        .collect();
    let instants: Vec<_> = facts.retractions.values().map(|(_, at)| *at).collect();
    sqlx::query!(
        "INSERT INTO retractions (contribution, reason, retracted_at)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[])
         ON CONFLICT (contribution) DO NOTHING",
        &ids,
        &reasons,
        &instants,
    )
    .execute(transaction)
    .await?;
    Ok(facts.retractions.keys().copied().collect())
}

/// Which of these contributions are retracted.
pub(super) async fn among(
    transaction: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Touched, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        "SELECT contribution FROM retractions WHERE contribution = ANY($1)",
        ids,
    )
    .fetch_all(transaction)
    .await?;
    Ok(rows.into_iter().collect())
}
