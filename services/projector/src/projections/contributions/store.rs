//! Reading and writing contributions with all their sightings.

use chrono::{DateTime, Utc};
use domain::{
    AccountReference, CreditBasis, Lines, RepositoryReference, Resolution, Sighting, SightingRecord,
};
use postgres::{Jsonb, NewRows};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::changes::{Changes, Contribution};
use super::{followed, references, stored_kind};
use crate::ProjectionError;

/// A contribution as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    /// In the order in which they sort.
    pub(super) sightings: Vec<Sighting>,
    pub(super) resolution: Resolution,
}

const EVENT_COLUMNS: &[&str] = &[
    "id",
    "occurred_at",
    "kind",
    "semantic_key",
    "repository",
    "contributor",
    "basis",
    "quantity",
    "additions",
    "deletions",
    "counted",
    "superseded",
    "sightings",
];

struct Row {
    id: Uuid,
    occurred_at: DateTime<Utc>,
    kind: String,
    semantic_key: String,
    repository: String,
    contributor: Option<String>,
    basis: String,
    quantity: Option<i32>,
    additions: Option<i32>,
    deletions: Option<i32>,
    superseded: bool,
    sightings: Json<Vec<SightingRecord>>,
}

impl Row {
    fn stored(self) -> Result<Stored, ProjectionError> {
        let number = |value: i32| u32::try_from(value).unwrap_or_default();
        let resolution = Resolution {
            kind: stored_kind(&self.kind)?,
            repository: RepositoryReference::from_stored(self.repository),
            contributor: self.contributor.map(AccountReference::from_stored),
            basis: CreditBasis::from_stored(&self.basis).ok_or(ProjectionError::Corrupt {
                what: "credit basis",
                detail: self.basis,
            })?,
            occurred_at: self.occurred_at,
            quantity: self.quantity.map(number),
            lines: self
                .additions
                .zip(self.deletions)
                .map(|(additions, deletions)| Lines {
                    additions: number(additions),
                    deletions: number(deletions),
                }),
            superseded: self.superseded,
        };
        let records = self.sightings.0.into_iter();
        let sightings = records
            .map(|record| record.sighting(&self.semantic_key, &resolution))
            .collect();
        Ok(Stored {
            sightings,
            resolution,
        })
    }
}

/// Reads those of the contributions that exist.
pub(super) async fn read(
    transaction: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Stored)>, ProjectionError> {
    let existing = sqlx::query!(
        r#"SELECT known.id, known.occurred_at
           FROM unnest($1::uuid[]) AS wanted (id)
           CROSS JOIN LATERAL (
               SELECT * FROM contribution_identities AS stored
               WHERE stored.id = wanted.id OFFSET 0) AS known"#,
        ids,
    )
    .fetch_all(&mut *transaction)
    .await?;
    if existing.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = existing.iter().map(|row| row.id).collect();
    let instants: Vec<_> = existing.iter().map(|row| row.occurred_at).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT known.id, known.occurred_at, known.kind::text AS "kind!", known.semantic_key,
                  known.repository, known.contributor, known.basis, known.quantity,
                  known.additions, known.deletions, known.superseded,
                  known.sightings AS "sightings!: Json<Vec<SightingRecord>>"
           FROM unnest($1::uuid[], $2::timestamptz[]) AS wanted (id, occurred_at)
           CROSS JOIN LATERAL (
               SELECT * FROM contribution_events AS stored
               WHERE stored.id = wanted.id AND stored.occurred_at = wanted.occurred_at
               OFFSET 0) AS known"#,
        &ids,
        &instants,
    )
    .fetch_all(transaction)
    .await?;
    rows.into_iter()
        .map(|row| Ok((row.id, row.stored()?)))
        .collect()
}

/// Writes what changed.
pub(super) async fn write(
    transaction: &mut PgConnection,
    changes: &Changes,
) -> Result<(), ProjectionError> {
    delete_old(transaction, changes).await?;
    insert(transaction, changes).await?;
    references::record(transaction, changes).await?;
    followed::remember(transaction, changes).await?;
    record_pull_requests(transaction, changes).await
}

