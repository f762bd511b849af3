//! Boards whose rows are companies: what people did counts for the company
//! that they worked for on the day.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::{CompanyKey, CompanyStanding, ContributionKind, Metric};
use serde::Serialize;
use utoipa::ToSchema;

use super::{BoardMeta, BoardRequest, ScopeResource, load_meta};
use crate::addresses::path_segment;
use crate::affiliations::{KnownAffiliations, known_affiliations};
use crate::api::Api;
use crate::computed::{CompanyBoard, Work, company_board};
use crate::cursor::List;
use crate::points::decimal;
use crate::problem::Problem;
use crate::queries::snapshot::Snapshot;
use crate::target::{Target, find_target};

/// A page of a board of companies.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompanyLeaderboard {
    /// The companies, best first.
    pub(crate) leaderboard: Vec<CompanyEntry>,
    /// What was done for no company that is known. With it the companies of all
    /// pages come to what the board of contributors does.
    pub(crate) unaffiliated: Unaffiliated,
    /// What the board is, and what it is computed from.
    pub(crate) meta: BoardMeta,
}

/// A company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CompanyResource {
    /// The name, as most affiliations write it.
    #[schema(example = "Octo Inc.")]
    pub(crate) name: String,
}

impl CompanyResource {
    /// The company of this key, or the problem that nobody worked for it.
    pub(super) async fn find(
        api: &Api,
        snapshot: &mut Snapshot,
        company: &CompanyKey,
    ) -> Result<Self, Problem> {
        let known = known_affiliations(api, snapshot).await?;
        let name = known.spelling(company).ok_or_else(|| {
            Problem::not_found(format!(
                "Nobody is known to have worked for {:?}; \
                 /api/v1/leaderboards/global/companies has those that are known",
                company.as_str()
            ))
        })?;
        Ok(Self {
            name: name.to_owned(),
        })
    }
}

/// One company's place on a board.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompanyEntry {
    /// The place; equal values share one (1, 2, 2, 4).
    #[schema(example = 1)]
    pub(crate) rank: u64,
    /// The place on the same board of the period before; null for what was not
    /// on it.
    #[schema(example = 3)]
    pub(crate) previous_rank: Option<u64>,
    /// How many places were gained since, or lost when below zero.
    #[schema(example = 2)]
    pub(crate) movement: Option<i64>,
    /// The name, as most affiliations write it.
    #[schema(example = "Octo Inc.")]
    pub(crate) company: String,
    /// Contributors that the value is of.
    #[schema(example = 12)]
    pub(crate) contributors: i64,
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
    pub(crate) links: CompanyLinks,
}

/// Addresses about a company.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompanyLinks {
    /// The board of its people, of the same scope and period.
    #[schema(example = "/api/v1/leaderboards/global?company=Octo%20Inc.&period=2016-01")]
    pub(crate) contributors: String,
    /// The page of that board.
    #[schema(example = "/?company=Octo%20Inc.&period=2016-01")]
    pub(crate) page: String,
}

/// What was done for no company that is known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Unaffiliated {
    /// Contributors that the value is of.
    #[schema(example = 240)]
    pub(crate) contributors: i64,
    /// As of an entry.
    #[schema(example = 8_234_560)]
    pub(crate) value: i64,
    /// The score in points, exactly.
    #[schema(example = "8234.560")]
    pub(crate) score: String,
    /// The score in thousandths of a point.
    #[schema(example = 8_234_560)]
    pub(crate) score_thousandths: i64,
    /// Contributions by kind; kinds without any are left out.
    #[schema(value_type = BTreeMap<String, i64>, example = json!({"commit": 120}))]
    pub(crate) counts: BTreeMap<ContributionKind, i64>,
    /// What share the value has of that of everybody on the board of
    /// contributors, in percent, rounded down to hundredths; null where there
    /// is nothing to have a share of.
    #[schema(example = "86.96")]
    pub(crate) percent: Option<String>,
}

impl Unaffiliated {
    fn of(board: &CompanyBoard, metric: Metric) -> Self {
        let work = &board.unaffiliated;
        let value = work.value(metric);
        Self {
            contributors: work.people,
            value,
            score: decimal(work.score),
            score_thousandths: work.score,
            counts: work.counts.clone(),
            percent: percent(value, board.everybody.value(metric)),
        }
    }
}

