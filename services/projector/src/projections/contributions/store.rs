//! Reading and writing contributions with all their sightings.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{AccountReference, CreditBasis, Lines, RepositoryReference, Resolution, Sighting};
use sqlx::PgConnection;
use uuid::Uuid;

use super::changes::{Changes, Contribution};
use super::links::{accounts_by_name, repositories_by_name};
use crate::ProjectionError;

/// A contribution as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) sightings: Vec<Sighting>,
    pub(super) resolution: Resolution,
}

struct Row {
    id: Uuid,
    occurred_at: DateTime<Utc>,
    kind: String,
    repository: String,
    contributor: Option<String>,
    basis: String,
    quantity: Option<i32>,
    additions: Option<i32>,
    deletions: Option<i32>,
    superseded: bool,
    sightings: serde_json::Value,
}

impl Row {
    fn stored(self) -> Result<Stored, ProjectionError> {
        let corrupt = |what, detail: String| ProjectionError::Corrupt { what, detail };
        let number = |value: i32| u32::try_from(value).unwrap_or_default();
        Ok(Stored {
            sightings: serde_json::from_value(self.sightings)
                .map_err(|error| corrupt("sightings", error.to_string()))?,
            resolution: Resolution {
                kind: self.kind.parse().map_err(|error: domain::UnknownKind| {
                    corrupt("contribution kind", error.to_string())
                })?,
                repository: RepositoryReference::from_stored(self.repository),
                contributor: self.contributor.map(AccountReference::from_stored),
                basis: CreditBasis::from_stored(&self.basis)
                    .ok_or_else(|| corrupt("credit basis", self.basis))?,
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
            },
        })
    }
}

