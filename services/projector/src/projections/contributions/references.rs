//! Which contributions hang on a reference by name, so that they are looked at
//! again when the name is linked to an id or comes to be borne by two.

use std::collections::BTreeSet;

use domain::Sighting;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Touched;
use super::changes::Changes;

/// The accounts a sighting refers to by name.
pub(super) fn accounts_by_name(sighting: &Sighting) -> Vec<&str> {
    let accounts = sighting
        .account
        .iter()
        .filter(|account| account.is_by_name());
    accounts.map(domain::AccountReference::as_str).collect()
}

/// The repository a sighting refers to by name.
pub(super) fn repositories_by_name(sighting: &Sighting) -> Vec<&str> {
    let repository = Some(&sighting.repository).filter(|repository| repository.is_by_name());
    repository
        .into_iter()
        .map(domain::RepositoryReference::as_str)
        .collect()
}

/// Remembers references by name on which contributions may come to hang: under
/// no contribution's id.
pub(super) async fn mention(
    transaction: &mut PgConnection,
    subject: &str,
    references: &BTreeSet<String>,
) -> Result<(), sqlx::Error> {
    let references: Vec<String> = references.iter().cloned().collect();
    if references.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO references_by_name (subject, reference, contribution)
         SELECT $1, *, '00000000-0000-0000-0000-000000000000'::uuid FROM unnest($2::text[])
         ON CONFLICT DO NOTHING",
        subject,
        &references,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// The references by these names that something hangs on.
pub(super) async fn with_names(
    transaction: &mut PgConnection,
    subject: &str,
    names: &[String],
) -> Result<Vec<String>, sqlx::Error> {
    let references: Vec<String> = names
        .iter()
        .map(|name| format!("@{}", name.to_ascii_lowercase()))
        .collect();
    if references.is_empty() {
        return Ok(references);
    }
    sqlx::query_scalar!(
        r#"SELECT wanted.reference AS "reference!"
           FROM unnest($2::text[]) AS wanted (reference)
           CROSS JOIN LATERAL (
               SELECT FROM references_by_name AS stored
               WHERE stored.subject = $1 AND stored.reference = wanted.reference LIMIT 1) AS known"#,
        subject,
        &references,
    )
    .fetch_all(transaction)
    .await
}

/// Remembers which contributions hang on a reference by name.
pub(super) async fn record(
    transaction: &mut PgConnection,
    changes: &Changes,
) -> Result<(), sqlx::Error> {
    let mut references: Vec<(&str, &str, Uuid)> = Vec::new();
    for (id, contribution) in changes.resolved() {
        for sighting in &contribution.sightings {
            references.extend(
                accounts_by_name(sighting)
                    .iter()
                    .map(|name| ("account", *name, id)),
            );
            references.extend(
                repositories_by_name(sighting)
                    .iter()
                    .map(|name| ("repository", *name, id)),
            );
        }
        let authors = contribution.consulted_authors.iter();
        references.extend(authors.map(|name| ("account", name.as_str(), id)));
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

/// The contributions that hang on these references.
pub(super) async fn dependents(
    transaction: &mut PgConnection,
    subject: &str,
    references: &[String],
) -> Result<Touched, sqlx::Error> {
    if references.is_empty() {
        return Ok(Touched::new());
    }
    let rows = sqlx::query_scalar!(
        "SELECT contribution FROM references_by_name
         WHERE subject = $1 AND reference = ANY($2)",
        subject,
        references,
    )
    .fetch_all(transaction)
    .await?;
    Ok(rows.into_iter().collect())
}
