//! The score of one contributor in one repository, one count after the other,
//! without holding them all.

use chrono::NaiveDate;

use crate::{ContributionKind, DailyCount, DayCounts, Policy, Thousandths};

/// Adds up what one contributor did in one repository within a period.
#[derive(Debug)]
pub struct Scorer<'a> {
    policy: &'a Policy,
    /// What is settled.
    score: Thousandths,
    /// The day that is being counted, of kinds whose worth hangs on it.
    day: Option<NaiveDate>,
    of_day: DayCounts,
    additions: i64,
    deletions: i64,
}

impl<'a> Scorer<'a> {
    /// Nothing was done yet.
    #[must_use]
    pub fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            score: 0,
            day: None,
            of_day: DayCounts::default(),
            additions: 0,
            deletions: 0,
        }
    }

    /// Counts what was done. What was done on one day of the kinds whose worth
    /// hangs on it must come together, whatever comes in between; the day of
    /// anything else does not matter.
    pub fn count(&mut self, kind: ContributionKind, day: Option<NaiveDate>, count: DailyCount) {
        self.additions += count.additions;
        self.deletions += count.deletions;
        if self.policy.is_by_day(kind) {
            self.on(day).of_day[kind] += count.quantity;
        } else {
            self.score += self.policy.weight(kind) * count.quantity;
        }
    }

    /// Settles the day before when another begins.
    fn on(&mut self, day: Option<NaiveDate>) -> &mut Self {
        if self.day != day {
            self.score += self.policy.points_of_day(&self.of_day);
            (self.day, self.of_day) = (day, DayCounts::default());
        }
        self
    }

    /// The score of it all.
    #[must_use]
    pub fn score(&self) -> Thousandths {
        self.score
            + self.policy.points_of_day(&self.of_day)
            + self.policy.lines(self.additions, self.deletions)
    }
}
