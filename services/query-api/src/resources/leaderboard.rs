//! Leaderboards: a page of a board, and what the board is computed from.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::{
    AccountClass, AccountReference, ClassFilter, ContributionKind, Metric, Period, Scope, Standing,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::coverage::{CoverageSummary, load_summary};
use super::period::PeriodResource;
use crate::addresses::{account_segment, path_segment};
use crate::api::Api;
use crate::cursor::Cursor;
use crate::points::decimal;
use crate::problem::Problem;
use crate::queries::board::{self, GlobalBoard, MemberCounts, Placed};
use crate::queries::ranks::ranks_of;
use crate::queries::snapshot::Snapshot;
use crate::scoped::scoped_board;
use crate::target::{ScopeName, Target, find_target};

/// Which part of which board is wanted.
#[derive(Clone, Debug)]
pub(crate) struct BoardRequest {
    pub(crate) scope: ScopeName,
    pub(crate) period: Period,
    pub(crate) metric: Metric,
    pub(crate) class: ClassFilter,
    pub(crate) limit: u32,
    pub(crate) after: Option<Standing>,
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
    /// `global`, `repository` or `organization`.
    #[schema(example = "repository")]
    pub(crate) kind: &'static str,
    /// The name it goes by now.
    #[schema(example = "rails/rails")]
    pub(crate) name: String,
    /// The repository: a numeric id, or `@owner/name` where no id is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repository: Option<String>,
    /// How many repositories an organization has here.
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
    /// What the board is ordered by.
    #[schema(value_type = String, example = "score")]
    pub(crate) metric: Metric,
    /// Whose contributions are shown.
    #[schema(value_type = String, example = "human")]
    pub(crate) class: ClassFilter,
    /// The scoring policy.
    pub(crate) policy_version: u32,
    /// The last sequence of the log that is counted here.
    pub(crate) version: i64,
    /// Contributors on the whole board.
    pub(crate) members: i64,
    /// How much of the period was seen.
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
        };
        Self {
            kind,
            name: target.name().to_owned(),
            repository,
            repositories,
        }
    }
}

/// The login to show for an account; one that was never named shows its
/// reference.
pub(crate) fn shown_login(login: Option<String>, account: &AccountReference) -> String {
    login.unwrap_or_else(|| account.as_str().trim_start_matches('@').to_owned())
}

/// Loads a page of a board.
pub(crate) async fn load_leaderboard(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &BoardRequest,
) -> Result<Leaderboard, Problem> {
    let target = find_target(snapshot, &request.scope).await?;
    let (mut leaderboard, members) = match target.scope() {
        Scope::Global => global_page(snapshot, request).await?,
        Scope::Repository(_) | Scope::Organization(_) => {
            scoped_page(api, snapshot, &target, request).await?
        }
    };
    // One row more than the page was asked for: it tells whether there is one.
    let limit = request.limit as usize;
    let more = leaderboard.len() > limit;
    leaderboard.truncate(limit);
    let next_cursor = leaderboard.last().filter(|_| more).map(place_of);
    let coverage = load_summary(api, snapshot, request.period).await?;
    Ok(Leaderboard {
        leaderboard: leaderboard
            .into_iter()
            .map(|row| row.into_entry(&target, request.period))
            .collect(),
        meta: BoardMeta {
            scope: ScopeResource::from(&target),
            period: request.period.into(),
            metric: request.metric,
            class: request.class,
            policy_version: api.settings().policy.version,
            version: snapshot.version().contributions,
            members,
            coverage,
            next_cursor,
            generated_at: api.now(),
        },
    })
}

/// A row before it is dressed for an answer.
struct RankedRow {
    rank: u64,
    placed: Placed,
    counts: MemberCounts,
}

fn place_of(row: &RankedRow) -> String {
    row.placed.standing.encode()
}

impl RankedRow {
    fn into_entry(self, target: &Target, period: Period) -> Entry {
        let Placed {
            standing,
            login,
            class,
        } = self.placed;
        let account = standing.contributor;
        let login = shown_login(login, &account);
        Entry {
            rank: self.rank,
            links: entry_links(&account, &login, target, period),
            login,
            account,
            class,
            value: standing.value,
            score: decimal(self.counts.score),
            score_thousandths: self.counts.score,
            counts: self.counts.counts,
            merged: standing.merged,
            reviews: standing.reviews,
        }
    }
}

fn entry_links(
    account: &AccountReference,
    login: &str,
    target: &Target,
    period: Period,
) -> EntryLinks {
    let contributor = format!("/api/v1/contributors/{}", account_segment(account));
    let scope = target.name().split('/').map(path_segment);
    let scope = scope.collect::<Vec<_>>().join("/");
    EntryLinks {
        explain: format!("{contributor}/explain?scope={scope}&period={period}"),
        contributor,
        page: format!("/contributors/{}", path_segment(login)),
    }
}