/// Reads those of the contributions that exist.
pub(super) async fn read(
    transaction: &mut PgConnection,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Stored>, ProjectionError> {
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
        return Ok(BTreeMap::new());
    }
    let ids: Vec<Uuid> = existing.iter().map(|row| row.id).collect();
    let instants: Vec<_> = existing.iter().map(|row| row.occurred_at).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT known.id, known.occurred_at, known.kind::text AS "kind!", known.repository,
                  known.contributor, known.basis, known.quantity, known.additions,
                  known.deletions, known.superseded, known.sightings
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
    let rows: Vec<(&Uuid, &Contribution, &Resolution)> = changes
        .changed()
        .filter_map(|(id, contribution)| {
            Some((id, contribution, contribution.resolution.as_ref()?))
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(|(id, ..)| **id).collect();
    let instants: Vec<_> = rows
        .iter()
        .map(|(.., resolution)| resolution.occurred_at)
        .collect();
    sqlx::query!(
        "INSERT INTO contribution_identities AS known (id, occurred_at)
         SELECT * FROM unnest($1::uuid[], $2::timestamptz[])
         ON CONFLICT (id) DO UPDATE SET occurred_at = excluded.occurred_at
         WHERE known.occurred_at <> excluded.occurred_at",
        &ids,
        &instants,
    )
    .execute(&mut *transaction)
    .await?;
    insert_events(transaction, &rows, &ids, &instants).await?;
    record_references(transaction, &rows).await?;
    record_pull_requests(transaction, changes).await
}

/// Takes away the rows that are to be written anew, and those of contributions
/// that are known under another key now.
async fn delete_old(transaction: &mut PgConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    let (ids, instants): (Vec<Uuid>, Vec<DateTime<Utc>>) = changes
        .changed()
        .filter_map(|(id, contribution)| {
            Some((*id, contribution.stored.as_ref()?.resolution.occurred_at))
        })
        .unzip();
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "DELETE FROM contribution_events WHERE id = ANY($1) AND occurred_at = ANY($2)",
        &ids,
        &instants,
    )
    .execute(&mut *transaction)
    .await?;
    let gone: Vec<Uuid> = changes
        .changed()
        .filter(|(_, contribution)| contribution.resolution.is_none())
        .map(|(id, _)| *id)
        .collect();
    sqlx::query!(
        "DELETE FROM contribution_identities WHERE id = ANY($1)",
        &gone
    )
    .execute(transaction)
    .await?;
    Ok(())
}

async fn insert_events(
    transaction: &mut PgConnection,
    rows: &[(&Uuid, &Contribution, &Resolution)],
    ids: &[Uuid],
    instants: &[DateTime<Utc>],
) -> Result<(), ProjectionError> {
    let resolutions = || rows.iter().map(|(.., resolution)| *resolution);
    let saturating = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let kinds: Vec<String> = resolutions().map(|found| found.kind.to_string()).collect();
    let keys: Vec<String> = rows.iter().map(|(_, found, _)| found.key.clone()).collect();
    let repositories: Vec<String> = resolutions()
        .map(|found| found.repository.to_string())
        .collect();
    let contributors: Vec<Option<String>> = resolutions()
        .map(|found| found.contributor.as_ref().map(ToString::to_string))
        .collect();
    let bases: Vec<String> = resolutions()
        .map(|found| found.basis.as_str().to_owned())
        .collect();
    let quantities: Vec<Option<i32>> = resolutions()
        .map(|found| found.quantity.map(saturating))
        .collect();
    let additions: Vec<Option<i32>> = resolutions()
        .map(|found| found.lines.map(|lines| saturating(lines.additions)))
        .collect();
    let deletions: Vec<Option<i32>> = resolutions()
        .map(|found| found.lines.map(|lines| saturating(lines.deletions)))
        .collect();
    let counted: Vec<i32> = resolutions()
        .map(|found| saturating(found.counted()))
        .collect();
    let superseded: Vec<bool> = resolutions().map(|found| found.superseded).collect();
    let sightings: Vec<String> = rows
        .iter()
        .map(|(_, found, _)| serde_json::to_string(&found.sightings))
        .collect::<Result<_, _>>()
        .map_err(|error| ProjectionError::Corrupt {
            what: "sightings",
            detail: error.to_string(),
        })?;
    sqlx::query!(
        "INSERT INTO contribution_events
             (id, occurred_at, kind, semantic_key, repository, contributor, basis, quantity,
              additions, deletions, counted, superseded, sightings)
         SELECT id, occurred_at, kind::contribution_kind, semantic_key, repository, contributor,
                basis, quantity, additions, deletions, counted, superseded, sightings::jsonb
         FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[],
                     $6::text[], $7::text[], $8::integer[], $9::integer[], $10::integer[],
                     $11::integer[], $12::boolean[], $13::text[])
              AS new (id, occurred_at, kind, semantic_key, repository, contributor, basis,
                      quantity, additions, deletions, counted, superseded, sightings)",
        ids,
        instants,
        &kinds,
        &keys,
        &repositories,
        &contributors as &[Option<String>],
        &bases,
        &quantities as &[Option<i32>],
        &additions as &[Option<i32>],
        &deletions as &[Option<i32>],
        &counted,
        &superseded,
        &sightings,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Remembers which contributions hang on a reference by name.
async fn record_references(
    transaction: &mut PgConnection,
    rows: &[(&Uuid, &Contribution, &Resolution)],
) -> Result<(), sqlx::Error> {
    let mut references: Vec<(&str, &str, Uuid)> = Vec::new();
    for (id, contribution, _) in rows {
        for sighting in &contribution.sightings {
            references.extend(
                accounts_by_name(sighting)
                    .iter()
                    .map(|name| ("account", *name, **id)),
            );
            references.extend(
                repositories_by_name(sighting)
                    .iter()
                    .map(|name| ("repository", *name, **id)),
            );
        }
        let authors = contribution.consulted_authors.iter();
        references.extend(authors.map(|name| ("account", name.as_str(), **id)));
    }
    if references.is_empty() {
        return Ok(());
    }
    references.sort_unstable();
    references.dedup();
    let subjects: Vec<String> = references
        .iter()
        .map(|(subject, ..)| (*subject).to_owned())
        .collect();
    let names: Vec<String> = references
        .iter()
        .map(|(_, name, _)| (*name).to_owned())
        .collect();
    let ids: Vec<Uuid> = references.iter().map(|(.., id)| *id).collect();
    sqlx::query!(
        "INSERT INTO references_by_name (subject, reference, contribution)
         SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[])
         ON CONFLICT DO NOTHING",
        &subjects,
        &names,
        &ids,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Remembers which contributions hang on the author of a pull request.
async fn record_pull_requests(
    transaction: &mut PgConnection,
    changes: &Changes,
) -> Result<(), ProjectionError> {
    let mut dependents: Vec<(&str, Uuid)> = changes
        .changed()
        .flat_map(|(id, contribution)| {
            contribution
                .pull_request_keys
                .iter()
                .map(move |key| (key.as_str(), *id))
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
