//! Links from references by name to the one id that has borne the name.
//!
//! A link is a derivation: it comes when exactly one id is known to have borne
//! the name, and goes when a second one turns up.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::Sighting;
use sqlx::PgConnection;

use super::facts::BatchFacts;
use super::references::{self, accounts_by_name, repositories_by_name};
use super::{Touched, merge_commits, pull_requests, pushes, retractions};
use crate::ProjectionError;

/// Looks again at every reference by name that the batch brought, and at every
/// one whose name an id bore for the first time. Returns the contributions
/// whose meaning hangs on a reference that changed.
pub(super) async fn update(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
    new_logins: &[String],
    new_repository_names: &[String],
) -> Result<Touched, ProjectionError> {
    let mut contributions = Touched::new();
    let of_batch = |by_name: fn(&Sighting) -> Vec<&str>| -> BTreeSet<String> {
        facts
            .sightings
            .iter()
            .flat_map(by_name)
            .map(str::to_owned)
            .collect()
    };
    for (subject, in_batch, mentioned, new_names) in [
        (
            "account",
            of_batch(accounts_by_name),
            &facts.accounts_by_name,
            new_logins,
        ),
        (
            "repository",
            of_batch(repositories_by_name),
            &facts.repositories_by_name,
            new_repository_names,
        ),
    ] {
        references::mention(transaction, subject, mentioned).await?;
        let mut candidates = in_batch;
        candidates.extend(mentioned.iter().cloned());
        candidates.extend(references::with_names(transaction, subject, new_names).await?);
        let candidates: Vec<String> = candidates.into_iter().collect();
        if candidates.is_empty() {
            continue;
        }
        let changed = relink(transaction, subject, &candidates).await?;
        let references: Vec<String> = changed
            .iter()
            .map(|(reference, _)| reference.clone())
            .collect();
        contributions.extend(references::dependents(transaction, subject, &references).await?);
        contributions.extend(retractions::relinked(transaction, &references).await?);
        if subject == "repository" {
            contributions.extend(across_links(transaction, &changed).await?);
        }
    }
    Ok(contributions)
}

/// A reference by name, and an id it stood for before or stands for now.
type ChangedLink = (String, String);

/// Brings the links of the candidates up to date; returns those that changed.
async fn relink(
    transaction: &mut PgConnection,
    subject: &str,
    candidates: &[String],
) -> Result<Vec<ChangedLink>, ProjectionError> {
    let bearers = bearers(transaction, subject, candidates).await?;
    let present = present_links(transaction, subject, candidates).await?;
    let mut made: BTreeMap<&String, &String> = BTreeMap::new();
    let mut undone: Vec<String> = Vec::new();
    let mut changed: Vec<ChangedLink> = Vec::new();
    for candidate in candidates {
        let (bearer, link) = (bearers.get(candidate), present.get(candidate));
        if bearer == link {
            continue;
        }
        match bearer {
            Some(only) => drop(made.insert(candidate, only)),
            None => undone.push(candidate.clone()),
        }
        let canonicals = bearer.into_iter().chain(link);
        changed.extend(canonicals.map(|canonical| (candidate.clone(), canonical.clone())));
    }
    sqlx::query!(
        "DELETE FROM reference_links WHERE subject = $1 AND reference = ANY($2)",
        subject,
        &undone,
    )
    .execute(&mut *transaction)
    .await?;
    let references: Vec<String> = made.keys().map(|reference| (*reference).clone()).collect();
    let canonical: Vec<String> = made
        .values()
        .map(|canonical| (*canonical).clone())
        .collect();
    sqlx::query!(
        "INSERT INTO reference_links (subject, reference, canonical)
         SELECT $1, * FROM unnest($2::text[], $3::text[])
         ON CONFLICT (subject, reference) DO UPDATE SET canonical = excluded.canonical",
        subject,
        &references,
        &canonical,
    )
    .execute(transaction)
    .await?;
    Ok(changed)
}

