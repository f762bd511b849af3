//! The make-up of a score: what share of it each group of kinds has.

use std::collections::BTreeMap;

use domain::{ContributionKind, Policy};

use crate::points::number;

/// Kinds that are shown together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    /// The heading of the column.
    pub(crate) heading: &'static str,
    /// What stands after a count of one, and of more.
    words: (&'static str, &'static str),
    /// The class of the colour in the style sheet.
    pub(crate) colour: &'static str,
    /// The same as charts take it.
    pub(crate) mark: &'static str,
    kinds: &'static [ContributionKind],
}

/// Every group, in the order of the columns. Kinds that are worth nothing by
/// default are in none.
pub(crate) const GROUPS: [Group; 7] = [
    Group {
        heading: "Commits",
        words: ("commit", "commits"),
        colour: "commits",
        mark: "c-commits",
        kinds: &[ContributionKind::Commit, ContributionKind::Push],
    },
    Group {
        heading: "Merged",
        words: ("merged", "merged"),
        colour: "merged",
        mark: "c-merged",
        kinds: &[ContributionKind::PullRequestMerged],
    },
    Group {
        heading: "Opened",
        words: ("opened", "opened"),
        colour: "opened",
        mark: "c-opened",
        kinds: &[ContributionKind::PullRequestOpened],
    },
    Group {
        heading: "Reviews",
        words: ("review", "reviews"),
        colour: "reviews",
        mark: "c-reviews",
        kinds: &[ContributionKind::PullRequestReviewed],
    },
    Group {
        heading: "Issues",
        words: ("issue", "issues"),
        colour: "issues",
        mark: "c-issues",
        kinds: &[ContributionKind::IssueOpened, ContributionKind::IssueClosed],
    },
    Group {
        heading: "Comments",
        words: ("comment", "comments"),
        colour: "comments",
        mark: "c-comments",
        kinds: &[ContributionKind::Comment, ContributionKind::ReviewComment],
    },
    Group {
        heading: "Releases",
        words: ("release", "releases"),
        colour: "releases",
        mark: "c-releases",
        kinds: &[ContributionKind::ReleasePublished],
    },
];

impl Group {
    /// Whether the kind is shown in it.
    pub(crate) fn holds(&self, kind: ContributionKind) -> bool {
        self.kinds.contains(&kind)
    }

    fn count(&self, counts: &BTreeMap<ContributionKind, i64>) -> i64 {
        let of = |kind| counts.get(kind).copied().unwrap_or(0);
        self.kinds.iter().map(of).sum()
    }

    fn points(&self, policy: &Policy, counts: &BTreeMap<ContributionKind, i64>) -> i64 {
        let of =
            |kind: &ContributionKind| policy.weight(*kind) * counts.get(kind).copied().unwrap_or(0);
        self.kinds.iter().map(of).sum()
    }
}

/// The group a kind is shown in.
pub(crate) fn colour_of(kind: ContributionKind) -> &'static str {
    let group = GROUPS.iter().find(|group| group.holds(kind));
    group.map_or("other", |group| group.colour)
}

/// The count of a group.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) word: &'static str,
    pub(crate) count: i64,
    pub(crate) shown: String,
}

pub(crate) fn cells(counts: &BTreeMap<ContributionKind, i64>) -> Vec<Cell> {
    GROUPS
        .iter()
        .map(|group| {
            let count = group.count(counts);
            Cell {
                word: if count == 1 {
                    group.words.0
                } else {
                    group.words.1
                },
                count,
                shown: number(count),
            }
        })
        .collect()
}

/// A piece of a bar, in thousandths of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) colour: &'static str,
    pub(crate) start: i64,
    pub(crate) length: i64,
}

impl Segment {
    /// Its place in a bar that is so much shorter.
    pub(crate) fn shortened(&self, part: i64, of: i64) -> Self {
        let place = |at: i64| at * part / of.max(1);
        let start = place(self.start);
        Self {
            colour: self.colour,
            start,
            length: place(self.start + self.length) - start,
        }
    }
}

/// A whole bar, in pieces by what the groups are worth before caps and lines.
pub(crate) fn segments(policy: &Policy, counts: &BTreeMap<ContributionKind, i64>) -> Vec<Segment> {
    let points = GROUPS.map(|group| (group.colour, group.points(policy, counts)));
    let whole: i64 = points.iter().map(|(_, points)| points).sum();
    let (mut sum, mut start) = (0, 0);
    let mut segments = Vec::new();
    for (colour, points) in points {
        sum += points;
        // Ends are rounded, not lengths: the pieces meet and fill the bar.
        let end = sum * 1_000 / whole.max(1);
        if end > start {
            segments.push(Segment {
                colour,
                start,
                length: end - start,
            });
        }
        start = end;
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_meet_and_fill_the_bar() {
        let counts = BTreeMap::from([
            (ContributionKind::Commit, 20),
            (ContributionKind::PullRequestMerged, 4),
            (ContributionKind::Comment, 1),
            (ContributionKind::Star, 99),
        ]);
        let bar = segments(&Policy::default(), &counts);
        let pieces = |bar: &[Segment]| -> Vec<_> {
            let pieces = bar.iter();
            pieces
                .map(|piece| (piece.colour, piece.start, piece.length))
                .collect()
        };
        assert_eq!(
            pieces(&bar),
            [
                ("commits", 0, 660),
                ("merged", 660, 330),
                ("comments", 990, 10)
            ]
        );
        let shorter: Vec<_> = bar.iter().map(|piece| piece.shortened(1, 4)).collect();
        assert_eq!(
            pieces(&shorter),
            [
                ("commits", 0, 165),
                ("merged", 165, 82),
                ("comments", 247, 3)
            ]
        );
        assert!(segments(&Policy::default(), &BTreeMap::new()).is_empty());
    }
}
