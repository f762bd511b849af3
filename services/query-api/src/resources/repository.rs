//! Repositories: what they were called, and what was done in them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{ClassFilter, ContributionKind, Metric, Period, RepositoryReference};
use serde::Serialize;
use utoipa::ToSchema;

use super::coverage::{CoverageSummary, load_summary};
use super::name::NameOverTime;
use super::period::PeriodResource;
use crate::addresses::repository_path;
use crate::api::Api;
use crate::computed::computed_board;
use crate::points::decimal;
use crate::problem::Problem;
use crate::queries::contributions::pending_in;
use crate::queries::repositories::names_over_time;
use crate::queries::snapshot::Snapshot;
use crate::target::{Target, existing_repository};

/// A repository, and what the answer is computed from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepositoryAnswer {
    /// The repository.
    pub(crate) repository: RepositoryResource,
    /// What the answer is computed from.
    pub(crate) meta: RepositoryMeta,
}

/// What a repository is called, and what was done in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepositoryResource {
    /// A numeric id, or `@owner/name` where no id is known.
    #[schema(value_type = String, example = "8514")]
    pub(crate) repository: RepositoryReference,
    /// The present name.
    #[schema(example = "rails/rails")]
    pub(crate) name: String,
    /// Every name it has borne, the latest first.
    pub(crate) names: Vec<NameOverTime>,
    /// What everybody did in it.
    pub(crate) totals: RepositoryTotals,
    /// Contributions nobody is credited for yet.
    pub(crate) pending: i64,
    /// The repository on GitHub.
    #[schema(example = "https://github.com/rails/rails")]
    pub(crate) github_url: String,
    /// Its leaderboard.
    #[schema(example = "/api/v1/leaderboards/repositories/rails/rails")]
    pub(crate) leaderboard: String,
}

/// What everybody of a class did in a repository.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepositoryTotals {
    /// The period.
    pub(crate) period: PeriodResource,
    /// Contributors with any contribution.
    pub(crate) contributors: usize,
    /// The sum of all scores in points, exactly.
    #[schema(example = "1234.560")]
    pub(crate) score: String,
    /// The sum of all scores in thousandths of a point.
    #[schema(example = 1_234_560)]
    pub(crate) score_thousandths: i64,
    /// Contributions by kind; kinds without any are left out.
    #[schema(value_type = BTreeMap<String, i64>, example = json!({"commit": 12}))]
    pub(crate) counts: BTreeMap<ContributionKind, i64>,
}

/// What a repository's totals are computed from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepositoryMeta {
    /// Whose contributions are added up.
    #[schema(value_type = String, example = "everyone")]
    pub(crate) class: ClassFilter,
    /// The scoring policy.
    pub(crate) policy_version: u32,
    /// The instant at which this was known; left out for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// The last sequence of the log that is counted here.
    pub(crate) version: i64,
    /// How much of the period was seen of the repository.
    pub(crate) coverage: CoverageSummary,
    /// When this answer was computed.
    pub(crate) generated_at: DateTime<Utc>,
}

/// Loads a repository and its totals.
pub(crate) async fn load_repository(
    api: &Api,
    snapshot: &mut Snapshot,
    name: &str,
    period: Period,
    class: ClassFilter,
) -> Result<RepositoryAnswer, Problem> {
    let found = existing_repository(snapshot, name).await?;
    let target = Target::of_repository(&found);
    let totals = load_totals(api, snapshot, &target, period, class).await?;
    let names = names_over_time(snapshot.connection(), &found.reference).await?;
    let path = repository_path(&found.name);
    Ok(RepositoryAnswer {
        repository: RepositoryResource {
            names: names.into_iter().map(NameOverTime::from).collect(),
            totals,
            pending: pending_in(snapshot.connection(), &found.reference).await?,
            github_url: format!("https://github.com/{path}"),
            leaderboard: format!("/api/v1/leaderboards/repositories/{path}"),
            repository: found.reference,
            name: found.name,
        },
        meta: RepositoryMeta {
            class,
            policy_version: snapshot.policy(&target).version,
            as_of: snapshot.as_of(),
            version: snapshot.version().contributions,
            coverage: load_summary(api, snapshot, &target, period).await?,
            generated_at: api.now(),
        },
    })
}

async fn load_totals(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    period: Period,
    class: ClassFilter,
) -> Result<RepositoryTotals, Problem> {
    let board = computed_board(api, snapshot, target, period, Metric::Score, class).await?;
    let mut counts: BTreeMap<ContributionKind, i64> = BTreeMap::new();
    let (mut contributors, mut score) = (0, 0);
    for member in board.tally.members.values() {
        if class.classes().contains(&member.class) {
            contributors += 1;
            score += member.score;
            for (kind, count) in member.counts() {
                *counts.entry(kind).or_default() += count;
            }
        }
    }
    Ok(RepositoryTotals {
        period: period.into(),
        contributors,
        score: decimal(score),
        score_thousandths: score,
        counts,
    })
}