/// Contributions of a repository known by id that hang on what was learned
/// under its name: the authors of pull requests, and the commits those were
/// merged as.
async fn across_links(
    transaction: &mut PgConnection,
    changed: &[ChangedLink],
) -> Result<Touched, ProjectionError> {
    let mut touched = Touched::new();
    for (reference, canonical) in changed {
        let numbers: Vec<String> = sqlx::query_scalar!(
            r#"SELECT substr(key, length($1) + 1) AS "number!" FROM pull_requests
               WHERE key >= $1 || '#' AND key < $1 || '$'"#,
            reference,
        )
        .fetch_all(&mut *transaction)
        .await?;
        let keys: Vec<String> = numbers
            .iter()
            .flat_map(|number| {
                [
                    format!("{reference}{number}"),
                    format!("{canonical}{number}"),
                ]
            })
            .collect();
        let keys = pull_requests::under_aliases(transaction, keys).await?;
        touched.extend(pull_requests::dependents(transaction, &keys).await?);
        let mut merged = merge_commits::under(transaction, &keys).await?;
        let shas = sqlx::query_scalar!(
            "SELECT DISTINCT sha FROM merge_commits WHERE repository = $1",
            reference,
        )
        .fetch_all(&mut *transaction)
        .await?;
        merged.extend(shas.into_iter().map(|sha| (canonical.clone(), sha)));
        touched.extend(pushes::of_merged(transaction, &merged).await?);
        let known = pushes::under(transaction, reference).await?;
        let known = known.into_iter().map(|push| (canonical.clone(), push));
        touched.extend(pushes::contributions_of(transaction, &known.collect()).await?);
    }
    Ok(touched)
}

/// The candidates whose name exactly one id has borne, with that id.
async fn bearers(
    transaction: &mut PgConnection,
    subject: &str,
    candidates: &[String],
) -> Result<HashMap<String, String>, sqlx::Error> {
    let names: Vec<String> = candidates
        .iter()
        .map(|reference| reference.trim_start_matches('@').to_owned())
        .collect();
    let rows: Vec<(String, String)> = if subject == "account" {
        sqlx::query!(
            r#"SELECT '@' || wanted.name AS "reference!", min(known.account) AS "bearer!"
               FROM unnest($1::text[]) AS wanted (name)
               CROSS JOIN LATERAL (
                   SELECT * FROM account_names AS stored
                   WHERE lower(stored.login) = wanted.name AND stored.account NOT LIKE '@%'
                   OFFSET 0) AS known
               GROUP BY wanted.name HAVING count(DISTINCT known.account) = 1"#,
            &names,
        )
        .fetch_all(transaction)
        .await?
        .into_iter()
        .map(|row| (row.reference, row.bearer))
        .collect()
    } else {
        sqlx::query!(
            r#"SELECT '@' || wanted.name AS "reference!", min(known.repository) AS "bearer!"
               FROM unnest($1::text[]) AS wanted (name)
               CROSS JOIN LATERAL (
                   SELECT * FROM repository_names AS stored
                   WHERE lower(stored.name) = wanted.name AND stored.repository NOT LIKE '@%'
                   OFFSET 0) AS known
               GROUP BY wanted.name HAVING count(DISTINCT known.repository) = 1"#,
            &names,
        )
        .fetch_all(transaction)
        .await?
        .into_iter()
        .map(|row| (row.reference, row.bearer))
        .collect()
    };
    Ok(rows.into_iter().collect())
}

/// The links of these references, as they are.
pub(super) async fn present_links(
    transaction: &mut PgConnection,
    subject: &str,
    references: &[String],
) -> Result<HashMap<String, String>, sqlx::Error> {
    if references.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        "SELECT reference, canonical FROM reference_links
         WHERE subject = $1 AND reference = ANY($2)",
        subject,
        references,
    )
    .fetch_all(transaction)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.reference, row.canonical))
        .collect())
}
