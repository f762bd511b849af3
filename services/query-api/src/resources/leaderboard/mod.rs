//! Leaderboards: a page of a board, and what the board is computed from.

mod companies;
mod export;
mod rows;
mod table;

pub(crate) use companies::{
    CompanyEntry, CompanyLeaderboard, Unaffiliated, load_company_leaderboard,
};
pub(crate) use export::{BoardFile, open_board, open_companies};
pub(crate) use rows::entries_without_counts;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::{
    AccountClass, AccountReference, ClassFilter, CompanyKey, ContributionKind, Metric, Period,
    Policy, Standing,
};
use serde::Serialize;
use utoipa::ToSchema;

use self::companies::CompanyResource;
use self::rows::{RankedRow, company_page, computed_page, global_page, place_of};
use super::coverage::{CoverageSummary, load_summary};
use super::period::PeriodResource;
use crate::addresses::{path_segment, repository_path};
use crate::api::Api;
use crate::computed::is_computed;
use crate::problem::Problem;
use crate::queries::snapshot::Snapshot;
use crate::standings::{WantedBoard, ranks_on};
use crate::target::{ScopeName, Target, find_target};

/// Which part of which board is wanted, that begins after a place of its sort.
#[derive(Clone, Debug)]
pub(crate) struct BoardRequest<Place = Standing> {
    /// The instant at which it was known; none for now.
    pub(crate) as_of: Option<DateTime<Utc>>,
    pub(crate) scope: ScopeName,
    pub(crate) period: Period,
    pub(crate) metric: Metric,
    pub(crate) class: ClassFilter,
    /// Whose people only are on the board, with what they did for it.
    pub(crate) company: Option<CompanyKey>,
    pub(crate) limit: u32,
    pub(crate) after: Option<Place>,
}

/// A page of a board.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Leaderboard {
    /// The entries, best first.
    pub(crate) leaderboard: Vec<Entry>,
    /// What the board is, and what it is computed from.
    pub(crate) meta: BoardMeta,
}

/// One contributor's place on a board.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Entry {
    /// The place; equal values share one (1, 2, 2, 4).
    #[schema(example = 1)]
    pub(crate) rank: u64,
    /// The place on the same board of the period before; null for who was not
    /// on it.
    #[schema(example = 3)]
    pub(crate) previous_rank: Option<u64>,
    /// How many places were gained since, or lost when below zero.
    #[schema(example = 2)]
    pub(crate) movement: Option<i64>,
    /// The present login.
    #[schema(example = "octocat")]
    pub(crate) login: String,
    /// The account: a numeric id, or `@login` where no id is known.
    #[schema(value_type = String, example = "583231")]
    pub(crate) account: AccountReference,
    /// `human`, `bot` or `agent`.
    #[schema(value_type = String, example = "human")]
    pub(crate) class: AccountClass,
    /// What the board is ordered by: thousandths of a point, or a number.
    #[schema(example = 1_234_560)]
    pub(crate) value: i64,
    /// The score on this board in points, exactly.
    #[schema(example = "1234.560")]
    pub(crate) score: String,
    /// The score in thousandths of a point.
    #[schema(example = 1_234_560)]
    pub(crate) score_thousandths: i64,
    /// Contributions on this board by kind; kinds without any are left out.
    #[schema(value_type = BTreeMap<String, i64>, example = json!({"commit": 12, "pull_request_merged": 4}))]
    pub(crate) counts: BTreeMap<ContributionKind, i64>,
    /// Merged pull requests on this board: the first tie-break.
    pub(crate) merged: i64,
    /// Reviews on this board: the second tie-break.
    pub(crate) reviews: i64,
    /// Where to go from here.
    pub(crate) links: EntryLinks,
}

/// Addresses about an entry.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryLinks {
    /// The contributor.
    #[schema(example = "/api/v1/contributors/id:583231")]
    pub(crate) contributor: String,
    /// The contributions that this score is made of.
    #[schema(example = "/api/v1/contributors/id:583231/explain?scope=rails/rails&period=2016-01")]
    pub(crate) explain: String,
    /// The contributor's page here.
    #[schema(example = "/contributors/octocat")]
    pub(crate) page: String,
}

/// What a board is about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScopeResource {
    /// `global`, `repository`, `organization` or `group`.
    #[schema(example = "repository")]
    pub(crate) kind: &'static str,
    /// The name it goes by now.
    #[schema(example = "rails/rails")]
    pub(crate) name: String,
    /// The repository: a numeric id, or `@owner/name` where no id is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repository: Option<String>,
    /// How many repositories an organization or a group has here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repositories: Option<usize>,
}

/// What a board is, and what it is computed from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoardMeta {
    /// Which repositories count.
    pub(crate) scope: ScopeResource,
    /// Which days count.
    pub(crate) period: PeriodResource,
    /// The days that movements are told from; null before all time.
    pub(crate) previous_period: Option<PeriodResource>,
    /// What the board is ordered by.
    #[schema(value_type = String, example = "score")]
    pub(crate) metric: Metric,
    /// Whose contributions are shown.
    #[schema(value_type = String, example = "human")]
    pub(crate) class: ClassFilter,
    /// The company whose people are shown, with what they did while they worked
    /// for it; left out where all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) company: Option<CompanyResource>,
    /// The scoring policy.
    pub(crate) policy_version: u32,
    /// The instant at which this was known; left out for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// The same, for bars in which its worth is shown.
    #[serde(skip)]
    pub(crate) policy: Policy,
    /// The last sequence of the log that is counted here.
    pub(crate) version: i64,
    /// Contributors on the whole board; on a board of companies, companies.
    pub(crate) members: i64,
    /// How much of the period was seen, of the repositories that count.
    pub(crate) coverage: CoverageSummary,
    /// The `cursor` of the next page; null on the last.
    pub(crate) next_cursor: Option<String>,
    /// When this answer was computed.
    pub(crate) generated_at: DateTime<Utc>,
}