async fn global_page(
    snapshot: &mut Snapshot,
    request: &BoardRequest,
) -> Result<(Vec<RankedRow>, i64), Problem> {
    let wanted = GlobalBoard {
        period: request.period,
        metric: request.metric,
        class: request.class,
    };
    let limit = i64::from(request.limit) + 1;
    let after = request.after.as_ref();
    let connection = snapshot.connection();
    let rows = board::rows_after(connection, wanted, after, limit).await?;
    let ranks = ranks_of_page(snapshot, wanted, after.is_some(), &rows).await?;
    let contributors: Vec<String> = rows
        .iter()
        .map(|row| row.standing.contributor.to_string())
        .collect();
    let connection = snapshot.connection();
    let mut counts = board::member_counts(connection, request.period, &contributors).await?;
    let period = [request.period];
    let members = board::members(connection, request.metric, request.class, &period).await?;
    let members = members.into_values().next().unwrap_or(0);
    let rows = rows
        .into_iter()
        .zip(ranks)
        .map(|(placed, rank)| RankedRow {
            rank,
            counts: counts
                .remove(placed.standing.contributor.as_str())
                .unwrap_or_default(),
            placed,
        })
        .collect();
    Ok((rows, members))
}

/// The ranks of consecutive rows. Only two are looked up, whatever the size of
/// the page: that of the first row's value, whose tie may have begun before
/// the page, and that of whatever follows it.
async fn ranks_of_page(
    snapshot: &mut Snapshot,
    wanted: GlobalBoard,
    continued: bool,
    rows: &[Placed],
) -> Result<Vec<u64>, Problem> {
    let values: Vec<i64> = rows.iter().map(|row| row.standing.value).collect();
    let (Some(first), true) = (values.first(), continued) else {
        return Ok(ranks_after(&values, 1, 1));
    };
    let rank = async |snapshot: &mut Snapshot, value| {
        let values = [(wanted.period, value)];
        let ranks = ranks_of(snapshot.connection(), wanted.metric, wanted.class, &values);
        Ok::<_, Problem>(ranks.await?.into_values().next().unwrap_or(1))
    };
    let of_first = rank(snapshot, *first).await?;
    let of_next = rank(snapshot, first - 1).await?;
    let tied = values.iter().take_while(|value| *value == first).count();
    // Rows of the first tie that came before this page shift what follows it.
    let position = of_next - tied as u64;
    Ok(ranks_after(&values, of_first, position))
}

/// Ranks of values in descending order: the first has `rank` and stands at
/// `position`, counted from one.
fn ranks_after(values: &[i64], rank: u64, position: u64) -> Vec<u64> {
    let mut ranks = Vec::with_capacity(values.len());
    let mut previous: Option<(i64, u64)> = None;
    for (value, position) in values.iter().zip(position..) {
        let rank = match previous {
            None => rank,
            Some((above, rank)) if above == *value => rank,
            Some(_) => position,
        };
        previous = Some((*value, rank));
        ranks.push(rank);
    }
    ranks
}

async fn scoped_page(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    request: &BoardRequest,
) -> Result<(Vec<RankedRow>, i64), Problem> {
    let BoardRequest {
        period,
        metric,
        class,
        ..
    } = *request;
    let board = scoped_board(api, snapshot, target, period, metric, class).await?;
    let rows = board.after(request.after.as_ref()).iter();
    let rows = rows
        .take(request.limit as usize + 1)
        .filter_map(|(rank, standing)| {
            let member = board.tally.members.get(&standing.contributor)?;
            Some(RankedRow {
                rank: *rank,
                placed: Placed {
                    standing: standing.clone(),
                    login: member.login.clone(),
                    class: member.class,
                },
                counts: MemberCounts {
                    score: member.score,
                    counts: member.counts.clone(),
                },
            })
        })
        .collect();
    let members = i64::try_from(board.ranked.len()).unwrap_or(i64::MAX);
    Ok((rows, members))
}

/// Entries of a neighbourhood: the rows around a place, with their ranks.
pub(crate) fn entries_without_counts(
    rows: Vec<(u64, Placed)>,
    scores: &mut HashMap<String, MemberCounts>,
    period: Period,
) -> Vec<Entry> {
    rows.into_iter()
        .map(|(rank, placed)| {
            let counts = scores.remove(placed.standing.contributor.as_str());
            RankedRow {
                rank,
                placed,
                counts: counts.unwrap_or_default(),
            }
            .into_entry(&Target::Global, period)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_a_first_page_are_positions() {
        assert_eq!(ranks_after(&[9, 5, 5, 3], 1, 1), [1, 2, 2, 4]);
        assert_eq!(ranks_after(&[], 1, 1), Vec::<u64>::new());
    }

    #[test]
    fn a_tie_that_began_before_the_page_goes_on() {
        // The board 9 5 5 | 5 3 3 1: the page begins at position 4.
        assert_eq!(ranks_after(&[5, 3, 3, 1], 2, 4), [2, 5, 5, 7]);
    }
}
