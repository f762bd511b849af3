//! Who the authors of pull requests are, and which contributions hang on it.

use std::collections::BTreeSet;

use domain::{AccountReference, AuthorEvidence, AuthorSource, PullRequestKey};
use sqlx::PgConnection;

use super::facts::{BatchFacts, pull_request_keys};
use super::{Touched, aliases, merge_commits, pushes};
use crate::ProjectionError;

/// How an [`AuthorSource`] is stored: best first, as it sorts.
fn rank(source: AuthorSource) -> i16 {
    source as i16
}

/// Reads back what [`rank`] wrote.
pub(super) fn author_source(rank: i16) -> Option<AuthorSource> {
    [
        AuthorSource::PullRequest,
        AuthorSource::Issue,
        AuthorSource::Opener,
    ]
    .into_iter()
    .find(|source| self::rank(*source) == rank)
}

/// Records authors and merge commits; returns the contributions that are to
/// be resolved anew.
pub(super) async fn record_authors(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
) -> Result<Touched, ProjectionError> {
    let changed = record_evidence(transaction, facts).await?;
    let changed = under_aliases(transaction, changed).await?;
    let mut touched = dependents(transaction, &changed).await?;
    let mut merged = merge_commits::under(transaction, &changed).await?;
    merged.extend(merge_commits::record(transaction, facts).await?);
    touched.extend(pushes::of_merged(transaction, &merged).await?);
    Ok(touched)
}

/// Keeps the best evidence under each key; returns the keys whose evidence
/// changed. Better evidence for the same author matters too: it may now be
/// better than what another key of the pull request says.
async fn record_evidence(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
) -> Result<Vec<String>, sqlx::Error> {
    if facts.authors.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<String> = facts.authors.keys().cloned().collect();
    let evidence = || facts.authors.values();
    let accounts: Vec<String> = evidence().map(|known| known.account.to_string()).collect();
    let sources: Vec<i16> = evidence().map(|known| rank(known.source)).collect();
    let instants: Vec<_> = evidence().map(|known| known.at).collect();
    sqlx::query_scalar!(
        "INSERT INTO pull_requests AS known (key, author, author_source, author_at)
         SELECT * FROM unnest($1::text[], $2::text[], $3::smallint[], $4::timestamptz[])
         ON CONFLICT (key) DO UPDATE
         SET author = excluded.author, author_source = excluded.author_source,
             author_at = excluded.author_at
         WHERE (excluded.author_source, excluded.author_at, excluded.author)
             < (known.author_source, known.author_at, known.author)
         RETURNING key",
        &keys,
        &accounts,
        &sources,
        &instants,
    )
    .fetch_all(transaction)
    .await
}

/// The same keys under every reference to their repositories.
pub(super) async fn under_aliases(
    transaction: &mut PgConnection,
    keys: Vec<String>,
) -> Result<Vec<String>, sqlx::Error> {
    let repositories: BTreeSet<String> = keys
        .iter()
        .filter_map(|key| Some(key.rsplit_once('#')?.0.to_owned()))
        .collect();
    let aliases = aliases::of(transaction, &Vec::from_iter(repositories)).await?;
    Ok(keys
        .into_iter()
        .flat_map(|key| match key.rsplit_once('#') {
            Some((repository, number)) => aliases[repository]
                .iter()
                .map(|alias| format!("{alias}#{number}"))
                .collect(),
            None => vec![key],
        })
        .collect())
}

/// The contributions that hang on the authors under these keys.
pub(super) async fn dependents(
    transaction: &mut PgConnection,
    keys: &[String],
) -> Result<Touched, sqlx::Error> {
    if keys.is_empty() {
        return Ok(Touched::new());
    }
    let rows = sqlx::query_scalar!(
        "SELECT contribution FROM pull_request_contributions WHERE key = ANY($1)",
        keys,
    )
    .fetch_all(transaction)
    .await?;
    Ok(rows.into_iter().collect())
}

/// The evidence under these keys.
pub(super) async fn evidence_under(
    transaction: &mut PgConnection,
    keys: &[String],
) -> Result<Vec<(String, AuthorEvidence)>, sqlx::Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"SELECT key, author AS "author!", author_source AS "author_source!",
                  author_at AS "author_at!"
           FROM pull_requests WHERE key = ANY($1)"#,
        keys,
    )
    .fetch_all(transaction)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let evidence = AuthorEvidence {
                source: author_source(row.author_source)?,
                at: row.author_at,
                account: AccountReference::from_stored(row.author),
            };
            Some((row.key, evidence))
        })
        .collect())
}

/// Every key a pull request of a canonical repository may be known under.
pub(super) fn keys_under_aliases<'a>(
    aliases: impl Iterator<Item = &'a domain::RepositoryReference>,
    pull_request: &PullRequestKey,
) -> BTreeSet<String> {
    aliases
        .flat_map(|alias| pull_request_keys(alias, pull_request).collect::<Vec<_>>())
        .collect()
}
