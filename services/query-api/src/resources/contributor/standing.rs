//! Where a contributor stands, and who stands around.

use std::collections::HashMap;

use domain::{AccountReference, ClassFilter, Metric, Period};

use super::{Neighbours, PeriodRank};
use crate::api::Api;
use crate::computed::{computed_board, is_computed};
use crate::points::decimal;
use crate::problem::Problem;
use crate::queries::accounts::Account;
use crate::queries::board::{self, GlobalBoard};
use crate::queries::ranks::ranks_of;
use crate::queries::snapshot::Snapshot;
use crate::resources::leaderboard::{Entry, entries_without_counts};
use crate::target::Target;

/// Contributors shown above, and below.
const NEIGHBOURS: i64 = 5;

/// The places on boards over all repositories.
pub(super) async fn load_ranks(
    api: &Api,
    snapshot: &mut Snapshot,
    account: &Account,
    class: ClassFilter,
    periods: &[Period],
) -> Result<Vec<PeriodRank>, Problem> {
    match *periods {
        [period] if is_computed(&Target::Global, period) => {
            let rank = computed_rank(api, snapshot, account, class, period).await?;
            Ok(vec![rank])
        }
        _ => stored_ranks(snapshot, account, class, periods).await,
    }
}

async fn computed_rank(
    api: &Api,
    snapshot: &mut Snapshot,
    account: &Account,
    class: ClassFilter,
    period: Period,
) -> Result<PeriodRank, Problem> {
    let (target, metric) = (Target::Global, Metric::Score);
    let board = computed_board(api, snapshot, &target, period, metric, class).await?;
    let member = board.tally.members.get(&account.reference);
    let score = member.map_or(0, |member| member.score);
    Ok(PeriodRank {
        rank: board.rank(&account.reference),
        members: i64::try_from(board.ranked.len()).unwrap_or(i64::MAX),
        score: decimal(score),
        score_thousandths: score,
        period: period.into(),
    })
}

async fn stored_ranks(
    snapshot: &mut Snapshot,
    account: &Account,
    class: ClassFilter,
    periods: &[Period],
) -> Result<Vec<PeriodRank>, Problem> {
    let connection = snapshot.connection();
    let shown_here = class.classes().contains(&account.class);
    let contributor = &account.reference;
    let standings = board::standings_of(connection, contributor, Metric::Score, periods).await?;
    let members = board::members(connection, Metric::Score, class, periods).await?;
    let value = |period: &Period| standings.get(&period.to_string()).map(|place| place.value);
    let values: Vec<(Period, i64)> = periods
        .iter()
        .filter_map(|period| Some((*period, value(period)?)))
        .collect();
    let ranks = ranks_of(connection, Metric::Score, class, &values).await?;
    let ranks: HashMap<Period, u64> = values
        .iter()
        .map(|(period, _)| *period)
        .zip(ranks)
        .collect();
    Ok(periods
        .iter()
        .map(|period| {
            let name = period.to_string();
            let score = value(period).unwrap_or(0);
            PeriodRank {
                rank: ranks.get(period).copied().filter(|_| shown_here),
                members: members.get(&name).copied().unwrap_or(0),
                score: decimal(score),
                score_thousandths: score,
                period: (*period).into(),
            }
        })
        .collect())
}

pub(super) async fn load_neighbours(
    snapshot: &mut Snapshot,
    contributor: &AccountReference,
    class: ClassFilter,
) -> Result<Neighbours, Problem> {
    let wanted = GlobalBoard {
        period: Period::All,
        metric: Metric::Score,
        class,
    };
    let connection = snapshot.connection();
    let own = board::standings_of(connection, contributor, wanted.metric, &[wanted.period]).await?;
    let Some(own) = own.into_values().next() else {
        return Ok(Neighbours::default());
    };
    let above = board::rows_before(connection, wanted, &own, NEIGHBOURS).await?;
    let below = board::rows_after(connection, wanted, Some(&own), NEIGHBOURS).await?;
    Ok(Neighbours {
        above: rank_rows(snapshot, wanted, above).await?,
        below: rank_rows(snapshot, wanted, below).await?,
    })
}

async fn rank_rows(
    snapshot: &mut Snapshot,
    wanted: GlobalBoard,
    rows: Vec<board::Placed>,
) -> Result<Vec<Entry>, Problem> {
    let connection = snapshot.connection();
    let values: Vec<_> = rows
        .iter()
        .map(|row| (wanted.period, row.standing.value))
        .collect();
    let ranks = ranks_of(connection, wanted.metric, wanted.class, &values).await?;
    let ranked: Vec<_> = ranks.into_iter().zip(rows).collect();
    let contributors: Vec<String> = ranked
        .iter()
        .map(|(_, row)| row.standing.contributor.to_string())
        .collect();
    let mut counts = board::member_counts(connection, wanted.period, &contributors).await?;
    Ok(entries_without_counts(ranked, &mut counts, wanted.period))
}
