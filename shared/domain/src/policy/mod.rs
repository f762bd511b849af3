//! The scoring policy: what each kind is worth, and where worth is capped.

mod day;
mod entered;
mod entered_schema;
mod record;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ContributionKind, Lines};

pub use day::{DailyRule, DayCounts, Step};
pub use entered::{PolicyFault, PolicyFaults};
pub use record::PolicyRecord;

/// Thousandths of a point: scores are integers, so that sums are exact.
pub type Thousandths = i64;

const KINDS: usize = ContributionKind::ALL.len();

/// What contributions are worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "PolicyRecord", into = "PolicyRecord")]
pub struct Policy {
    /// The policy's version, shown with every score computed by it. The one
    /// that holds until another is published is version 1.
    pub version: u32,
    /// Points per contribution in thousandths, indexed by kind.
    weights: [Thousandths; KINDS],
    /// Thousandths of a point per line added by a merged pull request.
    pub per_line_added: Thousandths,
    /// Thousandths of a point per line deleted by a merged pull request.
    pub per_line_deleted: Thousandths,
    /// The most that lines may bring per contributor, repository and period.
    pub lines_cap: Thousandths,
    /// How many commits and pushes together count per contributor, repository
    /// and UTC day: an import of an old history would lead the world otherwise.
    pub daily_commit_cap: i64,
    /// What the contributions of one day come to, of kinds that have a rule.
    daily: BTreeMap<ContributionKind, DailyRule>,
}

impl Default for Policy {
    fn default() -> Self {
        let mut weights = [0; KINDS];
        for kind in ContributionKind::ALL {
            weights[kind as usize] = 1_000 * default_points(kind);
        }
        Self {
            version: 1,
            weights,
            per_line_added: 10,
            per_line_deleted: 5,
            lines_cap: 500_000,
            daily_commit_cap: 30,
            daily: BTreeMap::new(),
        }
    }
}

fn default_points(kind: ContributionKind) -> i64 {
    match kind {
        ContributionKind::ReleasePublished => 30,
        ContributionKind::PullRequestMerged => 25,
        ContributionKind::PullRequestReviewed => 20,
        ContributionKind::PullRequestOpened => 15,
        ContributionKind::Commit | ContributionKind::Push => 10,
        ContributionKind::IssueOpened => 8,
        ContributionKind::IssueClosed | ContributionKind::ReviewComment => 5,
        ContributionKind::Comment => 3,
        ContributionKind::PullRequestClosed
        | ContributionKind::SelfReview
        | ContributionKind::WikiEdit
        | ContributionKind::Discussion
        | ContributionKind::Star
        | ContributionKind::Fork => 0,
    }
}

impl Policy {
    /// What one contribution of the kind is worth, before any cap.
    #[must_use]
    pub fn weight(&self, kind: ContributionKind) -> Thousandths {
        self.weights[kind as usize]
    }

    /// What several contributions of a kind come to on one day.
    #[must_use]
    pub fn daily_rule(&self, kind: ContributionKind) -> &DailyRule {
        static NONE: DailyRule = DailyRule::NONE;
        self.daily.get(&kind).unwrap_or(&NONE)
    }

    /// Whether the worth of a contribution of the kind hangs on what else was
    /// done on the same day.
    #[must_use]
    pub fn is_by_day(&self, kind: ContributionKind) -> bool {
        matches!(kind, ContributionKind::Commit | ContributionKind::Push)
            || !self.daily_rule(kind).is_none()
    }

    /// The kinds whose worth hangs on what else was done on the same day.
    pub fn kinds_by_day(&self) -> impl Iterator<Item = ContributionKind> {
        let all = ContributionKind::ALL.into_iter();
        all.filter(|kind| self.is_by_day(*kind))
    }

    /// What these many contributions of one kind are worth on one day, in one
    /// repository, to one contributor; without the cap that commits and pushes
    /// share.
    #[must_use]
    pub fn of_day(&self, kind: ContributionKind, number: i64) -> Thousandths {
        self.daily_rule(kind).points(self.weight(kind), number)
    }

    /// How many commits and pushes of a day count. Commits fill the daily cap
    /// before pushes do.
    #[must_use]
    pub fn counted_of_day(&self, commits: i64, pushes: i64) -> (i64, i64) {
        let commits = commits.min(self.daily_commit_cap);
        (commits, pushes.min(self.daily_commit_cap - commits))
    }

    /// What the commits and pushes of one contributor in one repository on one
    /// day are worth.
    #[must_use]
    pub fn commits_of_day(&self, commits: i64, pushes: i64) -> Thousandths {
        let (commits, pushes) = self.counted_of_day(commits, pushes);
        self.of_day(ContributionKind::Commit, commits) + self.of_day(ContributionKind::Push, pushes)
    }

    /// What one contributor did in one repository on one day is worth, as far
    /// as its worth hangs on the day.
    #[must_use]
    pub fn points_of_day(&self, counts: &DayCounts) -> Thousandths {
        let commits = self.commits_of_day(
            counts[ContributionKind::Commit],
            counts[ContributionKind::Push],
        );
        let others = ContributionKind::ALL.into_iter().filter(|kind| {
            !matches!(kind, ContributionKind::Commit | ContributionKind::Push)
                && self.is_by_day(*kind)
        });
        commits
            + others
                .map(|kind| self.of_day(kind, counts[kind]))
                .sum::<Thousandths>()
    }

    /// What all lines of one contributor in one repository in one period are
    /// worth.
    #[must_use]
    pub fn lines(&self, additions: i64, deletions: i64) -> Thousandths {
        (additions * self.per_line_added + deletions * self.per_line_deleted).min(self.lines_cap)
    }

    /// What the lines of one pull request would be worth without the cap.
    #[must_use]
    pub fn uncapped_lines(&self, lines: Lines) -> Thousandths {
        i64::from(lines.additions) * self.per_line_added
            + i64::from(lines.deletions) * self.per_line_deleted
    }

    /// Whether both say the same, under whatever version.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let version = self.version;
        *self
            == Self {
                version,
                ..other.clone()
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_of_a_day_are_capped_together() {
        let policy = Policy::default();
        assert_eq!(policy.commits_of_day(2_283, 0), 300_000);
        assert_eq!(policy.commits_of_day(20, 20), 300_000);
        assert_eq!(policy.commits_of_day(3, 4), 70_000);
    }

    #[test]
    fn lines_are_worth_fractions_and_are_capped() {
        let policy = Policy::default();
        assert_eq!(policy.lines(3, 1), 35);
        assert_eq!(policy.lines(1_000_000, 0), 500_000);
    }
}
