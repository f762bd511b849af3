//! The score of one contributor in one repository, one count after the other,
//! without holding them all.

use chrono::NaiveDate;

use crate::{ContributionKind, DailyCount, Policy, Thousandths};

/// Adds up what one contributor did in one repository within a period.
#[derive(Debug)]
pub struct Scorer<'a> {
    policy: &'a Policy,
    /// What is settled.
    score: Thousandths,
    /// The day whose commits and pushes are being counted.
    day: Option<NaiveDate>,
    commits: i64,
    pushes: i64,
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
            commits: 0,
            pushes: 0,
            additions: 0,
            deletions: 0,
        }
    }

    /// Counts what was done. Commits and pushes of one day must come together,
    /// whatever comes in between; the day of anything else does not matter.
    pub fn count(&mut self, kind: ContributionKind, day: Option<NaiveDate>, count: DailyCount) {
        self.additions += count.additions;
        self.deletions += count.deletions;
        match kind {
            ContributionKind::Commit => self.on(day).commits += count.quantity,
            ContributionKind::Push => self.on(day).pushes += count.quantity,
            kind => self.score += self.policy.weight(kind) * count.quantity,
        }
    }

    /// Settles the day before when another begins.
    fn on(&mut self, day: Option<NaiveDate>) -> &mut Self {
        if self.day != day {
            self.score += self.policy.commits_of_day(self.commits, self.pushes);
            (self.day, self.commits, self.pushes) = (day, 0, 0);
        }
        self
    }

    /// The score of it all.
    #[must_use]
    pub fn score(&self) -> Thousandths {
        self.score
            + self.policy.commits_of_day(self.commits, self.pushes)
            + self.policy.lines(self.additions, self.deletions)
    }
}
