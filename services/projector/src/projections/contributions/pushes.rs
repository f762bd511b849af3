//! Which commits came with which push, and which pushes brought in a merged
//! pull request.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::contribution_id;
use postgres::{NewRows, TextArray};
use sqlx::PgConnection;
use uuid::Uuid;

use super::aliases::{self, Aliases};
use super::facts::BatchFacts;
use super::merge_commits::{self, Commit};
use super::{Touched, store};
use crate::ProjectionError;

/// A push of a repository, under one reference to that.
pub(super) type Push = (String, String);

/// The pushes of a batch, with all their commits: those that were stored, and
/// those that the batch tells of.
#[derive(Debug)]
pub(super) struct PushesOfBatch<'a> {
    stored: HashMap<Push, Vec<String>>,
    told: &'a BTreeMap<Push, BTreeSet<String>>,
}

impl PushesOfBatch<'_> {
    /// The commits of a push; `None` of one that is not of the batch.
    pub(super) fn commits(&self, push: &Push) -> Option<Vec<&str>> {
        let told = self.told.get(push)?;
        let stored = self.stored.get(push).into_iter().flatten();
        Some(stored.chain(told).map(String::as_str).collect())
    }
}

/// Records the commits of pushes; returns the contributions that are to be
/// resolved anew: those of pushes that turn out to hold a merge commit, and
/// pushes whose commits were unknown until now.
pub(super) async fn record<'a>(
    transaction: &mut PgConnection,
    facts: &'a BatchFacts,
) -> Result<(Touched, PushesOfBatch<'a>), ProjectionError> {
    let told = &facts.pushes;
    let before = commits_of(transaction, told.keys()).await?;
    if told.is_empty() {
        let stored = before;
        return Ok((Touched::new(), PushesOfBatch { stored, told }));
    }
    let mut grown: BTreeMap<&Push, BTreeSet<&str>> = BTreeMap::new();
    for (push, new) in told {
        let known = before.get(push).map_or(&[][..], Vec::as_slice);
        let all: BTreeSet<&str> = known.iter().chain(new).map(String::as_str).collect();
        if all.len() > known.len() {
            grown.insert(push, all);
        }
    }
    write(transaction, &grown, &before).await?;
    record_other_commits(transaction, facts).await?;

    let repositories: BTreeSet<&String> = grown.keys().map(|(found, _)| found).collect();
    let repositories: Vec<String> = repositories.into_iter().cloned().collect();
    let aliases = aliases::of(transaction, &repositories).await?;
    let mut commits: Vec<(&str, &str)> = Vec::new();
    for ((repository, _), shas) in &grown {
        for place in &aliases[repository] {
            commits.extend(shas.iter().map(|sha| (place.as_str(), *sha)));
        }
    }
    let merged = merge_commits::among(transaction, &commits).await?;
    let merged: BTreeSet<&str> = merged.keys().map(|(_, sha)| sha.as_str()).collect();
    let brings_merged = |commits: &BTreeSet<&str>| commits.iter().any(|sha| merged.contains(sha));
    let bringing: BTreeSet<Push> = grown
        .iter()
        .filter(|(_, commits)| brings_merged(commits))
        .map(|(push, _)| (*push).clone())
        .collect();
    let mut touched = contributions_of(transaction, &bringing).await?;
    for (repository, push) in grown.keys() {
        let aliases = aliases[repository].iter();
        touched.extend(aliases.map(|alias| contribution_of_push(alias, push)));
    }
    let stored = before;
    Ok((touched, PushesOfBatch { stored, told }))
}

/// The contribution that a commit is.
pub(super) fn commit(repository: &str, sha: &str) -> Uuid {
    contribution_id(&format!("commit:{repository}:{sha}"))
}

/// The contribution that stands for a push as a whole, or for its unlisted
/// commits.
fn contribution_of_push(repository: &str, push: &str) -> Uuid {
    if push.bytes().all(|byte| byte.is_ascii_digit()) {
        contribution_id(&format!("push:{repository}:{push}"))
    } else {
        contribution_id(push)
    }
}

/// The known commits of those of the pushes that have any.
pub(super) async fn commits_of<'a>(
    transaction: &mut PgConnection,
    pushes: impl Iterator<Item = &'a Push>,
) -> Result<HashMap<Push, Vec<String>>, sqlx::Error> {
    let (repositories, pushes): (Vec<String>, Vec<String>) = pushes.cloned().unzip();
    if repositories.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        r#"SELECT known.repository, known.push, known.commits
           FROM unnest($1::text[], $2::text[]) AS wanted (repository, push)
           CROSS JOIN LATERAL (
               SELECT * FROM pushes AS stored
               WHERE stored.repository = wanted.repository AND stored.push = wanted.push
               OFFSET 0) AS known"#,
        &repositories,
        &pushes,
    )
    .fetch_all(transaction)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.repository, row.push), row.commits))
        .collect())
}

