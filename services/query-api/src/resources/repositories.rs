//! Lists of repositories: those that are tracked, and all that anything was seen of.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{CoverageVerdict, RepositoryReference, Source};
use serde::Serialize;
use utoipa::ToSchema;

use super::coverage::HoursByVerdict;
use crate::addresses::repository_path;
use crate::api::Api;
use crate::coverage_index::CoverageIndex;
use crate::cursor::{List, RepositoryCursor};
use crate::problem::Problem;
use crate::queries::repositories::{Repository, facts_of, repositories_after};
use crate::queries::snapshot::Snapshot;
use crate::target::Target;
use crate::tracked::{TrackedRepository, known_tracked, seen_of};

/// A page of repositories.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Repositories {
    /// The repositories, by name; case does not matter.
    pub(crate) repositories: Vec<ListedRepository>,
    /// What the answer is computed from, and where the next page begins.
    pub(crate) meta: RepositoriesMeta,
}

/// A repository of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedRepository {
    /// A numeric id, or `@owner/name` where no id is known; null where nothing was
    /// seen of it yet.
    #[schema(value_type = Option<String>, example = "8514")]
    pub(crate) repository: Option<RepositoryReference>,
    /// The present name.
    #[schema(example = "rails/rails")]
    pub(crate) name: String,
    /// Whether it was decided that it is read from sources that are asked for single
    /// repositories.
    #[schema(example = true)]
    pub(crate) tracked: bool,
    /// When that was last decided about, its name and id included; null where it is
    /// not tracked.
    #[schema(example = "2026-02-01T09:30:00Z")]
    pub(crate) tracked_since: Option<DateTime<Utc>>,
    /// Contributors with any contribution, of every class.
    #[schema(example = 4_412)]
    pub(crate) contributors: i64,
    /// The last UTC day with any contribution; null where there is none.
    #[schema(example = "2026-03-01")]
    pub(crate) last_day: Option<NaiveDate>,
    /// How much was seen of it.
    pub(crate) coverage: RepositoryCoverage,
    /// The repository on GitHub.
    #[schema(example = "https://github.com/rails/rails")]
    pub(crate) github_url: String,
    /// Its leaderboard; null where nothing was seen of it yet.
    #[schema(example = "/api/v1/leaderboards/repositories/rails/rails")]
    pub(crate) leaderboard: Option<String>,
}

/// How much was seen of a repository, from the first hour that was read of anything
/// to the last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepositoryCoverage {
    /// The worst that holds for any hour: `complete`, `unknown`, `partial` or
    /// `missing`; see boards.
    #[schema(value_type = String, example = "partial")]
    pub(crate) verdict: CoverageVerdict,
    /// Hours by verdict.
    pub(crate) hours: HoursByVerdict,
    /// The sources that were read of it: `archive`, `api`, `bigquery`.
    #[schema(value_type = Vec<String>, example = json!(["archive"]))]
    pub(crate) sources: Vec<Source>,
}

/// What a list of repositories is computed from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepositoriesMeta {
    /// How many repositories are tracked altogether.
    #[schema(example = 12)]
    pub(crate) tracked: usize,
    /// The instant at which this was known; left out for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// The last sequence of the log that is counted here.
    #[schema(example = 48_211)]
    pub(crate) version: i64,
    /// The `cursor` of the next page; null on the last.
    #[schema(example = json!(null))]
    pub(crate) next_cursor: Option<String>,
    /// When this answer was computed.
    pub(crate) generated_at: DateTime<Utc>,
}

/// Which repositories are wanted.
#[derive(Clone, Debug)]
pub(crate) struct RepositoriesRequest {
    pub(crate) owner: Option<String>,
    /// Whether only those that are tracked are.
    pub(crate) only_tracked: bool,
    pub(crate) after: Option<RepositoryCursor>,
    pub(crate) limit: u32,
}

/// A repository that may be on a page.
struct Row {
    place: RepositoryCursor,
    /// Nothing may have been seen of it.
    repository: Option<Repository>,
    name: String,
    since: Option<DateTime<Utc>>,
}

impl Row {
    fn of(repository: Option<Repository>, called: &str, since: Option<DateTime<Utc>>) -> Self {
        let name = repository.as_ref().map_or(called, |known| &known.name);
        let name = name.to_owned();
        let reference = repository.as_ref().map(|known| known.reference.to_string());
        Self {
            place: RepositoryCursor {
                name: name.to_lowercase(),
                repository: reference.unwrap_or_default(),
            },
            repository,
            name,
            since,
        }
    }
}

