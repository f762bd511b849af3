//! Where some contributors stand on a board, whether it is stored or computed.

use std::collections::{BTreeSet, HashMap};

use domain::{AccountReference, ClassFilter, CompanyKey, Metric, Period};

use crate::api::Api;
use crate::computed::{Board, company_members, computed_board, is_computed};
use crate::problem::Problem;
use crate::queries::board::standings_of_all;
use crate::queries::ranks::ranks_of;
use crate::queries::snapshot::Snapshot;
use crate::target::Target;

/// A board of any scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WantedBoard<'a> {
    pub(crate) target: &'a Target,
    pub(crate) period: Period,
    pub(crate) metric: Metric,
    /// The classes of the contributors asked about, and of those above them.
    pub(crate) class: ClassFilter,
    /// Whose people only are on it.
    pub(crate) company: Option<&'a CompanyKey>,
}

/// The ranks of some contributors; those who are not on the board are left out.
pub(crate) async fn ranks_on(
    api: &Api,
    snapshot: &mut Snapshot,
    board: WantedBoard<'_>,
    contributors: &[AccountReference],
) -> Result<HashMap<AccountReference, u64>, Problem> {
    let WantedBoard {
        target,
        period,
        metric,
        class,
        company,
    } = board;
    let among = |board: &Board| {
        let ranks = contributors
            .iter()
            .filter_map(|contributor| Some((contributor.clone(), board.rank(contributor)?)));
        ranks.collect()
    };
    if let Some(company) = company {
        let board = company_members(api, snapshot, target, period, metric, class, company).await?;
        return Ok(among(&board));
    }
    if is_computed(target, period) {
        let board = computed_board(api, snapshot, target, period, metric, class).await?;
        return Ok(among(&board));
    }
    let connection = snapshot.connection();
    let standings = standings_of_all(connection, contributors, metric, period).await?;
    // Those who share a value share a rank.
    let values: BTreeSet<i64> = standings.iter().map(|standing| standing.value).collect();
    let wanted: Vec<_> = values.iter().map(|value| (period, *value)).collect();
    let ranks = ranks_of(connection, metric, class, &wanted).await?;
    let ranks: HashMap<i64, u64> = values.into_iter().zip(ranks).collect();
    let ranked = standings.into_iter().filter_map(|standing| {
        let rank = ranks.get(&standing.value).copied()?;
        Some((standing.contributor, rank))
    });
    Ok(ranked.collect())
}
