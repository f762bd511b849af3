//! Coverage: what is cut is what is named, nothing is complete without a
//! witness, and the order in which units come to be known changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::coverage::{
    ArchiveHours, CoverageScope, Extent, FileSpread, Gap, Loss, Readings, Seen, UnitRead, Wish,
    file_holes, hours_between, judge_hour, repair_plan,
};
use domain::{ContributionKind, CoverageVerdict, Source};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

const HOURS: u8 = 60;

const SOURCES: [Source; 4] = [
    Source::Archive,
    Source::Api,
    Source::Webhook,
    Source::Bigquery,
];

fn hour(number: u8) -> DateTime<Utc> {
    DateTime::<Utc>::from_timestamp(1_451_606_400, 0).unwrap_or_default()
        + TimeDelta::hours(number.into())
}

/// What can happen to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Read,
    Verified,
    Cut,
    Damaged,
    Short,
    Unread,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        6 => Just(Fate::Read),
        6 => Just(Fate::Verified),
        1 => Just(Fate::Cut),
        1 => Just(Fate::Damaged),
        1 => Just(Fate::Short),
        1 => Just(Fate::Unread),
    ];
    vec(fate, usize::from(HOURS))
}

fn unit(number: u8, fate: Fate, lag: u8) -> UnitRead {
    let main = hour(number);
    let late = (1..=lag).map(|late| (main - TimeDelta::hours(late.into()), 20));
    let (damaged, expected, whole) = match fate {
        Fate::Read => (0, None, true),
        Fate::Verified => (0, Some(100), true),
        Fate::Cut => (1, None, false),
        Fate::Damaged => (1, None, true),
        Fate::Short | Fate::Unread => (0, Some(200), false),
    };
    UnitRead {
        source: Source::Archive,
        unit: format!("{}.json.gz", main.format("%Y-%m-%d-%-H")),
        observed_at: hour(HOURS),
        events: 100,
        damaged,
        expected,
        whole,
        spread: FileSpread::of(late.chain([(main, 100)])),
        hours: Vec::new(),
    }
}

fn units(fates: &[Fate], lag: u8) -> Vec<UnitRead> {
    let numbered = (0..).zip(fates);
    let read = numbered.filter(|(_, fate)| **fate != Fate::Unread);
    read.map(|(number, fate)| unit(number, *fate, lag))
        .collect()
}

fn readings(units: Vec<UnitRead>) -> Readings {
    let mut readings = Readings::default();
    units.into_iter().for_each(|unit| readings.take(unit));
    readings
}

fn losses(fate: Fate) -> Option<(Gap, Vec<Loss>)> {
    Some(match fate {
        Fate::Read | Fate::Verified => return None,
        Fate::Cut => (Gap::Part, vec![Loss::CutShort]),
        Fate::Damaged => (Gap::Part, vec![Loss::Damaged]),
        Fate::Short => (Gap::Part, vec![Loss::OffManifest]),
        Fate::Unread => (Gap::Whole, Vec::new()),
    })
}

fn extents() -> impl Strategy<Value = BTreeMap<Source, Extent>> {
    let extent = prop_oneof![
        Just(Extent::Unread),
        Just(Extent::Part(BTreeSet::from([Loss::CutShort]))),
        Just(Extent::Whole),
        Just(Extent::Verified),
    ];
    vec(extent, 4).prop_map(|extents| SOURCES.into_iter().zip(extents).collect())
}

fn seen() -> impl Strategy<Value = Vec<Seen>> {
    let by = btree_set((0..4_usize).prop_map(|place| SOURCES[place]), 1..4);
    let one = (0..16_usize, by).prop_map(|(kind, by)| (ContributionKind::ALL[kind], by));
    vec(one, 0..12).prop_map(|all| {
        let all = all.into_iter().enumerate();
        all.map(|(number, (kind, by))| Seen {
            kind,
            key: format!("comment:{number}"),
            by,
        })
        .collect()
    })
}