/// Takes away the rows that are to be written anew, and those of contributions
/// that are known under another key now.
async fn delete_old(transaction: &mut PgConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    let (ids, instants): (Vec<Uuid>, Vec<DateTime<Utc>>) = changes
        .iter()
        .filter_map(|(id, contribution)| {
            Some((id, contribution.stored.as_ref()?.resolution.occurred_at))
        })
        .unzip();
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "DELETE FROM contribution_events AS stored
         USING unnest($1::uuid[], $2::timestamptz[]) AS old (id, occurred_at)
         WHERE stored.id = old.id AND stored.occurred_at = old.occurred_at",
        &ids,
        &instants,
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!(
        "DELETE FROM contribution_identities WHERE id = ANY($1)",
        &ids
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Writes the rows; none of them is there.
async fn insert(transaction: &mut PgConnection, changes: &Changes) -> Result<(), ProjectionError> {
    let resolved = || {
        changes.iter().filter_map(|(id, contribution)| {
            Some((id, contribution, contribution.resolution.as_ref()?))
        })
    };
    // In the order of the key, so that neighbours in its index come together.
    let identities = resolved().map(|(id, _, found)| (id, found.occurred_at));
    let mut identities: Vec<(Uuid, DateTime<Utc>)> = identities.collect();
    identities.sort_unstable();
    let columns = &["id", "occurred_at"];
    let mut new = NewRows::new(&mut *transaction, "contribution_identities", columns);
    for (id, occurred_at) in identities {
        new.row().await?.field(id).field(occurred_at);
    }
    new.insert().await?;

    let saturating = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let mut new = NewRows::new(transaction, "contribution_events", EVENT_COLUMNS);
    for (id, contribution, found) in resolved() {
        let records = records(contribution, found)?;
        new.row()
            .await?
            .field(id)
            .field(found.occurred_at)
            .field(found.kind.as_str())
            .field(contribution.key.as_str())
            .field(found.repository.as_str())
            .field(found.contributor.as_ref().map(AccountReference::as_str))
            .field(found.basis.as_str())
            .field(found.quantity.map(saturating))
            .field(found.lines.map(|lines| saturating(lines.additions)))
            .field(found.lines.map(|lines| saturating(lines.deletions)))
            .field(saturating(found.counted()))
            .field(found.superseded)
            .field(Jsonb(&records));
    }
    Ok(new.insert().await?)
}

/// The sightings as they are kept beside the contribution.
fn records(contribution: &Contribution, found: &Resolution) -> Result<String, ProjectionError> {
    let sightings = contribution.sightings.iter();
    let records: Vec<SightingRecord> = sightings
        .map(|sighting| SightingRecord::new(sighting, &contribution.key, found))
        .collect();
    serde_json::to_string(&records).map_err(|error| ProjectionError::Corrupt {
        what: "sightings",
        detail: error.to_string(),
    })
}

/// Remembers which contributions hang on the author of a pull request.
async fn record_pull_requests(
    transaction: &mut PgConnection,
    changes: &Changes,
) -> Result<(), ProjectionError> {
    let mut dependents: Vec<(&str, Uuid)> = changes
        .resolved()
        .flat_map(|(id, contribution)| {
            contribution
                .pull_request_keys
                .iter()
                .map(move |key| (key.as_str(), id))
        })
        .collect();
    if dependents.is_empty() {
        return Ok(());
    }
    dependents.sort_unstable();
    let keys: Vec<String> = dependents
        .iter()
        .map(|(key, _)| (*key).to_owned())
        .collect();
    let ids: Vec<Uuid> = dependents.iter().map(|(_, id)| *id).collect();
    sqlx::query!(
        "INSERT INTO pull_request_contributions (key, contribution)
         SELECT * FROM unnest($1::text[], $2::uuid[])
         ON CONFLICT DO NOTHING",
        &keys,
        &ids,
    )
    .execute(transaction)
    .await?;
    Ok(())
}
