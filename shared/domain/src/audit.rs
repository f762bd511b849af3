//! Whether a contributor's numbers are the same wherever they follow from: on
//! the board, in the daily counts, and in the contributions themselves.

use std::collections::BTreeMap;
use std::fmt;

use crate::{ContributionKind, DailyCounts, Explainer, Metric, Period, Policy, Scorable};

/// A contributor's values on a board, by metric; what is missing is 0.
pub type BoardValues = BTreeMap<Metric, i64>;

/// A number that is not the same everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// Which number.
    pub metric: Metric,
    /// What the board has; none of a board that is computed when it is asked
    /// for.
    pub stored: Option<i64>,
    /// What the daily counts come to.
    pub counted: i64,
    /// What the contributions come to, each with its points.
    pub explained: i64,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            metric,
            stored,
            counted,
            explained,
        } = self;
        write!(out, "{metric} ")?;
        if let Some(stored) = stored {
            write!(out, "is {stored} on the board, ")?;
        }
        write!(
            out,
            "{counted} by daily counts, {explained} by contributions"
        )
    }
}

/// Compares one contributor's numbers on one board. Counts and contributions
/// are those of the board's repositories and days.
#[must_use]
pub fn audit(
    policy: &Policy,
    stored: Option<&BoardValues>,
    counts: &DailyCounts,
    explained: &ExplainedValues,
) -> Vec<Disagreement> {
    let counted = counted_values(policy, counts);
    let value = |values: &BoardValues, metric| values.get(&metric).copied().unwrap_or(0);
    let compared = Metric::ALL.into_iter().map(|metric| Disagreement {
        metric,
        stored: stored.map(|stored| value(stored, metric)),
        counted: value(&counted, metric),
        explained: value(&explained.values, metric),
    });
    let differs = |found: &Disagreement| {
        found.counted != found.explained
            || found.stored.is_some_and(|stored| stored != found.counted)
    };
    compared.filter(differs).collect()
}

/// What contributions come to, each with its points. They are added day by day,
/// so that there may be any number of them.
#[derive(Clone, Debug, Default)]
pub struct ExplainedValues {
    values: BoardValues,
    explainer: Explainer,
}

impl ExplainedValues {
    /// Adds all contributions of the next day, in their order.
    pub fn add_day(&mut self, policy: &Policy, contributions: &[Scorable]) {
        for contribution in contributions {
            let kind: ContributionKind = contribution.kind;
            *self.values.entry(Metric::Kind(kind)).or_default() += i64::from(contribution.quantity);
        }
        let explained = self.explainer.explain(policy, contributions);
        let points: i64 = explained.iter().map(|one| one.points()).sum();
        *self.values.entry(Metric::Score).or_default() += points;
    }
}

fn counted_values(policy: &Policy, counts: &DailyCounts) -> BoardValues {
    let mut values = BoardValues::new();
    for (key, count) in counts.iter() {
        *values.entry(Metric::Kind(key.kind)).or_default() += count.quantity;
    }
    let scores = counts.scores(policy, Period::All, |_| true);
    values.insert(Metric::Score, scores.into_values().sum());
    values
}
