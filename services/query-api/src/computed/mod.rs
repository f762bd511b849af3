//! Boards that no table holds: of one repository, an organization or a group,
//! and of any span of days that the calendar has no name for.
//!
//! They are computed whole from daily counts by the domain's rules, and kept.
//! When the data changes, those contributors whose places changed are computed
//! anew and the others stay as they are; where it is not known any more who
//! that is, everything is computed again.

mod board;
mod companies;
mod divided;
mod tally;
mod work;

use std::sync::Arc;

use domain::{AccountReference, ClassFilter, Metric, Period, Policy};
use moka::future::Cache;
use moka::ops::compute::{CompResult, Op};

use crate::api::{Api, KEPT_IDLE};
use crate::problem::Problem;
use crate::queries::changes::{Position, changed_since, last_change};
use crate::queries::daily::{ScopedCount, Wanted, each_count, each_count_of};
use crate::queries::snapshot::Snapshot;
use crate::target::Target;
use crate::version::DataVersion;
pub(crate) use board::Board;
pub(crate) use companies::{
    CompanyBoard, CompanyTallies, company_board, company_members, company_tallies_cache,
};
use tally::Folding;
pub(crate) use tally::Members;
pub(crate) use work::Work;

/// A scope, and a period.
type TallyKey = (Arc<str>, Period);

/// The same, and how it is ordered and filtered.
type BoardKey = (TallyKey, Metric, ClassFilter);

pub(crate) type Tallies = Cache<TallyKey, Arc<Tally>>;
pub(crate) type Boards = Cache<BoardKey, Arc<Board>>;

/// What everybody did in a scope and a period, in one version of the data.
#[derive(Debug)]
pub(crate) struct Tally {
    version: DataVersion,
    /// The version of the policy that it is scored by.
    policy: u32,
    position: Option<Position>,
    /// Those of the scope; `None` for all there are.
    repositories: Option<Vec<String>>,
    pub(crate) members: Arc<Members>,
    /// The version that this one was made from, and whose places changed since.
    changed: Option<(DataVersion, Vec<String>)>,
}

pub(crate) fn tallies_cache(max_bytes: u64) -> Tallies {
    Cache::builder()
        .max_capacity(max_bytes)
        .weigher(|_, tally: &Arc<Tally>| weight(tally.members.len(), 160))
        .time_to_idle(KEPT_IDLE)
        .build()
}

pub(crate) fn boards_cache(max_bytes: u64) -> Boards {
    Cache::builder()
        .max_capacity(max_bytes)
        .weigher(|_, board: &Arc<Board>| weight(board.ranked.len(), 56))
        .time_to_idle(KEPT_IDLE)
        .build()
}

fn weight(entries: usize, bytes_each: usize) -> u32 {
    u32::try_from(256 + entries * bytes_each).unwrap_or(u32::MAX)
}

/// Whether a board is computed; the others are stored.
pub(crate) fn is_computed(target: &Target, period: Period) -> bool {
    !matches!(target, Target::Global) || matches!(period, Period::Range(..))
}

/// The board of a scope and a period at the moment of a snapshot.
pub(crate) async fn computed_board(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    period: Period,
    metric: Metric,
    class: ClassFilter,
) -> Result<Arc<Board>, Problem> {
    let tally_key = tally_key(snapshot.version(), target, period);
    let key = (tally_key.clone(), metric, class);
    let version = snapshot.version();
    let is_current = |board: &Arc<Board>| board.tally.version == version;
    if let Some(board) = api.boards().get(&key).await.filter(is_current) {
        return Ok(board);
    }
    let tally = current_tally(api, snapshot, target, tally_key).await?;
    let entry = api.boards().entry(key);
    let computed = entry.and_compute_with(|before| async move {
        let before = before.map(moka::Entry::into_value);
        if before.as_ref().is_some_and(is_current) {
            return Op::Nop;
        }
        let followed = before
            .zip(tally.changed.as_ref())
            .filter(|(before, (since, _))| before.tally.version == *since);
        Op::Put(Arc::new(match followed {
            Some((before, (_, changed))) => before.follow(Arc::clone(&tally), changed, class),
            None => Board::order(Arc::clone(&tally), metric, class),
        }))
    });
    kept(computed.await).ok_or_else(|| Problem::internal(&NotComputed))
}

/// Boards of the past are kept beside those of the present.
fn tally_key(version: DataVersion, target: &Target, period: Period) -> TallyKey {
    let scope = target.scope();
    let scope = if version.is_past() {
        format!("{scope} in {}", version.switches)
    } else {
        scope.to_string()
    };
    (scope.into(), period)
}

/// A computation that gave nothing, which none does.
#[derive(Debug, thiserror::Error)]
#[error("a board was not computed")]
struct NotComputed;

fn kept<K, V: Clone + Send + Sync + 'static>(result: CompResult<K, V>) -> Option<V> {
    match result {
        CompResult::Inserted(entry)
        | CompResult::ReplacedWith(entry)
        | CompResult::Unchanged(entry) => Some(entry.into_value()),
        CompResult::Removed(_) | CompResult::StillNone(_) => None,
    }
}

