//! The scoring policy: what each kind is worth, and where worth is capped.

use serde::{Deserialize, Serialize};

use crate::{ContributionKind, Lines};

/// Thousandths of a point: scores are integers, so that sums are exact.
pub type Thousandths = i64;

/// What contributions are worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The policy's version, shown with every score computed by it.
    pub version: u32,
    /// Points per contribution in thousandths, indexed by kind.
    weights: [Thousandths; ContributionKind::ALL.len()],
    /// Thousandths of a point per line added by a merged pull request.
    pub per_line_added: Thousandths,
    /// Thousandths of a point per line deleted by a merged pull request.
    pub per_line_deleted: Thousandths,
    /// The most that lines may bring per contributor, repository and period.
    pub lines_cap: Thousandths,
    /// How many commits and pushes together count per contributor, repository
    /// and UTC day: an import of an old history would lead the world otherwise.
    pub daily_commit_cap: i64,
}

impl Default for Policy {
    fn default() -> Self {
        let mut weights = [0; ContributionKind::ALL.len()];
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

    /// What the commits and pushes of one contributor in one repository on one
    /// day are worth. Commits fill the daily cap before pushes do.
    #[must_use]
    pub fn commits_of_day(&self, commits: i64, pushes: i64) -> Thousandths {
        let commits = commits.min(self.daily_commit_cap);
        let pushes = pushes.min(self.daily_commit_cap - commits);
        commits * self.weight(ContributionKind::Commit)
            + pushes * self.weight(ContributionKind::Push)
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
