//! Which commits came with which push, and which pushes brought in a merged
//! pull request.

use std::collections::{BTreeMap, BTreeSet};

use domain::contribution_id;
use sqlx::PgConnection;

use super::Touched;
use super::facts::BatchFacts;
use crate::ProjectionError;

/// Records the commits of pushes; returns the contributions that are to be
/// resolved anew: those of pushes that turn out to hold a merge commit, and
/// pushes whose commits were unknown until now.
pub(super) async fn record(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
) -> Result<Touched, ProjectionError> {
    if facts.push_commits.is_empty() {
        return Ok(Touched::new());
    }
    let commits = || facts.push_commits.iter();
    let repositories: Vec<String> = commits().map(|(found, _, _)| found.to_string()).collect();
    let pushes: Vec<String> = commits().map(|(_, push, _)| push.0.clone()).collect();
    let shas: Vec<String> = commits().map(|(_, _, sha)| sha.clone()).collect();
    let new = sqlx::query!(
        "INSERT INTO push_commits (repository, push, sha)
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
         ON CONFLICT DO NOTHING
         RETURNING repository, push, sha",
        &repositories,
        &pushes,
        &shas,
    )
    .fetch_all(&mut *transaction)
    .await?;
    let pushes: BTreeSet<(&str, &str)> = new
        .iter()
        .map(|row| (row.repository.as_str(), row.push.as_str()))
        .collect();
    let seen_in: BTreeSet<String> = new.iter().map(|row| row.repository.clone()).collect();
    let aliases = aliases(transaction, &Vec::from_iter(seen_in)).await?;
    let mut touched: Touched = pushes
        .into_iter()
        .flat_map(|(repository, push)| {
            aliases[repository]
                .iter()
                .map(move |alias| contribution_of_push(alias, push))
        })
        .collect();
    let new: BTreeSet<(String, String)> = new
        .into_iter()
        .map(|row| (row.repository, row.sha))
        .collect();
    let merged = merged_among(transaction, &new).await?;
    touched.extend(of_merged(transaction, &merged).await?);
    Ok(touched)
}

/// The contribution that stands for a push as a whole, or for its unlisted
/// commits.
fn contribution_of_push(repository: &str, push: &str) -> uuid::Uuid {
    if push.bytes().all(|byte| byte.is_ascii_digit()) {
        contribution_id(&format!("push:{repository}:{push}"))
    } else {
        contribution_id(push)
    }
}

/// Each repository reference with everything else that stands for the same
/// repository.
pub(super) async fn aliases(
    transaction: &mut PgConnection,
    repositories: &[String],
) -> Result<BTreeMap<String, BTreeSet<String>>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT wanted.reference AS "reference!", same.reference AS "alias!"
           FROM unnest($1::text[]) AS wanted (reference)
           LEFT JOIN LATERAL (
               SELECT * FROM reference_links AS stored
               WHERE stored.subject = 'repository' AND stored.reference = wanted.reference
               OFFSET 0) AS own ON true
           CROSS JOIN LATERAL (
               SELECT * FROM reference_links AS stored
               WHERE stored.subject = 'repository'
                 AND stored.canonical = coalesce(own.canonical, wanted.reference)
               OFFSET 0) AS same
           UNION
           SELECT wanted.reference, own.canonical
           FROM unnest($1::text[]) AS wanted (reference)
           CROSS JOIN LATERAL (
               SELECT * FROM reference_links AS stored
               WHERE stored.subject = 'repository' AND stored.reference = wanted.reference
               OFFSET 0) AS own"#,
        repositories,
    )
    .fetch_all(transaction)
    .await?;
    let mut aliases: BTreeMap<String, BTreeSet<String>> = repositories
        .iter()
        .map(|repository| (repository.clone(), BTreeSet::from([repository.clone()])))
        .collect();
    for row in rows {
        aliases.entry(row.reference).or_default().insert(row.alias);
    }
    Ok(aliases)
}

