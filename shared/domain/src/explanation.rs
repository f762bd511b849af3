//! Explaining a score: how many points each contribution earned, so that
//! their sum is the score, caps included.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{ContributionKind, DayCounts, Lines, Policy, RepositoryReference, Thousandths};

/// What an explanation needs of one contribution of one contributor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scorable {
    /// The canonical repository.
    pub repository: RepositoryReference,
    /// What was done.
    pub kind: ContributionKind,
    /// The UTC day.
    pub day: NaiveDate,
    /// How many it counts for.
    pub quantity: u32,
    /// Lines changed, where known.
    pub lines: Option<Lines>,
}

/// What one contribution earned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedContribution {
    /// Thousandths of a point for the contribution itself.
    pub base_points: Thousandths,
    /// Thousandths of a point for its lines.
    pub line_points: Thousandths,
    /// Whether a cap took something away.
    pub capped: bool,
}

impl ExplainedContribution {
    /// All it earned, in thousandths of a point.
    #[must_use]
    pub fn points(self) -> Thousandths {
        self.base_points + self.line_points
    }
}

/// Gives each of one contributor's contributions of one period its points, in
/// the order given: earlier ones fill the caps. Their sum is the score.
#[must_use]
pub fn explain(policy: &Policy, contributions: &[Scorable]) -> Vec<ExplainedContribution> {
    Explainer::default().explain(policy, contributions)
}

/// Explains a contributor's period part by part, for those with more
/// contributions than are held at once. A part has whole days, and parts come in
/// the order of their days.
#[derive(Clone, Debug, Default)]
pub struct Explainer {
    /// Lines added and deleted so far: what they are worth is capped over all
    /// parts.
    lines_so_far: HashMap<RepositoryReference, (i64, i64)>,
}

impl Explainer {
    /// Gives each contribution of the next part its points, in the order given.
    pub fn explain(
        &mut self,
        policy: &Policy,
        contributions: &[Scorable],
    ) -> Vec<ExplainedContribution> {
        let mut explained = explain_days(policy, contributions);
        for (contribution, explained) in contributions.iter().zip(&mut explained) {
            if !policy.is_by_day(contribution.kind) {
                explained.base_points =
                    i64::from(contribution.quantity) * policy.weight(contribution.kind);
            }
            if let Some(lines) = contribution.lines {
                let repository = contribution.repository.clone();
                let total = self.lines_so_far.entry(repository).or_default();
                let before = policy.lines(total.0, total.1);
                total.0 += i64::from(lines.additions);
                total.1 += i64::from(lines.deletions);
                explained.line_points = policy.lines(total.0, total.1) - before;
                explained.capped |= explained.line_points < policy.uncapped_lines(lines);
            }
        }
        explained
    }
}

/// The points of kinds whose worth hangs on the day.
fn explain_days(policy: &Policy, contributions: &[Scorable]) -> Vec<ExplainedContribution> {
    let mut explained = vec![ExplainedContribution::default(); contributions.len()];
    let mut filled: HashMap<(&RepositoryReference, NaiveDate), DayCounts> = HashMap::new();
    // Commits fill the cap that they share with pushes before those do.
    for kind in policy.kinds_by_day() {
        for (contribution, explained) in contributions.iter().zip(&mut explained) {
            if contribution.kind == kind {
                let day = (&contribution.repository, contribution.day);
                let filled = filled.entry(day).or_default();
                let before = policy.points_of_day(filled);
                filled[kind] += i64::from(contribution.quantity);
                explained.base_points = policy.points_of_day(filled) - before;
                let full = i64::from(contribution.quantity) * policy.weight(kind);
                explained.capped = explained.base_points < full;
            }
        }
    }
    explained
}