impl RepositoriesRequest {
    /// Whether a row belongs on this page, or on one after it.
    fn wants(&self, row: &Row) -> bool {
        let is_of_owner = self.owner.as_ref().is_none_or(|owner| {
            let (of, _) = row.place.name.split_once('/').unwrap_or_default();
            of == owner.to_lowercase()
        });
        let after = self.after.as_ref();
        is_of_owner && after.is_none_or(|after| row.place > *after)
    }
}

/// Loads a page of repositories.
pub(crate) async fn load_repositories(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &RepositoriesRequest,
) -> Result<Repositories, Problem> {
    let tracked = known_tracked(api, snapshot).await?;
    let mut rows = tracked_rows(snapshot, &tracked).await?;
    if !request.only_tracked {
        rows = all_rows(snapshot, rows, request).await?;
    }
    rows.retain(|row| request.wants(row));
    rows.sort_by(|one, other| one.place.cmp(&other.place));
    let more = rows.len() > request.limit as usize;
    rows.truncate(request.limit as usize);
    let last = rows.last().filter(|_| more);
    let next = last.map(|row| Repositories::cursor_after(&row.place));
    Ok(Repositories {
        repositories: with_facts(api, snapshot, rows).await?,
        meta: RepositoriesMeta {
            tracked: tracked.len(),
            as_of: snapshot.as_of(),
            version: snapshot.version().contributions,
            next_cursor: next,
            generated_at: api.now(),
        },
    })
}

/// What is tracked, each as it is called now. There are as many as people decided on.
async fn tracked_rows(
    snapshot: &mut Snapshot,
    tracked: &[TrackedRepository],
) -> Result<Vec<Row>, Problem> {
    let seen = seen_of(snapshot, tracked).await?;
    let rows = tracked.iter().zip(seen);
    let rows = rows.map(|(one, seen)| Row::of(seen, &one.name, Some(one.since)));
    Ok(rows.collect())
}

/// As many as a page takes of all that were seen, and what is tracked and was not.
async fn all_rows(
    snapshot: &mut Snapshot,
    tracked: Vec<Row>,
    request: &RepositoriesRequest,
) -> Result<Vec<Row>, Problem> {
    let (owner, after) = (request.owner.as_deref(), request.after.as_ref());
    let limit = i64::from(request.limit) + 1;
    let seen = repositories_after(snapshot.connection(), owner, after, limit).await?;
    let since: HashMap<String, Option<DateTime<Utc>>> = tracked
        .iter()
        .map(|row| (row.place.repository.clone(), row.since))
        .collect();
    let seen = seen.into_iter().map(|repository| {
        let since = since.get(repository.reference.as_str()).copied().flatten();
        Row::of(Some(repository), "", since)
    });
    let unseen = tracked.into_iter().filter(|row| row.repository.is_none());
    Ok(seen.chain(unseen).collect())
}

async fn with_facts(
    api: &Api,
    snapshot: &mut Snapshot,
    rows: Vec<Row>,
) -> Result<Vec<ListedRepository>, Problem> {
    let references = rows.iter().filter_map(|row| row.repository.as_ref());
    let references: Vec<String> = references
        .map(|known| known.reference.to_string())
        .collect();
    let facts = facts_of(snapshot.connection(), &references).await?;
    let index = CoverageIndex::of(api, snapshot).await?;
    let mut listed = Vec::with_capacity(rows.len());
    for row in rows {
        let target = match &row.repository {
            Some(repository) => Target::of_repository(repository),
            None => Target::Repository {
                name: row.name.clone(),
                repositories: Vec::new(),
            },
        };
        let all_time = (None, None);
        let (hours, sources) = index.count(snapshot, &target, all_time, api.now()).await?;
        let facts = facts
            .get(&row.place.repository)
            .copied()
            .unwrap_or_default();
        let path = repository_path(&row.name);
        let leaderboard = row.repository.as_ref();
        listed.push(ListedRepository {
            leaderboard: leaderboard.map(|_| format!("/api/v1/leaderboards/repositories/{path}")),
            repository: row.repository.map(|known| known.reference),
            name: row.name,
            tracked: row.since.is_some(),
            tracked_since: row.since,
            contributors: facts.contributors,
            last_day: facts.last_day,
            coverage: RepositoryCoverage {
                verdict: hours.verdict(),
                hours: hours.into(),
                sources,
            },
            github_url: format!("https://github.com/{path}"),
        });
    }
    Ok(listed)
}
