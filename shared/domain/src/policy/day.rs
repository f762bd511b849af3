//! What the contributions of one day come to: caps, and worth that diminishes.

use std::ops::{AddAssign, Index, IndexMut};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{KINDS, Thousandths};
use crate::ContributionKind;

/// What several contributions of one kind come to that one contributor made in
/// one repository on one UTC day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DailyRule {
    /// How many count; none for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
    /// From where on each is worth less, in ascending order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

/// From here on each contribution of a day is worth less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// How many come before.
    pub after: i64,
    /// Percent of the full worth that each of the others has, as far as the
    /// next step; rounded down to a thousandth of a point.
    pub percent: i64,
}

impl DailyRule {
    /// Each is worth the same, however many there are.
    pub(super) const NONE: Self = Self {
        at_most: None,
        steps: Vec::new(),
    };

    /// Whether each is worth the same, however many there are.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    /// What so many come to, of which the first is worth `weight`.
    #[must_use]
    pub(super) fn points(&self, weight: Thousandths, number: i64) -> Thousandths {
        let number = self.at_most.map_or(number, |most| number.min(most));
        let (mut points, mut counted, mut worth) = (0, 0, weight);
        for step in &self.steps {
            let until = number.min(step.after);
            points += (until - counted) * worth;
            counted = until;
            worth = weight * step.percent / 100;
        }
        points + (number - counted) * worth
    }
}

/// How many contributions of each kind were made on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayCounts([i64; KINDS]);

impl Index<ContributionKind> for DayCounts {
    type Output = i64;

    fn index(&self, kind: ContributionKind) -> &i64 {
        &self.0[kind as usize]
    }
}

impl IndexMut<ContributionKind> for DayCounts {
    fn index_mut(&mut self, kind: ContributionKind) -> &mut i64 {
        &mut self.0[kind as usize]
    }
}

impl AddAssign for DayCounts {
    fn add_assign(&mut self, other: Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worth_diminishes_step_by_step_and_ends_at_the_cap() {
        let step = |after, percent| Step { after, percent };
        let rule = DailyRule {
            at_most: Some(8),
            steps: vec![step(2, 50), step(5, 10)],
        };
        let points: Vec<i64> = (0..=10).map(|number| rule.points(1_000, number)).collect();
        let expected = [
            0, 1_000, 2_000, 2_500, 3_000, 3_500, 3_600, 3_700, 3_800, 3_800, 3_800,
        ];
        assert_eq!(points, expected);
    }

    #[test]
    fn without_a_rule_each_is_worth_the_same() {
        assert!(DailyRule::default().is_none());
        assert_eq!(DailyRule::default().points(3_000, 7), 21_000);
    }
}