proptest! {
    #[test]
    fn what_was_cut_is_named_and_nothing_else(fates in fates()) {
        let readings = readings(units(&fates, 0));
        let span = (hour(0), hour(HOURS));
        let holes = file_holes(&readings, Some(span));
        let mut named: BTreeMap<DateTime<Utc>, (Gap, Vec<Loss>)> = BTreeMap::new();
        for hole in &holes {
            for hour in hole.hours() {
                let losses = hole.losses.iter().copied().collect();
                prop_assert!(named.insert(hour, (hole.gap, losses)).is_none());
            }
        }
        let cut = (0..).zip(&fates).filter_map(|(number, fate)| Some((hour(number), losses(*fate)?)));
        prop_assert_eq!(named, cut.collect());
        // Ranges are as long as they can be.
        for pair in holes.windows(2) {
            let same = (pair[0].gap, &pair[0].losses) == (pair[1].gap, &pair[1].losses);
            prop_assert!(!(same && pair[0].until == pair[1].from));
        }
    }

    #[test]
    fn the_order_of_files_changes_nothing(fates in fates(), lag in 0..3_u8, seed in any::<u64>()) {
        let in_order = units(&fates, lag);
        let mut shuffled = in_order.clone();
        let place = |unit: &UnitRead| {
            let number = unit.unit.bytes().fold(seed, |sum, byte| sum.wrapping_mul(31) ^ u64::from(byte));
            number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        };
        shuffled.sort_by_key(place);
        // Worse readings of the same files change nothing either.
        let cut = in_order.iter().map(|unit| UnitRead { events: 10, damaged: 1, whole: false, ..unit.clone() });
        let twice = readings(cut.chain(shuffled).collect());
        let once = readings(in_order);
        for at in hours_between(hour(0), hour(HOURS)) {
            prop_assert_eq!(once.of_archives(at), twice.of_archives(at));
        }
    }

    #[test]
    fn an_hour_is_whole_only_with_all_files_that_hold_events_of_it(fates in fates(), lag in 0..3_u8) {
        let readings = readings(units(&fates, lag));
        for number in 0..HOURS - lag {
            let of_hour = fates[usize::from(number)..=usize::from(number + lag)].iter();
            let all = of_hour.clone().all(|fate| matches!(fate, Fate::Read | Fate::Verified));
            let verified = of_hour.clone().all(|fate| *fate == Fate::Verified);
            let none = of_hour.clone().all(|fate| *fate == Fate::Unread);
            let extent = readings.of_archives(hour(number));
            prop_assert_eq!(extent.is_whole(), all);
            prop_assert_eq!(extent == Extent::Verified, verified);
            prop_assert_eq!(extent == Extent::Unread, none);
        }
    }

    #[test]
    fn hours_are_counted_as_one_by_one(fates in fates(), lag in 0..3_u8, from in 0..HOURS, length in 0..80_i64) {
        let readings = readings(units(&fates, lag));
        let archives = ArchiveHours::of(&readings);
        let (from, until) = (hour(from), hour(from) + TimeDelta::hours(length));
        let counts = readings.count_hours(&archives, CoverageScope::Everything, from, until);
        prop_assert_eq!(counts.all(), length);
        let mut whole = 0;
        for at in hours_between(from, until) {
            whole += i64::from(readings.of_archives(at).is_whole());
        }
        prop_assert_eq!(counts.complete + counts.unknown, whole);
        prop_assert_eq!(counts.verdict() == CoverageVerdict::Missing, counts.missing == length);
    }

    #[test]
    fn nothing_is_complete_without_a_witness(extents in extents(), seen in seen()) {
        for at in judge_hour(&extents, &seen) {
            let others = extents.iter().filter(|(source, _)| **source != at.source);
            let vouched = others.clone().any(|(source, extent)| *source != Source::Webhook && extent.is_whole());
            if at.verdict == CoverageVerdict::Complete {
                prop_assert!(at.extent.is_whole() && at.missing.is_empty());
                prop_assert!(at.extent == Extent::Verified || vouched);
                prop_assert_eq!(at.expected, Some(at.observed));
            }
            if at.verdict == CoverageVerdict::Missing {
                prop_assert_eq!(at.observed, 0);
            }
            let lacking = seen.iter().filter(|one| !one.by.contains(&at.source)).count() as u64;
            prop_assert_eq!(at.missing.values().sum::<u64>(), lacking);
            prop_assert_eq!(at.observed + lacking, seen.len() as u64);
        }
    }

    #[test]
    fn after_a_repair_there_is_nothing_to_do(fates in fates(), exhausted in btree_set(0..HOURS, 0..5)) {
        let mut readings = readings(units(&fates, 0));
        let repositories = [vec!["octo/cat".to_owned()]];
        let span = Some((hour(0), hour(HOURS)));
        let exhausted: BTreeSet<DateTime<Utc>> = exhausted.into_iter().map(hour).collect();
        for round in 0..2 {
            let holes = file_holes(&readings, span);
            let plan = repair_plan(&readings, &Wish {
                holes: &holes,
                repositories: &repositories,
                exhausted: &exhausted,
                now: hour(HOURS) + TimeDelta::days(2),
            });
            if round == 1 {
                prop_assert!(plan.is_empty(), "{:?}", plan);
                break;
            }
            for at in &plan.files {
                let number = u8::try_from((*at - hour(0)).num_hours()).expect("few hours");
                readings.take(unit(number, Fate::Verified, 0));
            }
            for day in &plan.days {
                readings.take(UnitRead {
                    source: Source::Bigquery,
                    unit: format!("octo/cat day {}", day.day),
                    ..unit(0, Fate::Read, 0)
                });
            }
        }
    }
}
