//! Pushes of which only the head is known, and what shows their commits: the
//! same head among the commits of any push of the repository, or by itself.
//!
//! Sources without push ids (webhooks, the API's commits) see a push under
//! another key or none; the commit it ended at is the same.

use std::collections::BTreeSet;

use domain::ContributionKind;
use sqlx::PgConnection;
use uuid::Uuid;

use super::facts::BatchFacts;
use super::pushes::{Push, commit};
use super::store;
use crate::ProjectionError;

/// A push and the commit it ended at.
type Head = (Push, String);

/// Records heads, and adds to the batch that pushes brought the heads that are
/// known as commits now.
pub(super) async fn learn(
    transaction: &mut PgConnection,
    facts: &mut BatchFacts,
) -> Result<(), ProjectionError> {
    record(transaction, &facts.push_heads).await?;
    let mut known = waiting_for(transaction, facts).await?;
    known.extend(known_before(transaction, &facts.push_heads).await?);
    for (push, sha) in known {
        facts.other_commits.insert((push.clone(), sha.clone()));
        facts.pushes.entry(push).or_default().insert(sha);
    }
    Ok(())
}

async fn record(transaction: &mut PgConnection, heads: &BTreeSet<Head>) -> Result<(), sqlx::Error> {
    if heads.is_empty() {
        return Ok(());
    }
    let (repositories, shas, pushes) = columns(heads);
    sqlx::query!(
        "INSERT INTO push_heads (repository, sha, push)
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
         ON CONFLICT DO NOTHING",
        &repositories,
        &shas,
        &pushes,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// The heads, of whatever batch, that are among the commits of this one.
async fn waiting_for(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
) -> Result<Vec<Head>, sqlx::Error> {
    let commits = facts.pushes.iter();
    let mut commits: BTreeSet<(&str, &str)> = commits
        .flat_map(|((repository, _), shas)| {
            shas.iter().map(|sha| (repository.as_str(), sha.as_str()))
        })
        .collect();
    let unpushed = facts.sightings.iter().filter(|found| found.push.is_none());
    commits.extend(unpushed.filter_map(|found| {
        let sha = found.key.strip_prefix("commit:")?.rsplit(':').next()?;
        (found.kind == ContributionKind::Commit).then_some((found.repository.as_str(), sha))
    }));
    if commits.is_empty() || !any(transaction).await? {
        return Ok(Vec::new());
    }
    let owned = |(repository, sha): (&str, &str)| (repository.to_owned(), sha.to_owned());
    let (repositories, shas): (Vec<String>, Vec<String>) = commits.into_iter().map(owned).unzip();
    let rows = sqlx::query!(
        r#"SELECT known.repository, known.sha, known.push
           FROM unnest($1::text[], $2::text[]) AS wanted (repository, sha)
           CROSS JOIN LATERAL (
               SELECT * FROM push_heads AS stored
               WHERE stored.repository = wanted.repository AND stored.sha = wanted.sha
               OFFSET 0) AS known"#,
        &repositories,
        &shas,
    )
    .fetch_all(transaction)
    .await?;
    let heads = rows.into_iter();
    Ok(heads
        .map(|row| ((row.repository, row.push), row.sha))
        .collect())
}

/// Logs of years that list all commits have no heads to look for.
async fn any(transaction: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM push_heads) AS "any!""#)
        .fetch_one(transaction)
        .await
}

/// Those of the heads that were known as commits before this batch.
async fn known_before(
    transaction: &mut PgConnection,
    heads: &BTreeSet<Head>,
) -> Result<Vec<Head>, ProjectionError> {
    if heads.is_empty() {
        return Ok(Vec::new());
    }
    // Heads are told of repositories with an id only, so that the commit can
    // be under this one key.
    let ids: Vec<Uuid> = heads
        .iter()
        .map(|((repository, _), sha)| commit(repository, sha))
        .collect();
    let mut known: BTreeSet<(String, String)> = BTreeSet::new();
    for (_, stored) in store::read(transaction, &ids).await? {
        known.extend(stored.sightings.iter().filter_map(|sighting| {
            let sha = sighting.key.rsplit(':').next()?;
            Some((sighting.repository.to_string(), sha.to_owned()))
        }));
    }
    let (repositories, shas, _) = columns(heads);
    let rows = sqlx::query!(
        r#"SELECT DISTINCT known.repository, known.sha
           FROM unnest($1::text[], $2::text[]) AS wanted (repository, sha)
           CROSS JOIN LATERAL (
               SELECT * FROM other_commits AS stored
               WHERE stored.repository = wanted.repository AND stored.sha = wanted.sha
               OFFSET 0) AS known"#,
        &repositories,
        &shas,
    )
    .fetch_all(transaction)
    .await?;
    known.extend(rows.into_iter().map(|row| (row.repository, row.sha)));
    let is_known =
        |((repository, _), sha): &&Head| known.contains(&(repository.clone(), sha.clone()));
    Ok(heads.iter().filter(is_known).cloned().collect())
}

fn columns(heads: &BTreeSet<Head>) -> (Vec<String>, Vec<String>, Vec<String>) {
    let repositories = heads.iter().map(|((repository, _), _)| repository.clone());
    let shas = heads.iter().map(|(_, sha)| sha.clone());
    let pushes = heads.iter().map(|((_, push), _)| push.clone());
    (repositories.collect(), shas.collect(), pushes.collect())
}