/// Writes pushes that are new, or have more commits than was known.
async fn write(
    transaction: &mut PgConnection,
    grown: &BTreeMap<&Push, BTreeSet<&str>>,
    before: &HashMap<Push, Vec<String>>,
) -> Result<(), sqlx::Error> {
    let stored = grown.keys().filter(|push| before.contains_key(**push));
    let (repositories, pushes): (Vec<String>, Vec<String>) = stored.copied().cloned().unzip();
    if !repositories.is_empty() {
        sqlx::query!(
            "DELETE FROM pushes USING unnest($1::text[], $2::text[]) AS old (repository, push)
             WHERE pushes.repository = old.repository AND pushes.push = old.push",
            &repositories,
            &pushes,
        )
        .execute(&mut *transaction)
        .await?;
    }
    let columns = &["repository", "push", "commits"];
    let mut new = NewRows::new(transaction, "pushes", columns);
    for ((repository, push), commits) in grown {
        new.row()
            .await?
            .field(repository.as_str())
            .field(push.as_str())
            .field(TextArray(commits));
    }
    new.insert().await
}

async fn record_other_commits(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
) -> Result<(), sqlx::Error> {
    if facts.other_commits.is_empty() {
        return Ok(());
    }
    let commits = || facts.other_commits.iter();
    let repositories: Vec<String> = commits().map(|((found, _), _)| found.clone()).collect();
    let pushes: Vec<String> = commits().map(|((_, push), _)| push.clone()).collect();
    let shas: Vec<String> = commits().map(|(_, sha)| sha.clone()).collect();
    sqlx::query!(
        "INSERT INTO other_commits (repository, push, sha)
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
         ON CONFLICT DO NOTHING",
        &repositories,
        &pushes,
        &shas,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// All contributions of the pushes that brought in one of these commits. The
/// pushes of the batch itself are seen to when they are recorded.
pub(super) async fn of_merged(
    transaction: &mut PgConnection,
    commits: &BTreeSet<Commit>,
) -> Result<Touched, ProjectionError> {
    if commits.is_empty() {
        return Ok(Touched::new());
    }
    let repositories: BTreeSet<&String> = commits.iter().map(|(found, _)| found).collect();
    let repositories: Vec<String> = repositories.into_iter().cloned().collect();
    let aliases = aliases::of(transaction, &repositories).await?;
    let pushes = pushes_with(transaction, commits, &aliases).await?;
    contributions_of(transaction, &pushes).await
}

/// The pushes whose commits are known under this very reference.
pub(super) async fn under(
    transaction: &mut PgConnection,
    reference: &str,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT push FROM pushes WHERE repository = $1", reference)
        .fetch_all(transaction)
        .await
}

/// All contributions of these pushes, under every reference to their
/// repositories. A contribution's id hangs on the canonical one; ids of the
/// others exist nowhere.
pub(super) async fn contributions_of(
    transaction: &mut PgConnection,
    pushes: &BTreeSet<Push>,
) -> Result<Touched, ProjectionError> {
    if pushes.is_empty() {
        return Ok(Touched::new());
    }
    let repositories: BTreeSet<&String> = pushes.iter().map(|(found, _)| found).collect();
    let repositories: Vec<String> = repositories.into_iter().cloned().collect();
    let aliases = aliases::of(transaction, &repositories).await?;
    let mut places: BTreeSet<Push> = BTreeSet::new();
    for (repository, push) in pushes {
        let aliases = aliases[repository].iter();
        places.extend(aliases.map(|alias| (alias.clone(), push.clone())));
    }
    let stored = commits_of(transaction, places.iter()).await?;
    let mut touched = Touched::new();
    for (repository, push) in pushes {
        let aliases = &aliases[repository];
        touched.extend(
            aliases
                .iter()
                .map(|alias| contribution_of_push(alias, push)),
        );
        for known_under in aliases {
            let place = (known_under.clone(), push.clone());
            for sha in stored.get(&place).into_iter().flatten() {
                touched.extend(aliases.iter().map(|alias| commit(alias, sha)));
            }
        }
    }
    Ok(touched)
}

/// The pushes that one of these commits came with.
async fn pushes_with(
    transaction: &mut PgConnection,
    commits: &BTreeSet<Commit>,
    aliases: &Aliases,
) -> Result<BTreeSet<Push>, ProjectionError> {
    let places = commits.iter().flat_map(|(repository, sha)| {
        let aliases = aliases[repository].iter();
        aliases.map(move |alias| (alias.clone(), sha.clone()))
    });
    let (repositories, shas): (Vec<String>, Vec<String>) = places.unzip();
    let ids: Vec<Uuid> = repositories
        .iter()
        .zip(&shas)
        .map(|(repository, sha)| commit(repository, sha))
        .collect();
    let mut pushes = BTreeSet::new();
    for (_, stored) in store::read(transaction, &ids).await? {
        pushes.extend(
            stored
                .sightings
                .into_iter()
                .filter_map(|sighting| Some((sighting.repository.to_string(), sighting.push?.0))),
        );
    }
    let rows = sqlx::query!(
        r#"SELECT known.repository, known.push
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
    pushes.extend(rows.into_iter().map(|row| (row.repository, row.push)));
    Ok(pushes)
}