impl From<&Target> for ScopeResource {
    fn from(target: &Target) -> Self {
        let (kind, repository, repositories) = match target {
            Target::Global => ("global", None, None),
            Target::Repository { repositories, .. } => {
                ("repository", repositories.first().cloned(), None)
            }
            Target::Organization { repositories, .. } => {
                ("organization", None, Some(repositories.len()))
            }
            Target::Group { repositories, .. } => ("group", None, Some(repositories.len())),
        };
        Self {
            kind,
            name: target.name().to_owned(),
            repository,
            repositories,
        }
    }
}

impl ScopeResource {
    /// Where its boards are: their pages, and as JSON.
    pub(crate) fn paths(&self) -> (String, String) {
        let path = match self.kind {
            "repository" => format!("repositories/{}", repository_path(&self.name)),
            "organization" => format!("organizations/{}", path_segment(&self.name)),
            "group" => format!("groups/{}", path_segment(&self.name)),
            _ => return ("/".to_owned(), "/api/v1/leaderboards/global".to_owned()),
        };
        (format!("/{path}"), format!("/api/v1/leaderboards/{path}"))
    }

    /// Where its boards of companies are, likewise.
    pub(crate) fn company_paths(&self) -> (String, String) {
        let (page, json) = self.paths();
        let page = page.trim_end_matches('/');
        (format!("{page}/companies"), format!("{json}/companies"))
    }
}

/// The login to show for an account; one that was never named shows its
/// reference.
pub(crate) fn shown_login(login: Option<String>, account: &AccountReference) -> String {
    login.unwrap_or_else(|| account.as_str().trim_start_matches('@').to_owned())
}

/// The ranks of a page's contributors in the period before.
async fn ranks_before(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    request: &BoardRequest,
    rows: &[RankedRow],
) -> Result<HashMap<AccountReference, u64>, Problem> {
    let Some(period) = request.period.previous() else {
        return Ok(HashMap::new());
    };
    let board = WantedBoard {
        target,
        period,
        metric: request.metric,
        class: request.class,
        company: request.company.as_ref(),
    };
    let contributors: Vec<AccountReference> =
        rows.iter().map(|row| row.contributor().clone()).collect();
    ranks_on(api, snapshot, board, &contributors).await
}

/// The rows of a page of a board, and how many the whole board has. There is
/// one row more than was asked for, where there is one.
async fn load_rows(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    request: &BoardRequest,
) -> Result<(Vec<RankedRow>, i64), Problem> {
    if let Some(company) = &request.company {
        company_page(api, snapshot, target, request, company).await
    } else if is_computed(target, request.period) {
        computed_page(api, snapshot, target, request).await
    } else {
        global_page(snapshot, request).await
    }
}

/// The entries of a page of a board, without what moved, and how many the whole
/// board has.
pub(crate) async fn load_entries(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    request: &BoardRequest,
) -> Result<(Vec<Entry>, i64), Problem> {
    let (mut rows, members) = load_rows(api, snapshot, target, request).await?;
    rows.truncate(request.limit as usize);
    let entries = rows
        .into_iter()
        .map(|row| row.into_entry(target, request.period, None));
    Ok((entries.collect(), members))
}

/// Loads a page of a board.
pub(crate) async fn load_leaderboard(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &BoardRequest,
) -> Result<Leaderboard, Problem> {
    let target = find_target(snapshot, &request.scope).await?;
    let company = match &request.company {
        Some(company) => Some(CompanyResource::find(api, snapshot, company).await?),
        None => None,
    };
    let (mut leaderboard, members) = load_rows(api, snapshot, &target, request).await?;
    // One row more than the page was asked for: it tells whether there is one.
    let limit = request.limit as usize;
    let more = leaderboard.len() > limit;
    leaderboard.truncate(limit);
    let next_cursor = leaderboard.last().filter(|_| more).map(place_of);
    let meta = load_meta(api, snapshot, &target, request, members).await?;
    let before = ranks_before(api, snapshot, &target, request, &leaderboard).await?;
    Ok(Leaderboard {
        leaderboard: leaderboard
            .into_iter()
            .map(|row| {
                let before = before.get(row.contributor()).copied();
                row.into_entry(&target, request.period, before)
            })
            .collect(),
        meta: BoardMeta {
            company,
            next_cursor,
            ..meta
        },
    })
}

/// What a board of any sort is, and what it is computed from.
pub(crate) async fn load_meta<Place>(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    request: &BoardRequest<Place>,
    members: i64,
) -> Result<BoardMeta, Problem> {
    let policy = snapshot.policy(target).clone();
    let coverage = load_summary(api, snapshot, target, request.period).await?;
    Ok(BoardMeta {
        scope: ScopeResource::from(target),
        period: request.period.into(),
        previous_period: request.period.previous().map(PeriodResource::from),
        metric: request.metric,
        class: request.class,
        company: None,
        policy_version: policy.version,
        policy,
        version: snapshot.version().contributions,
        as_of: snapshot.as_of(),
        members,
        coverage,
        next_cursor: None,
        generated_at: api.now(),
    })
}
