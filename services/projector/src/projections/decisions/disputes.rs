//! Disputes, and what came of them.

use events::{DisputeAnswered, DisputeRaised};
use sqlx::PgConnection;

use crate::projections::json;

pub(super) async fn raised(
    transaction: &mut PgConnection,
    raised: &DisputeRaised,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO disputes (dispute, url, actor, reason, raised_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (dispute) DO UPDATE
         SET actor = excluded.actor, reason = excluded.reason, raised_at = excluded.raised_at",
        raised.dispute,
        raised.url,
        raised.actor,
        raised.reason,
        raised.raised_at,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

pub(super) async fn answered(
    transaction: &mut PgConnection,
    answered: &DisputeAnswered,
) -> Result<(), sqlx::Error> {
    let outcome = json(&answered.outcome)?;
    sqlx::query!(
        "UPDATE disputes
         SET outcome = $2, detail = $3, contributions = $4, answered_at = $5
         WHERE dispute = $1",
        answered.dispute,
        outcome.as_str(),
        answered.detail,
        &answered.contributions,
        answered.answered_at,
    )
    .execute(transaction)
    .await?;
    Ok(())
}
