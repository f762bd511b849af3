//! The rows of a page of a board, ranked.

use std::collections::HashMap;

use domain::{AccountReference, CompanyKey, Period, Standing};

use super::{BoardRequest, Entry, EntryLinks, Leaderboard, shown_login};
use crate::addresses::{account_segment, path_segment};
use crate::api::Api;
use crate::computed::{Board, company_members, computed_board};
use crate::cursor::List;
use crate::points::decimal;
use crate::problem::Problem;
use crate::queries::accounts::accounts_of;
use crate::queries::board::{self, GlobalBoard, MemberCounts, Placed};
use crate::queries::ranks::ranks_of;
use crate::queries::snapshot::Snapshot;
use crate::target::Target;

/// A row before it is dressed for an answer.
pub(super) struct RankedRow {
    rank: u64,
    placed: Placed,
    counts: MemberCounts,
}

pub(super) fn place_of(row: &RankedRow) -> String {
    Leaderboard::cursor_after(&row.placed.standing)
}

impl RankedRow {
    pub(super) fn contributor(&self) -> &AccountReference {
        &self.placed.standing.contributor
    }

    /// `before` is the rank in the period before, if there is one.
    pub(super) fn into_entry(self, target: &Target, period: Period, before: Option<u64>) -> Entry {
        let Placed {
            standing,
            login,
            class,
        } = self.placed;
        let account = standing.contributor;
        let login = shown_login(login, &account);
        Entry {
            rank: self.rank,
            previous_rank: before,
            movement: before.map(|before| before.cast_signed() - self.rank.cast_signed()),
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
    let scope = target.parameter();
    EntryLinks {
        explain: format!("{contributor}/explain?scope={scope}&period={period}"),
        contributor,
        page: format!("/contributors/{}", path_segment(login)),
    }
}

pub(super) async fn global_page(
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
    let rows = with_counts(snapshot, request.period, rows, ranks).await?;
    let period = [request.period];
    let connection = snapshot.connection();
    let members = board::members(connection, request.metric, request.class, &period).await?;
    Ok((rows, members.into_values().next().unwrap_or(0)))
}

/// Rows of a board over all repositories, with what was done.
pub(super) async fn with_counts(
    snapshot: &mut Snapshot,
    period: Period,
    rows: Vec<Placed>,
    ranks: Vec<u64>,
) -> Result<Vec<RankedRow>, Problem> {
    let contributors: Vec<String> = rows
        .iter()
        .map(|row| row.standing.contributor.to_string())
        .collect();
    let connection = snapshot.connection();
    let mut counts = board::member_counts(connection, period, &contributors).await?;
    let rows = rows.into_iter().zip(ranks).map(|(placed, rank)| RankedRow {
        rank,
        counts: counts
            .remove(placed.standing.contributor.as_str())
            .unwrap_or_default(),
        placed,
    });
    Ok(rows.collect())
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
    let GlobalBoard {
        period,
        metric,
        class,
    } = wanted;
    let wanted = [(period, *first), (period, first - 1)];
    let ranks = ranks_of(snapshot.connection(), metric, class, &wanted).await?;
    let [of_first, of_next] = ranks[..] else {
        return Ok(ranks_after(&values, 1, 1));
    };
    let tied = values.iter().take_while(|value| *value == first).count();
    // Rows of the first tie that came before this page shift what follows it.
    let position = of_next - tied as u64;
    Ok(ranks_after(&values, of_first, position))
}

/// Ranks of values in descending order: the first has `rank` and stands at
/// `position`, counted from one.
fn ranks_after(values: &[i64], rank: u64, position: u64) -> Vec<u64> {
    let mut ranking = Ranking {
        before: position - 1,
        last: values.first().map(|first| (*first, rank)),
    };
    ranking.ranks(values)
}

/// How far the rows of a board were ranked, in its order.
#[derive(Debug, Default)]
pub(super) struct Ranking {
    /// Rows that were.
    before: u64,
    /// The last value, and its rank.
    last: Option<(i64, u64)>,
}

impl Ranking {
    /// The ranks of the values that follow. Equal ones share one.
    pub(super) fn ranks(&mut self, values: &[i64]) -> Vec<u64> {
        let ranks = values.iter().map(|value| {
            self.before += 1;
            let rank = match self.last {
                Some((above, rank)) if above == *value => rank,
                _ => self.before,
            };
            self.last = Some((*value, rank));
            rank
        });
        ranks.collect()
    }
}

pub(super) async fn computed_page(
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
    let board = computed_board(api, snapshot, target, period, metric, class).await?;
    page_of(snapshot, &board, request).await
}

/// A page of the board of a company's people.
pub(super) async fn company_page(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    request: &BoardRequest,
    company: &CompanyKey,
) -> Result<(Vec<RankedRow>, i64), Problem> {
    let BoardRequest {
        period,
        metric,
        class,
        ..
    } = *request;
    let board = company_members(api, snapshot, target, period, metric, class, company).await?;
    page_of(snapshot, &board, request).await
}

/// A page of a board that is in memory.
async fn page_of(
    snapshot: &mut Snapshot,
    board: &Board,
    request: &BoardRequest,
) -> Result<(Vec<RankedRow>, i64), Problem> {
    let following = board.after(request.after.as_ref());
    let page = &following[..following.len().min(request.limit as usize + 1)];
    let rows = dress(snapshot, board, page).await?;
    let members = i64::try_from(board.ranked.len()).unwrap_or(i64::MAX);
    Ok((rows, members))
}

/// Places of a board that is in memory, with who holds them and what they did.
pub(super) async fn dress(
    snapshot: &mut Snapshot,
    board: &Board,
    places: &[(u64, Standing)],
) -> Result<Vec<RankedRow>, Problem> {
    let contributors: Vec<String> = places
        .iter()
        .map(|(_, standing)| standing.contributor.to_string())
        .collect();
    let mut accounts = accounts_of(snapshot.connection(), &contributors).await?;
    let rows = places.iter().filter_map(|(rank, standing)| {
        let member = board.tally.members.get(&standing.contributor)?;
        let account = accounts.remove(standing.contributor.as_str());
        Some(RankedRow {
            rank: *rank,
            placed: Placed {
                standing: standing.clone(),
                login: account.map(|account| account.login),
                class: member.class,
            },
            counts: MemberCounts {
                score: member.score,
                counts: member.counts(),
            },
        })
    });
    Ok(rows.collect())
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
            .into_entry(&Target::Global, period, None)
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

    #[test]
    fn a_board_that_is_ranked_in_parts_has_the_ranks_of_the_whole() {
        let values = [9, 5, 5, 5, 3, 3, 1, 1, 1, 1];
        let whole = Ranking::default().ranks(&values);
        for size in 1..values.len() {
            let mut ranking = Ranking::default();
            let parts = values.chunks(size).flat_map(|part| ranking.ranks(part));
            assert_eq!(parts.collect::<Vec<_>>(), whole, "{size}");
        }
    }
}
