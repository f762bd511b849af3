//! Which commits merged pull requests were merged as.

use std::collections::{BTreeSet, HashMap};

use domain::PullRequestKey;
use sqlx::PgConnection;

use super::facts::BatchFacts;

/// A commit of a repository, under one reference to that.
pub(super) type Commit = (String, String);

/// Pull requests by the commit they were merged as.
pub(super) type Merged = HashMap<Commit, Vec<PullRequestKey>>;

/// Records merge commits; returns those that are new.
pub(super) async fn record(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
) -> Result<BTreeSet<Commit>, sqlx::Error> {
    if facts.merge_commits.is_empty() {
        return Ok(BTreeSet::new());
    }
    let merged = || facts.merge_commits.iter();
    let repositories: Vec<String> = merged().map(|(found, _, _)| found.to_string()).collect();
    let shas: Vec<String> = merged().map(|(_, sha, _)| sha.clone()).collect();
    let number = |key: &PullRequestKey| key.number.unwrap_or(0).cast_signed();
    let id = |key: &PullRequestKey| key.id.unwrap_or(0).cast_signed();
    let numbers: Vec<i64> = merged().map(|(_, _, key)| number(key)).collect();
    let ids: Vec<i64> = merged().map(|(_, _, key)| id(key)).collect();
    let new = sqlx::query!(
        "INSERT INTO merge_commits (repository, sha, pull_request_number, pull_request_id)
         SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
         ON CONFLICT DO NOTHING
         RETURNING repository, sha",
        &repositories,
        &shas,
        &numbers,
        &ids,
    )
    .fetch_all(transaction)
    .await?;
    Ok(new
        .into_iter()
        .map(|row| (row.repository, row.sha))
        .collect())
}

/// The merge commits of pull requests under these keys.
pub(super) async fn under(
    transaction: &mut PgConnection,
    keys: &[String],
) -> Result<BTreeSet<Commit>, sqlx::Error> {
    if keys.is_empty() {
        return Ok(BTreeSet::new());
    }
    let ids: Vec<i64> = keys
        .iter()
        .filter_map(|key| key.strip_prefix("id:")?.parse().ok())
        .collect();
    let (repositories, numbers): (Vec<String>, Vec<i64>) = keys
        .iter()
        .filter_map(|key| key.rsplit_once('#'))
        .filter_map(|(repository, number)| {
            Some((repository.to_owned(), number.parse::<i64>().ok()?))
        })
        .unzip();
    let rows = sqlx::query!(
        r#"SELECT repository AS "repository!", sha AS "sha!" FROM merge_commits
           WHERE pull_request_id = ANY($1)
           UNION
           SELECT known.repository, known.sha
           FROM unnest($2::text[], $3::bigint[]) AS wanted (repository, number)
           CROSS JOIN LATERAL (
               SELECT * FROM merge_commits AS stored
               WHERE stored.repository = wanted.repository
                 AND stored.pull_request_number = wanted.number OFFSET 0) AS known"#,
        &ids,
        &repositories,
        &numbers,
    )
    .fetch_all(transaction)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.repository, row.sha))
        .collect())
}

/// Those of the commits that a pull request was merged as. Most repositories
/// of a batch merged none, so they are asked first.
pub(super) async fn among(
    transaction: &mut PgConnection,
    commits: &[(&str, &str)],
) -> Result<Merged, sqlx::Error> {
    let repositories: BTreeSet<&str> = commits.iter().map(|(found, _)| *found).collect();
    let repositories: Vec<String> = repositories.into_iter().map(str::to_owned).collect();
    if repositories.is_empty() {
        return Ok(Merged::new());
    }
    let merging: BTreeSet<String> = sqlx::query_scalar!(
        r#"SELECT wanted.repository AS "repository!"
           FROM unnest($1::text[]) AS wanted (repository)
           CROSS JOIN LATERAL (
               SELECT FROM merge_commits AS stored
               WHERE stored.repository = wanted.repository LIMIT 1) AS known"#,
        &repositories,
    )
    .fetch_all(&mut *transaction)
    .await?
    .into_iter()
    .collect();
    let (repositories, shas): (Vec<String>, Vec<String>) = commits
        .iter()
        .filter(|(repository, _)| merging.contains(*repository))
        .map(|(repository, sha)| ((*repository).to_owned(), (*sha).to_owned()))
        .unzip();
    if repositories.is_empty() {
        return Ok(Merged::new());
    }
    let rows = sqlx::query!(
        r#"SELECT known.repository, known.sha, known.pull_request_number, known.pull_request_id
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
    let present = |value: i64| u64::try_from(value).ok().filter(|value| *value > 0);
    let mut merged = Merged::new();
    for row in rows {
        let pull_request = PullRequestKey {
            id: present(row.pull_request_id),
            number: present(row.pull_request_number),
        };
        let commit = (row.repository, row.sha);
        merged.entry(commit).or_default().push(pull_request);
    }
    Ok(merged)
}