/// Commits by repository, under every reference to the repository.
async fn under_aliases(
    transaction: &mut PgConnection,
    commits: &BTreeSet<(String, String)>,
) -> Result<(Vec<String>, Vec<String>), sqlx::Error> {
    let repositories: BTreeSet<String> = commits
        .iter()
        .map(|(repository, _)| repository.clone())
        .collect();
    let aliases = aliases(transaction, &Vec::from_iter(repositories)).await?;
    Ok(commits
        .iter()
        .flat_map(|(repository, sha)| {
            aliases[repository]
                .iter()
                .map(move |alias| (alias.clone(), sha.clone()))
        })
        .unzip())
}

/// Those of the commits that a pull request was merged as.
async fn merged_among(
    transaction: &mut PgConnection,
    commits: &BTreeSet<(String, String)>,
) -> Result<BTreeSet<(String, String)>, sqlx::Error> {
    if commits.is_empty() {
        return Ok(BTreeSet::new());
    }
    let (repositories, shas) = under_aliases(transaction, commits).await?;
    let rows = sqlx::query!(
        r#"SELECT known.repository, known.sha
           FROM unnest($1::text[], $2::text[]) AS wanted (repository, sha)
           CROSS JOIN LATERAL (
               SELECT * FROM merge_commits AS stored
               WHERE stored.repository = wanted.repository AND stored.sha = wanted.sha
               OFFSET 0) AS known"#,
        &repositories,
        &shas,
    )
    .fetch_all(transaction)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.repository, row.sha))
        .collect())
}

/// All contributions of the pushes that brought in one of these commits.
pub(super) async fn of_merged(
    transaction: &mut PgConnection,
    commits: &BTreeSet<(String, String)>,
) -> Result<Touched, sqlx::Error> {
    if commits.is_empty() {
        return Ok(Touched::new());
    }
    let (repositories, shas) = under_aliases(transaction, commits).await?;
    let found: Vec<(String, String)> = sqlx::query_as(
        "SELECT found.repository, found.push
         FROM unnest($1::text[], $2::text[]) AS wanted (repository, sha)
         CROSS JOIN LATERAL (
             SELECT * FROM push_commits AS stored
             WHERE stored.repository = wanted.repository AND stored.sha = wanted.sha
             OFFSET 0) AS found",
    )
    .bind(&repositories)
    .bind(&shas)
    .fetch_all(&mut *transaction)
    .await?;
    contributions_of(transaction, found.into_iter().collect()).await
}

/// The pushes whose commits are known under this very reference.
pub(super) async fn under(
    transaction: &mut PgConnection,
    reference: &str,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT DISTINCT push FROM push_commits WHERE repository = $1")
        .bind(reference)
        .fetch_all(transaction)
        .await
}

/// All contributions of these pushes, under every reference to their
/// repositories. A contribution's id hangs on the canonical one; ids of the
/// others exist nowhere.
pub(super) async fn contributions_of(
    transaction: &mut PgConnection,
    pushes: BTreeSet<(String, String)>,
) -> Result<Touched, sqlx::Error> {
    let repositories: BTreeSet<String> = pushes
        .iter()
        .map(|(repository, _)| repository.clone())
        .collect();
    let aliases = aliases(transaction, &Vec::from_iter(repositories)).await?;
    let mut touched = Touched::new();
    for (repository, push) in pushes {
        let aliases = Vec::from_iter(&aliases[&repository]);
        let shas: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT sha FROM push_commits WHERE repository = ANY($1) AND push = $2",
        )
        .bind(&aliases)
        .bind(&push)
        .fetch_all(&mut *transaction)
        .await?;
        for alias in aliases {
            touched.insert(contribution_of_push(alias, &push));
            let commits = shas.iter().map(|sha| format!("commit:{alias}:{sha}"));
            touched.extend(commits.map(|key| contribution_id(&key)));
        }
    }
    Ok(touched)
}