/// The tally of the snapshot's moment. Requests for the same one at the same
/// time compute it once.
async fn current_tally(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    key: TallyKey,
) -> Result<Arc<Tally>, Problem> {
    let wanted = Wanted {
        repositories: target.repositories(),
        period: key.1,
    };
    let policy = snapshot.policy(target).clone();
    let entry = api.tallies().entry(key);
    let computed = entry.and_try_compute_with(|before| async move {
        let before = before.map(moka::Entry::into_value);
        let version = snapshot.version();
        if before
            .as_ref()
            .is_some_and(|tally| tally.version == version)
        {
            return Ok(Op::Nop);
        }
        let followed = match &before {
            Some(before) => follow(&policy, snapshot, wanted, before).await?,
            None => None,
        };
        let how = if followed.is_some() {
            "followed"
        } else {
            "anew"
        };
        metrics::counter!("boards_computed_total", "how" => how).increment(1);
        let tally = match followed {
            Some(tally) => tally,
            None => compute(&policy, snapshot, wanted).await?,
        };
        Ok::<_, Problem>(Op::Put(Arc::new(tally)))
    });
    kept(computed.await?).ok_or_else(|| Problem::internal(&NotComputed))
}

/// What everybody did in a scope and a period, scored by several policies.
/// Nothing of it is kept.
pub(crate) async fn tally_under<const N: usize>(
    snapshot: &mut Snapshot,
    target: &Target,
    period: Period,
    policies: [&Policy; N],
) -> Result<[Arc<Members>; N], Problem> {
    let wanted = Wanted {
        repositories: target.repositories(),
        period,
    };
    let mut by_day: Vec<String> = policies
        .iter()
        .flat_map(|policy| kinds_by_day(policy))
        .collect();
    by_day.sort_unstable();
    by_day.dedup();
    let mut foldings = policies.map(Folding::new);
    let take = |count: ScopedCount| {
        for folding in &mut foldings {
            folding.take(count.clone());
        }
    };
    each_count(snapshot.connection(), wanted, &by_day, take).await?;
    Ok(foldings.map(|folding| Arc::new(folding.finish())))
}

/// The kinds whose counts are needed day by day.
fn kinds_by_day(policy: &Policy) -> Vec<String> {
    policy.kinds_by_day().map(|kind| kind.to_string()).collect()
}

async fn compute(
    policy: &Policy,
    snapshot: &mut Snapshot,
    wanted: Wanted<'_>,
) -> Result<Tally, sqlx::Error> {
    let position = last_change(snapshot.connection()).await?;
    let mut folding = Folding::new(policy);
    let by_day = kinds_by_day(policy);
    let take = |count| folding.take(count);
    each_count(snapshot.connection(), wanted, &by_day, take).await?;
    Ok(Tally {
        version: snapshot.version(),
        policy: policy.version,
        position,
        repositories: wanted.repositories.map(<[String]>::to_vec),
        members: Arc::new(folding.finish()),
        changed: None,
    })
}

/// A tally as it is now, from one before; `None` where what happened in
/// between is not known, or the scope has other repositories now.
async fn follow(
    policy: &Policy,
    snapshot: &mut Snapshot,
    wanted: Wanted<'_>,
    before: &Tally,
) -> Result<Option<Tally>, sqlx::Error> {
    if before.repositories.as_deref() != wanted.repositories || before.policy != policy.version {
        return Ok(None);
    }
    let changed = changed_since(snapshot.connection(), before.position).await?;
    let Some((position, contributors)) = changed else {
        return Ok(None);
    };
    let mut folding = Folding::new(policy);
    let take = |count| folding.take(count);
    let by_day = kinds_by_day(policy);
    each_count_of(snapshot.connection(), wanted, &by_day, &contributors, take).await?;
    let mut members = Arc::clone(&before.members);
    if !contributors.is_empty() {
        let members = Arc::make_mut(&mut members);
        for contributor in &contributors {
            members.remove(&AccountReference::from_stored(contributor.as_str()));
        }
        members.extend(folding.finish());
    }
    Ok(Some(Tally {
        version: snapshot.version(),
        policy: policy.version,
        position,
        repositories: before.repositories.clone(),
        members,
        changed: Some((before.version, contributors)),
    }))
}

#[cfg(test)]
mod tests {
    use domain::Standing;

    use super::tally::Member;

    use super::*;

    fn tally(scores: &[(u64, i64)]) -> Arc<Tally> {
        let member = |(id, score): &(u64, i64)| {
            let member = Member {
                score: *score,
                ..Member::default()
            };
            (AccountReference::from_id(*id), Arc::new(member))
        };
        Arc::new(Tally {
            version: DataVersion::default(),
            policy: 1,
            position: None,
            repositories: None,
            members: Arc::new(scores.iter().map(member).collect()),
            changed: None,
        })
    }

    fn board() -> Board {
        let tally = tally(&[(1, 30), (2, 20), (3, 20), (4, 10), (5, 0)]);
        Board::order(tally, Metric::Score, ClassFilter::Human)
    }

    #[test]
    fn ranks_are_positions_and_ties_share_them() {
        let board = board();
        let rank = |id| board.rank(&AccountReference::from_id(id));
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

    #[test]
    fn a_board_that_follows_is_the_one_that_is_ordered_anew() {
        let after = tally(&[(1, 10), (2, 20), (4, 10), (5, 25), (6, 20)]);
        let changed = ["1", "3", "5", "6"].map(str::to_owned);
        let class = ClassFilter::Human;
        let followed = board().follow(Arc::clone(&after), &changed, class);
        let anew = Board::order(after, Metric::Score, class);
        assert_eq!(followed.ranked, anew.ranked);
    }
}