/// A share in percent, rounded down to hundredths; `None` of nothing.
fn percent(part: i64, whole: i64) -> Option<String> {
    if whole <= 0 {
        return None;
    }
    let hundredths = i128::from(part) * 10_000 / i128::from(whole);
    Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

/// The ranks on the same board of the period before.
async fn ranks_before(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    request: &BoardRequest<CompanyStanding>,
) -> Result<HashMap<CompanyKey, u64>, Problem> {
    let Some(period) = request.period.previous() else {
        return Ok(HashMap::new());
    };
    let (metric, class) = (request.metric, request.class);
    let board = company_board(api, snapshot, target, period, metric, class).await?;
    let ranked = board.ranked.into_iter();
    Ok(ranked
        .map(|(rank, standing)| (standing.company, rank))
        .collect())
}

/// A whole board of companies, and what its rows are dressed with.
pub(super) struct CompanyRows {
    known: Arc<KnownAffiliations>,
    board: CompanyBoard,
    before: HashMap<CompanyKey, u64>,
    paths: (String, String),
    /// What the addresses of boards of people say besides the company.
    query: String,
}

impl CompanyRows {
    pub(super) async fn load(
        api: &Api,
        snapshot: &mut Snapshot,
        target: &Target,
        request: &BoardRequest<CompanyStanding>,
    ) -> Result<Self, Problem> {
        let (period, metric) = (request.period, request.metric);
        Ok(Self {
            board: company_board(api, snapshot, target, period, metric, request.class).await?,
            known: known_affiliations(api, snapshot).await?,
            before: ranks_before(api, snapshot, target, request).await?,
            paths: ScopeResource::from(target).paths(),
            query: query_of(request),
        })
    }

    /// How many companies there are.
    pub(super) fn members(&self) -> i64 {
        i64::try_from(self.board.ranked.len()).unwrap_or(i64::MAX)
    }

    /// What stands apart.
    pub(super) fn unaffiliated(&self, metric: Metric) -> Unaffiliated {
        Unaffiliated::of(&self.board, metric)
    }

    /// So many entries, without those before.
    pub(super) fn entries(&self, before: usize, most: usize) -> Vec<CompanyEntry> {
        let places = self.board.ranked.iter().skip(before).take(most);
        let entry = |(rank, standing): &(u64, CompanyStanding)| self.entry(*rank, standing);
        places.map(entry).collect()
    }

    fn entry(&self, rank: u64, standing: &CompanyStanding) -> CompanyEntry {
        let key = &standing.company;
        let name = self.known.spelling(key).unwrap_or(key.as_str());
        let before = self.before.get(key).copied();
        let work = self.board.companies.get(key).cloned().unwrap_or_default();
        let Work {
            people,
            score,
            counts,
        } = work;
        let people_of = |path: &str| {
            let company = path_segment(name);
            format!("{path}?company={company}{}", self.query)
        };
        CompanyEntry {
            rank,
            previous_rank: before,
            movement: before.map(|before| before.cast_signed() - rank.cast_signed()),
            company: name.to_owned(),
            contributors: people,
            value: standing.value,
            score: decimal(score),
            score_thousandths: score,
            counts,
            merged: standing.merged,
            reviews: standing.reviews,
            links: CompanyLinks {
                page: people_of(&self.paths.0),
                contributors: people_of(&self.paths.1),
            },
        }
    }
}

/// What an address says of a board that is not what boards are by default.
fn query_of<Place>(request: &BoardRequest<Place>) -> String {
    let mut query = String::new();
    if request.period != domain::Period::All {
        query.push_str(&format!("&period={}", request.period));
    }
    if request.metric != Metric::Score {
        query.push_str(&format!("&kind={}", request.metric));
    }
    if request.class != domain::ClassFilter::default() {
        query.push_str(&format!("&class={}", request.class.as_str()));
    }
    query
}

/// Loads a page of a board of companies.
pub(crate) async fn load_company_leaderboard(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &BoardRequest<CompanyStanding>,
) -> Result<CompanyLeaderboard, Problem> {
    let target = find_target(snapshot, &request.scope).await?;
    let rows = CompanyRows::load(api, snapshot, &target, request).await?;
    let following = rows.board.after(request.after.as_ref());
    let limit = request.limit as usize;
    let before = rows.board.ranked.len() - following.len();
    let last = following[..following.len().min(limit)].last();
    let last = last.filter(|_| following.len() > limit);
    Ok(CompanyLeaderboard {
        leaderboard: rows.entries(before, limit),
        unaffiliated: rows.unaffiliated(request.metric),
        meta: BoardMeta {
            next_cursor: last.map(|(_, standing)| CompanyLeaderboard::cursor_after(standing)),
            ..load_meta(api, snapshot, &target, request, rows.members()).await?
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_down_and_none_of_nothing() {
        assert_eq!(percent(2, 3).as_deref(), Some("66.66"));
        assert_eq!(percent(5, 5).as_deref(), Some("100.00"));
        assert_eq!(percent(0, 7).as_deref(), Some("0.00"));
        assert_eq!(percent(i64::MAX / 2, i64::MAX).as_deref(), Some("49.99"));
        assert_eq!(percent(0, 0), None);
    }
}
