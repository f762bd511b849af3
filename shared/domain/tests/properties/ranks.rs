//! Ranks and periods.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta};
use domain::{AccountReference, Period, RankHistogram, Standing, rank_standings};
use proptest::collection::vec;
use proptest::prelude::*;

/// Levels of a radix histogram of six bits each.
const LEVELS: u32 = 7;

/// How many values there are under each prefix of each level.
fn histogram(values: &[i64]) -> HashMap<(u32, i64), u64> {
    let mut histogram = HashMap::new();
    for value in values.iter().filter(|value| **value > 0) {
        for level in 0..LEVELS {
            let prefix = value >> (6 * (LEVELS - 1 - level));
            *histogram.entry((level, prefix)).or_default() += 1;
        }
    }
    histogram
}

/// One more than the number of better values: on each level those that share
/// the prefix above and have a larger digit.
fn rank(histogram: &HashMap<(u32, i64), u64>, value: i64) -> u64 {
    let better = (0..LEVELS).flat_map(|level| {
        let prefix = value >> (6 * (LEVELS - 1 - level));
        let last = if level == 0 { 63 } else { prefix | 63 };
        (prefix + 1..=last).map(move |larger| (level, larger))
    });
    1 + better.filter_map(|key| histogram.get(&key)).sum::<u64>()
}

fn standings() -> impl Strategy<Value = Vec<Standing>> {
    vec((-2..5_i64, 0..3_i64, 0..3_i64), 0..30).prop_map(|values| {
        let standing = |(id, (value, merged, reviews))| Standing {
            contributor: AccountReference::from_id(id),
            value,
            merged,
            reviews,
        };
        (1..).zip(values).map(standing).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn a_rank_is_one_more_than_the_number_of_better_values(values in vec(0..6_i64, 0..30)) {
        let standings: Vec<Standing> = (1..).zip(&values).map(|(id, value)| Standing {
            contributor: AccountReference::from_id(id), value: *value, merged: 0, reviews: 0,
        }).collect();
        let ranked = rank_standings(standings);
        prop_assert_eq!(ranked.len(), values.iter().filter(|value| **value > 0).count());
        for (rank, standing) in ranked {
            let better = values.iter().filter(|value| **value > standing.value).count();
            prop_assert_eq!(rank, better as u64 + 1);
        }
    }

    #[test]
    fn a_board_hangs_on_no_order(
        (standings, shuffled) in standings().prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()))
    ) {
        let ranked = rank_standings(standings);
        prop_assert_eq!(&ranked, &rank_standings(shuffled));
        for pair in ranked.windows(2) {
            let [(rank, one), (next_rank, next)] = pair else { continue };
            prop_assert!(one < next, "the order is total");
            prop_assert_eq!(rank == next_rank, one.value == next.value, "equal values share a rank");
            prop_assert!(rank <= next_rank);
        }
    }

    #[test]
    fn a_radix_histogram_knows_every_rank(values in vec(prop_oneof![0..200_i64, 0..1_i64 << 42], 0..60)) {
        let standings = (1..).zip(&values).map(|(id, value)| Standing {
            contributor: AccountReference::from_id(id), value: *value, merged: 0, reviews: 0,
        });
        let histogram = histogram(&values);
        for (ranked, standing) in rank_standings(standings.collect()) {
            prop_assert_eq!(rank(&histogram, standing.value), ranked);
        }
    }

    #[test]
    fn a_histogram_that_members_come_to_and_go_from_knows_every_rank(
        values in vec((prop_oneof![1..200_i64, 1..1_i64 << 42], any::<bool>()), 0..60)
    ) {
        let mut histogram = RankHistogram::default();
        values.iter().for_each(|(value, _)| histogram.add(*value, 1));
        let (gone, left): (Vec<_>, Vec<_>) = values.into_iter().partition(|(_, goes)| *goes);
        gone.iter().for_each(|(value, _)| histogram.remove(*value));
        prop_assert_eq!(histogram.members(), left.len() as u64);
        let standings = (1..).zip(&left).map(|(id, (value, _))| Standing {
            contributor: AccountReference::from_id(id), value: *value, merged: 0, reviews: 0,
        });
        for (rank, standing) in rank_standings(standings.collect()) {
            prop_assert_eq!(histogram.members_above(standing.value) + 1, rank);
        }
    }

    #[test]
    fn windows_are_as_long_as_they_say_and_follow_each_other(
        days in 0..20_000_i64, length in 1..400_u16
    ) {
        let last = (DateTime::UNIX_EPOCH + TimeDelta::days(days)).date_naive();
        let window = Period::rolling(length, last).unwrap();
        let (first, end) = window.days().unwrap();
        prop_assert_eq!(end.signed_duration_since(first).num_days(), i64::from(length));
        prop_assert_eq!(end.pred_opt(), Some(last));
        prop_assert_eq!(window.to_string().parse(), Ok(window));
        prop_assert_eq!(window.previous().and_then(Period::days).map(|(_, end)| end), Some(first));
        prop_assert_eq!(window.next().and_then(Period::days).map(|(first, _)| first), Some(end));
    }

    #[test]
    fn a_day_lies_in_each_of_its_periods(days in 0..20_000_i64) {
        let day = (DateTime::UNIX_EPOCH + TimeDelta::days(days)).date_naive();
        for period in Period::containing(day) {
            prop_assert_eq!(period.to_string().parse(), Ok(period));
            if let Some((first, end)) = period.days() {
                prop_assert!((first..end).contains(&day), "{} in {}", day, period);
            }
        }
    }
}
