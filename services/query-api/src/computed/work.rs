//! What several people did, added up.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::{ClassFilter, ContributionKind, Metric};

use super::Members;
use super::tally::Member;
use crate::queries::board::Total;

/// What several people did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    /// Those who have a value in the board's metric.
    pub(crate) people: i64,
    pub(crate) score: i64,
    pub(crate) counts: BTreeMap<ContributionKind, i64>,
}

impl Work {
    pub(crate) fn value(&self, metric: Metric) -> i64 {
        match metric {
            Metric::Score => self.score,
            Metric::Kind(kind) => self.counts.get(&kind).copied().unwrap_or(0),
        }
    }

    /// Adds what a member did, or takes it away.
    pub(super) fn add(&mut self, member: &Member, sign: i64) {
        self.score += sign * member.score;
        for (kind, count) in member.counts() {
            *self.counts.entry(kind).or_default() += sign * count;
        }
    }

    pub(super) fn of_members(members: &Members, metric: Metric, class: ClassFilter) -> Self {
        let mut work = Self::default();
        let shown = |member: &&Arc<Member>| class.classes().contains(&member.class);
        for member in members.values().filter(shown) {
            work.people += i64::from(member.value(metric) > 0);
            work.add(member, 1);
        }
        work
    }

    pub(super) fn of_totals(totals: &HashMap<Metric, Total>, metric: Metric) -> Self {
        let total = |metric| totals.get(&metric).copied().unwrap_or_default();
        let kinds = ContributionKind::ALL.into_iter();
        Self {
            people: total(metric).members,
            score: total(Metric::Score).value,
            counts: kinds
                .map(|kind| (kind, total(Metric::Kind(kind)).value))
                .collect(),
        }
    }
}
