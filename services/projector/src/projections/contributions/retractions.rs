//! Contributions recorded in error, and those that were not after all.
//!
//! A decision names a contribution by a key, and that leads to another one when
//! the names in it come to stand for something else. So each is kept with the
//! contribution it leads to now, and follows the links.

use domain::{Retraction, canonical_form, contribution_id};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Touched;
use super::facts::BatchFacts;
use super::knowledge::Known;
use crate::ProjectionError;

/// Records decisions; returns the contributions they are about.
pub(super) async fn record(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
) -> Result<Touched, ProjectionError> {
    if facts.retractions.is_empty() {
        return Ok(Touched::new());
    }
    let text = |of: fn(&Retraction) -> &String| -> Vec<String> {
        let texts = facts.retractions.iter().map(of);
        texts.map(|text| text.replace('\0', "\u{fffd}")).collect()
    };
    let keys = text(|decision| &decision.key);
    let contributions = led_to(transaction, &keys).await?;
    let (repositories, accounts) = by_name(&keys);
    let ids: Vec<Uuid> = facts.retractions.iter().map(Retraction::id).collect();
    let decisions = facts.retractions.iter();
    let (instants, retracted): (Vec<_>, Vec<bool>) = decisions
        .map(|decision| (decision.decided_at, decision.retracted))
        .unzip();
    sqlx::query!(
        "INSERT INTO retraction_decisions (decision, contribution, semantic_key, repository,
                                           account, retracted, actor, reason, decided_at)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[],
                              $6::boolean[], $7::text[], $8::text[], $9::timestamptz[])
         ON CONFLICT (decision) DO NOTHING",
        &ids,
        &contributions,
        &keys,
        &repositories as &[Option<String>],
        &accounts as &[Option<String>],
        &retracted,
        &text(|decision| &decision.actor),
        &text(|decision| &decision.reason),
        &instants,
    )
    .execute(transaction)
    .await?;
    Ok(contributions.into_iter().collect())
}

/// The references by name in each of the keys: repositories, and accounts.
fn by_name(keys: &[String]) -> (Vec<Option<String>>, Vec<Option<String>>) {
    let named = keys.iter().map(|key| domain::references_in_key(key));
    named
        .map(|named| {
            let Some(named) = named else {
                return (None, None);
            };
            let repository = Some(named.repository).filter(|repository| repository.is_by_name());
            let account = named.account.filter(|account| account.is_by_name());
            (
                repository.map(|repository| repository.to_string()),
                account.map(|account| account.to_string()),
            )
        })
        .unzip()
}

/// The contributions that the keys lead to under the present links.
async fn led_to(
    transaction: &mut PgConnection,
    keys: &[String],
) -> Result<Vec<Uuid>, ProjectionError> {
    let mut known = Known::default();
    known.learn_keys(transaction, keys).await?;
    let canonical = keys.iter().map(|key| canonical_form(key, &known));
    Ok(canonical.map(|key| contribution_id(&key)).collect())
}

/// Follows links that changed: these references stand for something else now.
/// Returns the contributions that were decided about before, and those that
/// are now.
pub(super) async fn relinked(
    transaction: &mut PgConnection,
    references: &[String],
) -> Result<Touched, ProjectionError> {
    if references.is_empty() {
        return Ok(Touched::new());
    }
    let rows = sqlx::query!(
        "SELECT decision, semantic_key, contribution FROM retraction_decisions
         WHERE repository = ANY($1) OR account = ANY($1)",
        references,
    )
    .fetch_all(&mut *transaction)
    .await?;
    if rows.is_empty() {
        return Ok(Touched::new());
    }
    let mut touched: Touched = rows.iter().map(|row| row.contribution).collect();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.decision).collect();
    let keys: Vec<String> = rows.into_iter().map(|row| row.semantic_key).collect();
    let contributions = led_to(transaction, &keys).await?;
    sqlx::query!(
        "UPDATE retraction_decisions AS stored SET contribution = now.contribution
         FROM unnest($1::uuid[], $2::uuid[]) AS now (decision, contribution)
         WHERE stored.decision = now.decision",
        &ids,
        &contributions,
    )
    .execute(transaction)
    .await?;
    touched.extend(contributions);
    Ok(touched)
}

/// Which of these contributions are retracted, by the last decision about each.
pub(super) async fn among(
    transaction: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Touched, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        "SELECT contribution FROM (
             SELECT DISTINCT ON (contribution) contribution, retracted
             FROM retraction_decisions WHERE contribution = ANY($1)
             ORDER BY contribution, decided_at DESC, retracted DESC) AS last
         WHERE retracted",
        ids,
    )
    .fetch_all(transaction)
    .await?;
    Ok(rows.into_iter().collect())
}
