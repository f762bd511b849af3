//! What a contributor did, or everybody in a repository, in numbers that can stand
//! side by side.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use domain::{ClassFilter, ContributionKind, DailyCounts, DailyKey, Metric, Period, Policy};

use crate::api::Api;
use crate::computed::computed_board;
use crate::problem::Problem;
use crate::queries::accounts::Account;
use crate::queries::daily::{ScopedCount, Wanted, counts_of_contributor, each_count};
use crate::queries::repositories::Repository;
use crate::queries::snapshot::Snapshot;
use crate::resources::contributor::{find_contributor, own_class};
use crate::spans::spans;
use crate::standings::{WantedBoard, ranks_on};
use crate::target::{Target, existing_repository};

/// What one comes to in a period, and what was done day by day.
pub(crate) struct Numbers {
    /// The place of a contributor on the board over all repositories.
    pub(crate) rank: Option<u64>,
    /// How many contributed to a repository.
    pub(crate) contributors: Option<usize>,
    /// Thousandths of a point.
    pub(crate) score: i64,
    pub(crate) policy: Policy,
    pub(crate) counts: DailyCounts,
}

impl Numbers {
    /// How many there are of each kind of which there are any.
    pub(crate) fn by_kind(&self) -> BTreeMap<ContributionKind, i64> {
        let mut kinds: BTreeMap<ContributionKind, i64> = BTreeMap::new();
        for (key, count) in self.counts.iter() {
            *kinds.entry(key.kind).or_default() += count.quantity;
        }
        kinds.retain(|_, count| *count > 0);
        kinds
    }

    /// The days on which anything was done, in order.
    pub(crate) fn days(&self) -> Vec<NaiveDate> {
        let mut days: Vec<NaiveDate> = self.counts.iter().map(|(key, _)| key.day).collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    /// What the work of each span comes to, scored by itself: thousandths of a
    /// point, or contributions of a kind.
    pub(crate) fn values(&self, metric: Metric, spans: &[Period]) -> Vec<i64> {
        let starts: Vec<NaiveDate> = spans
            .iter()
            .filter_map(|period| Some(period.days()?.0))
            .collect();
        let mut by_span: HashMap<usize, DailyCounts> = HashMap::new();
        for (key, count) in self.counts.iter() {
            let after = starts.partition_point(|start| *start <= key.day);
            let of_span = by_span.entry(after.saturating_sub(1)).or_default();
            of_span.add(key.clone(), *count);
        }
        let value = |counts: &DailyCounts| match metric {
            Metric::Score => counts
                .scores(&self.policy, Period::All, |_| true)
                .into_values()
                .sum(),
            Metric::Kind(kind) => counts
                .iter()
                .filter(|(key, _)| key.kind == kind)
                .map(|(_, count)| count.quantity)
                .sum(),
        };
        (0..spans.len())
            .map(|span| by_span.get(&span).map_or(0, value))
            .collect()
    }
}

/// The spans that the work of all falls into, and what one is called; `None` where
/// nobody did anything.
pub(crate) fn spans_of<'a>(
    all: impl IntoIterator<Item = &'a Numbers>,
) -> Option<(&'static str, Vec<Period>)> {
    let days: Vec<NaiveDate> = all.into_iter().flat_map(Numbers::days).collect();
    let (first, last) = (*days.iter().min()?, *days.iter().max()?);
    Some(spans(first, last))
}

/// What a contributor did in all repositories.
pub(crate) async fn numbers_of_contributor(
    api: &Api,
    snapshot: &mut Snapshot,
    login: &str,
    period: Period,
) -> Result<(Account, Numbers), Problem> {
    let account = find_contributor(snapshot, login).await?.account;
    let reference = account.reference.clone();
    let board = WantedBoard {
        target: &Target::Global,
        period,
        metric: Metric::Score,
        class: own_class(account.class),
        company: None,
    };
    let ranks = ranks_on(api, snapshot, board, std::slice::from_ref(&reference)).await?;
    let counts = counts_of_contributor(snapshot.connection(), &reference, period).await?;
    let policy = snapshot.policies().general().clone();
    let scores = counts.scores(&policy, period, |_| true);
    let numbers = Numbers {
        rank: ranks.get(&reference).copied(),
        contributors: None,
        score: scores.get(&reference).copied().unwrap_or(0),
        policy,
        counts,
    };
    Ok((account, numbers))
}

/// What those of a class did in a repository.
pub(crate) async fn numbers_of_repository(
    api: &Api,
    snapshot: &mut Snapshot,
    name: &str,
    period: Period,
    class: ClassFilter,
) -> Result<(Repository, Numbers), Problem> {
    let repository = existing_repository(snapshot, name).await?;
    let target = Target::of_repository(&repository);
    let board = computed_board(api, snapshot, &target, period, Metric::Score, class).await?;
    let members = board.tally.members.values();
    let members = members.filter(|member| class.classes().contains(&member.class));
    let (mut contributors, mut score) = (0, 0);
    for member in members {
        contributors += 1;
        score += member.score;
    }
    let numbers = Numbers {
        rank: None,
        contributors: Some(contributors),
        score,
        policy: snapshot.policy(&target).clone(),
        counts: counts_of_repository(snapshot, &target, period, class).await?,
    };
    Ok((repository, numbers))
}

/// What those of a class did, day by day.
async fn counts_of_repository(
    snapshot: &mut Snapshot,
    target: &Target,
    period: Period,
    class: ClassFilter,
) -> Result<DailyCounts, Problem> {
    let wanted = Wanted {
        repositories: target.repositories(),
        period,
    };
    let by_day = ContributionKind::ALL.map(|kind| kind.to_string());
    let mut counts = DailyCounts::default();
    let take = |told: ScopedCount| {
        let Some(day) = told.day.filter(|_| class.classes().contains(&told.class)) else {
            return;
        };
        let key = DailyKey {
            repository: told.repository,
            contributor: told.contributor,
            day,
            kind: told.kind,
        };
        counts.add(key, told.count);
    };
    each_count(snapshot.connection(), wanted, &by_day, take).await?;
    Ok(counts)
}
