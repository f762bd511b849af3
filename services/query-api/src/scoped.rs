//! Boards of one repository or one organization: computed whole from daily
//! counts by the domain's rules, and kept while the data does not change.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::{
    AccountClass, AccountReference, ClassFilter, ContributionKind, Metric, Period, Policy,
    Standing, rank_standings,
};
use moka::future::Cache;

use crate::api::{Api, KEPT_IDLE};
use crate::problem::Problem;
use crate::queries::accounts::{Account, accounts_of};
use crate::queries::daily::counts_of_repositories;
use crate::queries::snapshot::Snapshot;
use crate::target::Target;
use crate::version::DataVersion;

/// A scope, a period, and the version of the data.
type TallyKey = (DataVersion, Arc<str>, Period);

/// The same, and how it is ordered and filtered.
type BoardKey = (TallyKey, Metric, ClassFilter);

pub(crate) type ScopedTallies = Cache<TallyKey, Arc<ScopedTally>>;
pub(crate) type ScopedBoards = Cache<BoardKey, Arc<ScopedBoard>>;

/// What everybody did in a scope and a period.
#[derive(Debug, Default)]
pub(crate) struct ScopedTally {
    pub(crate) members: HashMap<AccountReference, ScopedMember>,
}

/// What one contributor did there.
#[derive(Debug, Default)]
pub(crate) struct ScopedMember {
    pub(crate) login: Option<String>,
    pub(crate) class: AccountClass,
    pub(crate) score: i64,
    pub(crate) counts: BTreeMap<ContributionKind, i64>,
}

/// A whole board in order: a rank is a matter of looking.
#[derive(Debug)]
pub(crate) struct ScopedBoard {
    pub(crate) tally: Arc<ScopedTally>,
    pub(crate) ranked: Vec<(u64, Standing)>,
}

pub(crate) fn tallies_cache(max_bytes: u64) -> ScopedTallies {
    Cache::builder()
        .max_capacity(max_bytes)
        .weigher(|_, tally: &Arc<ScopedTally>| weight(tally.members.len(), 400))
        .time_to_idle(KEPT_IDLE)
        .build()
}

pub(crate) fn boards_cache(max_bytes: u64) -> ScopedBoards {
    Cache::builder()
        .max_capacity(max_bytes)
        .weigher(|_, board: &Arc<ScopedBoard>| weight(board.ranked.len(), 80))
        .time_to_idle(KEPT_IDLE)
        .build()
}

fn weight(entries: usize, bytes_each: usize) -> u32 {
    u32::try_from(256 + entries * bytes_each).unwrap_or(u32::MAX)
}

impl ScopedMember {
    pub(crate) fn standing(&self, contributor: &AccountReference, metric: Metric) -> Standing {
        let count = |kind| self.counts.get(&kind).copied().unwrap_or(0);
        Standing {
            contributor: contributor.clone(),
            value: match metric {
                Metric::Score => self.score,
                Metric::Kind(kind) => count(kind),
            },
            merged: count(ContributionKind::PullRequestMerged),
            reviews: count(ContributionKind::PullRequestReviewed),
        }
    }
}

impl ScopedBoard {
    fn order(tally: Arc<ScopedTally>, metric: Metric, class: ClassFilter) -> Self {
        let standings = tally
            .members
            .iter()
            .filter(|(_, member)| class.classes().contains(&member.class))
            .map(|(contributor, member)| member.standing(contributor, metric))
            .collect();
        Self {
            ranked: rank_standings(standings),
            tally,
        }
    }

    /// The rows that follow a place, wherever it would be by now.
    pub(crate) fn after(&self, place: Option<&Standing>) -> &[(u64, Standing)] {
        let start = place.map_or(0, |place| {
            self.ranked
                .partition_point(|(_, standing)| standing <= place)
        });
        &self.ranked[start..]
    }

    /// The rank of a contributor; `None` for who is not on this board.
    pub(crate) fn rank(&self, contributor: &AccountReference, metric: Metric) -> Option<u64> {
        let member = self.tally.members.get(contributor)?;
        let standing = member.standing(contributor, metric);
        let place = self
            .ranked
            .binary_search_by(|(_, other)| other.cmp(&standing));
        Some(self.ranked[place.ok()?].0)
    }
}

/// The board of a scope within some repositories.
pub(crate) async fn scoped_board(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    period: Period,
    metric: Metric,
    class: ClassFilter,
) -> Result<Arc<ScopedBoard>, Problem> {
    let scope: Arc<str> = target.scope().to_string().into();
    let tally_key = (snapshot.version(), scope, period);
    let build = async {
        let tally = api
            .tallies()
            .try_get_with(
                tally_key.clone(),
                tally_scope(&api.settings().policy, snapshot, target, period),
            )
            .await
            .map_err(|problem| Problem::clone(&problem))?;
        Ok::<_, Problem>(Arc::new(ScopedBoard::order(tally, metric, class)))
    };
    api.boards()
        .try_get_with((tally_key.clone(), metric, class), build)
        .await
        .map_err(|problem| Problem::clone(&problem))
}

async fn tally_scope(
    policy: &Policy,
    snapshot: &mut Snapshot,
    target: &Target,
    period: Period,
) -> Result<Arc<ScopedTally>, Problem> {
    let repositories = target.repositories().unwrap_or_default();
    let counts = counts_of_repositories(snapshot.connection(), repositories, period).await?;
    let mut members: HashMap<AccountReference, ScopedMember> = HashMap::new();
    for (key, count) in counts.iter() {
        let member = members.entry(key.contributor.clone()).or_default();
        *member.counts.entry(key.kind).or_default() += count.quantity;
    }
    for (contributor, score) in counts.scores(policy, Period::All, |_| true) {
        members.entry(contributor).or_default().score = score;
    }
    let references: Vec<String> = members.keys().map(ToString::to_string).collect();
    for (_, account) in accounts_of(snapshot.connection(), &references).await? {
        name_member(&mut members, account);
    }
    Ok(Arc::new(ScopedTally { members }))
}

fn name_member(members: &mut HashMap<AccountReference, ScopedMember>, account: Account) {
    if let Some(member) = members.get_mut(&account.reference) {
        member.login = Some(account.login);
        member.class = account.class;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> ScopedBoard {
        let member = |score| ScopedMember {
            score,
            ..ScopedMember::default()
        };
        let members = [(1, 30), (2, 20), (3, 20), (4, 10), (5, 0)]
            .map(|(id, score)| (AccountReference::from_id(id), member(score)));
        let tally = Arc::new(ScopedTally {
            members: HashMap::from(members),
        });
        ScopedBoard::order(tally, Metric::Score, ClassFilter::Human)
    }

    #[test]
    fn ranks_are_positions_and_ties_share_them() {
        let board = board();
        let rank = |id| board.rank(&AccountReference::from_id(id), Metric::Score);
        assert_eq!(
            [1, 2, 3, 4, 5, 6].map(rank),
            [Some(1), Some(2), Some(2), Some(4), None, None]
        );
    }

    #[test]
    fn a_page_begins_after_the_place_even_if_its_holder_is_gone() {
        let board = board();
        let gone = Standing {
            contributor: AccountReference::from_id(9),
            value: 15,
            merged: 0,
            reviews: 0,
        };
        let next: Vec<i64> = board
            .after(Some(&gone))
            .iter()
            .map(|row| row.1.value)
            .collect();
        assert_eq!(next, [10]);
        assert_eq!(board.after(None).len(), 4);
    }
}
