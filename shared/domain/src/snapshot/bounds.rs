//! What a score can be, given how much was done of each kind.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::NaiveDate;

use crate::{ContributionKind, Policy, RepositoryReference, Scorable, Thousandths, explain};

/// The least and the most that these contributions can be worth. Caps are of
/// days, repositories and periods, which counts of a whole board do not tell:
/// the least is what they come to on one day in one repository, where caps take
/// most, and the most is without caps of commits, with lines that fill theirs
/// wherever something was merged. Where no cap can hold back anything and
/// nothing was merged, both are the score.
pub(super) fn score_bounds(
    policy: &Policy,
    counts: &BTreeMap<ContributionKind, i64>,
) -> RangeInclusive<Thousandths> {
    // Saturating: a file may hold any numbers.
    let merged = counts.get(&ContributionKind::PullRequestMerged);
    let lines = merged.map_or(0, |count| count.saturating_mul(policy.lines_cap));
    let uncapped =
        |(kind, count): (&ContributionKind, &i64)| count.saturating_mul(policy.weight(*kind));
    let most = counts.iter().map(uncapped).fold(lines, i64::saturating_add);
    let on_one_day: Vec<Scorable> = counts
        .iter()
        .map(|(kind, count)| Scorable {
            repository: RepositoryReference::from_id(0),
            kind: *kind,
            day: NaiveDate::MIN,
            quantity: u32::try_from(*count).unwrap_or(u32::MAX),
            lines: None,
        })
        .collect();
    let explained = explain(policy, &on_one_day);
    explained.iter().map(|one| one.points()).sum()..=most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(counts: &[(ContributionKind, i64)]) -> RangeInclusive<Thousandths> {
        score_bounds(&Policy::default(), &counts.iter().copied().collect())
    }

    #[test]
    fn a_score_that_no_cap_can_touch_is_known() {
        use ContributionKind as Kind;
        let counts = [(Kind::Commit, 20), (Kind::Push, 10), (Kind::Comment, 2)];
        assert_eq!(bounds(&counts), 306_000..=306_000);
        assert_eq!(bounds(&[]), 0..=0);
    }

    #[test]
    fn what_caps_may_take_and_lines_may_bring_is_left_open() {
        use ContributionKind as Kind;
        assert_eq!(bounds(&[(Kind::Commit, 100)]), 300_000..=1_000_000);
        assert_eq!(bounds(&[(Kind::PullRequestMerged, 2)]), 50_000..=1_050_000);
    }
}
