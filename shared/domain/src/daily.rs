//! Daily counts: what each contributor did in each repository on each UTC
//! day. Every board of every period is computed from them.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use crate::{
    AccountReference, ContributionKind, DayCounts, Period, Policy, RepositoryReference, Resolution,
    Thousandths,
};

/// What a count is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DailyKey {
    /// The canonical repository.
    pub repository: RepositoryReference,
    /// The canonical contributor.
    pub contributor: AccountReference,
    /// The UTC day.
    pub day: NaiveDate,
    /// What was done.
    pub kind: ContributionKind,
}

/// How much was done. Also used for differences, hence signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DailyCount {
    /// Number of contributions.
    pub quantity: i64,
    /// Lines added, where known.
    pub additions: i64,
    /// Lines deleted, where known.
    pub deletions: i64,
}

impl DailyCount {
    /// Whether nothing is counted.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }
}

impl std::ops::AddAssign for DailyCount {
    fn add_assign(&mut self, other: Self) {
        self.quantity += other.quantity;
        self.additions += other.additions;
        self.deletions += other.deletions;
    }
}

/// A set of daily counts, or of differences between two of them. Zero entries
/// are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DailyCounts(BTreeMap<DailyKey, DailyCount>);

impl DailyCounts {
    /// Adds what a contribution counts for, `sign` times: 1 to count it, −1
    /// to take it back.
    pub fn apply(&mut self, resolution: &Resolution, sign: i64) {
        let counted = resolution.counted();
        let Some(contributor) = resolution.contributor.clone().filter(|_| counted > 0) else {
            return;
        };
        let lines = resolution.lines.unwrap_or_default();
        let key = DailyKey {
            repository: resolution.repository.clone(),
            contributor,
            day: resolution.occurred_at.date_naive(),
            kind: resolution.kind,
        };
        self.add(
            key,
            DailyCount {
                quantity: sign * i64::from(counted),
                additions: sign * i64::from(lines.additions),
                deletions: sign * i64::from(lines.deletions),
            },
        );
    }

    /// Adds to one entry.
    pub fn add(&mut self, key: DailyKey, count: DailyCount) {
        match self.0.entry(key) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                if !count.is_zero() {
                    entry.insert(count);
                }
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                *entry.get_mut() += count;
                if entry.get().is_zero() {
                    entry.remove();
                }
            }
        }
    }

    /// The entries, ordered by key.
    pub fn iter(&self) -> impl Iterator<Item = (&DailyKey, &DailyCount)> {
        self.0.iter()
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Scores by contributor over the entries whose repository is accepted and
    /// whose day lies in the period.
    #[must_use]
    pub fn scores(
        &self,
        policy: &Policy,
        period: Period,
        accepts: impl Fn(&RepositoryReference) -> bool,
    ) -> HashMap<AccountReference, Thousandths> {
        let mut scores = HashMap::new();
        let mut days: HashMap<(&RepositoryReference, &AccountReference, NaiveDate), DayCounts> =
            HashMap::new();
        let mut lines: HashMap<(&RepositoryReference, &AccountReference), (i64, i64)> =
            HashMap::new();
        for (key, count) in self
            .within(period)
            .filter(|(key, _)| accepts(&key.repository))
        {
            let score: &mut Thousandths = scores.entry(key.contributor.clone()).or_default();
            if policy.is_by_day(key.kind) {
                let day = (&key.repository, &key.contributor, key.day);
                days.entry(day).or_default()[key.kind] += count.quantity;
            } else {
                *score += policy.weight(key.kind) * count.quantity;
            }
            let lines = lines
                .entry((&key.repository, &key.contributor))
                .or_default();
            lines.0 += count.additions;
            lines.1 += count.deletions;
        }
        for ((_, contributor, _), of_day) in days {
            *scores.entry(contributor.clone()).or_default() += policy.points_of_day(&of_day);
        }
        for ((_, contributor), (additions, deletions)) in lines {
            *scores.entry(contributor.clone()).or_default() += policy.lines(additions, deletions);
        }
        scores
    }

    /// The entries whose day lies in the period.
    pub fn within(&self, period: Period) -> impl Iterator<Item = (&DailyKey, &DailyCount)> {
        let days = period.days();
        self.0
            .iter()
            .filter(move |(key, _)| days.is_none_or(|(first, end)| (first..end).contains(&key.day)))
    }
}
