//! The ledger never lets more be spent than was allowed, whatever comes in
//! whatever order.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::{DateTime, TimeDelta, Utc};
use domain::Source;
use domain::budget::{
    BudgetDefinition, Ceiling, Ceilings, Entry, Ledger, LedgerError, Money, Price, Release,
    Request, TEBIBYTE, Thresholds, forecast,
};
use proptest::prelude::*;
use uuid::Uuid;

fn month() -> DateTime<Utc> {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn dollars(text: &str) -> Money {
    text.parse().unwrap()
}

fn definition() -> BudgetDefinition {
    BudgetDefinition {
        ceilings: Ceilings {
            day: dollars("20"),
            month: dollars("100"),
            job: dollars("40"),
        },
        thresholds: Thresholds::default(),
        price: Price {
            free_bytes: TEBIBYTE,
            ..Price::default()
        },
        actor: "treasurer".to_owned(),
        reason: "a test".to_owned(),
        defined_at: month(),
    }
}

fn request(number: u128, job: u8, bytes: u64, at: DateTime<Utc>) -> Request {
    Request {
        reservation: Uuid::from_u128(number),
        job: format!("job {job}"),
        source: Source::Bigquery,
        reference: format!("query-{number}"),
        repositories: Vec::new(),
        bytes,
        at,
        expires_at: at + TimeDelta::hours(6),
    }
}

fn ledger() -> Ledger {
    let mut ledger = Ledger::of_month(month());
    ledger.apply(&Entry::Defined(definition()));
    ledger
}

/// What somebody does.
#[derive(Clone, Debug)]
enum Deed {
    Ask { job: u8, bytes: u64, hour: i64 },
    Settle { which: usize, percent: u64 },
    Release { which: usize },
    Repeat { which: usize },
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        5 => (0..5_u8, 0..3 * TEBIBYTE, 0..24 * 30_i64)
            .prop_map(|(job, bytes, hour)| Deed::Ask { job, bytes, hour }),
        2 => (any::<usize>(), 0..=100_u64)
            .prop_map(|(which, percent)| Deed::Settle { which, percent }),
        1 => any::<usize>().prop_map(|which| Deed::Release { which }),
        1 => any::<usize>().prop_map(|which| Deed::Repeat { which }),
    ];
    prop::collection::vec(deed, 1..120)
}

fn assert_within(ledger: &Ledger, now: DateTime<Utc>) {
    let ceilings = definition().ceilings;
    assert!(ledger.of_month_until_now(now).total() <= ceilings.month);
    for (reservation, _) in ledger.reservations() {
        let day = reservation.reserved_at.date_naive();
        assert!(ledger.of_day(day, now).total() <= ceilings.day);
        let job = ledger.sum(now, |found| found.job == reservation.job);
        assert!(job.total() <= ceilings.job);
        assert!(job.assumed <= job.reserved);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn nothing_is_ever_above_a_ceiling(deeds in deeds()) {
        let mut ledger = ledger();
        let mut written: Vec<Entry> = Vec::new();
        let mut reserved: Vec<(Uuid, u64)> = Vec::new();
        let end = month() + TimeDelta::days(30);
        for (number, deed) in deeds.into_iter().enumerate() {
            let entry = match deed {
                Deed::Ask { job, bytes, hour } => {
                    let at = month() + TimeDelta::hours(hour);
                    Some(ledger.decide(&request(number as u128, job, bytes, at)).unwrap())
                }
                Deed::Settle { which, percent } if !reserved.is_empty() => {
                    let (id, bytes) = reserved[which % reserved.len()];
                    Some(Entry::Settled(ledger.settle(id, bytes / 100 * percent, end).unwrap()))
                }
                Deed::Release { which } if !reserved.is_empty() => {
                    Some(Entry::Released(Release {
                        reservation: reserved[which % reserved.len()].0,
                        reserved_at: month(),
                        reason: "it failed".to_owned(),
                        released_at: end,
                    }))
                }
                Deed::Repeat { which } if !written.is_empty() => {
                    Some(written[which % written.len()].clone())
                }
                _ => None,
            };
            let Some(entry) = entry else { continue };
            if let Entry::Reserved(reservation) = &entry {
                reserved.push((reservation.reservation, reservation.bytes));
            }
            ledger.apply(&entry);
            written.push(entry);
            assert_within(&ledger, end);
        }
        // Whoever reads what was written comes to the same.
        let mut again = self::ledger();
        written.iter().for_each(|entry| again.apply(entry));
        prop_assert_eq!(again.of_month_until_now(end), ledger.of_month_until_now(end));
    }
}

#[test]
fn what_is_asked_for_twice_is_reserved_once() {
    let mut ledger = ledger();
    let asked = request(1, 0, 3 * TEBIBYTE, month());
    let entry = ledger.decide(&asked).unwrap();
    ledger.apply(&entry);
    let later = Request {
        bytes: 5 * TEBIBYTE,
        ..asked
    };
    assert_eq!(ledger.decide(&later).unwrap(), entry);
    // The first tebibyte is free.
    assert_eq!(
        ledger.of_month_until_now(month()).reserved,
        dollars("12.50")
    );
}

#[test]
fn a_refusal_names_the_limit_and_what_is_left() {
    let mut ledger = ledger();
    let first = ledger
        .decide(&request(1, 0, 4 * TEBIBYTE, month()))
        .unwrap();
    ledger.apply(&first);
    let Entry::Refused(refusal) = ledger.decide(&request(2, 1, TEBIBYTE, month())).unwrap() else {
        panic!("18.75 of 20 dollars are reserved, and this costs 6.25")
    };
    assert_eq!(
        (refusal.ceiling, refusal.left),
        (Ceiling::Day, dollars("1.25"))
    );
    let tomorrow = month() + TimeDelta::days(1);
    assert!(matches!(
        ledger.decide(&request(3, 1, TEBIBYTE, tomorrow)).unwrap(),
        Entry::Reserved(_)
    ));
}

#[test]
fn what_expires_is_assumed_spent_until_it_is_looked_up() {
    let mut ledger = ledger();
    let entry = ledger
        .decide(&request(1, 0, 2 * TEBIBYTE, month()))
        .unwrap();
    ledger.apply(&entry);
    let later = month() + TimeDelta::days(3);
    let spent = ledger.of_month_until_now(later);
    assert_eq!(
        (spent.assumed, spent.total()),
        (dollars("6.25"), dollars("6.25"))
    );
    assert!(ledger.outstanding(later).all(|(_, expired)| expired));
    let settled = ledger
        .settle(Uuid::from_u128(1), TEBIBYTE + TEBIBYTE / 2, later)
        .unwrap();
    ledger.apply(&Entry::Settled(settled));
    let spent = ledger.of_month_until_now(later);
    assert_eq!(
        (spent.settled, spent.reserved),
        (dollars("3.125"), Money::ZERO)
    );
    assert_eq!(ledger.outstanding(later).count(), 0);
}

#[test]
fn thresholds_are_told_once() {
    let mut ledger = ledger();
    let entry = ledger
        .decide(&request(1, 0, 4 * TEBIBYTE, month()))
        .unwrap();
    ledger.apply(&entry);
    let reached = ledger.thresholds(month());
    let percents: Vec<_> = reached
        .iter()
        .map(|found| (found.ceiling, found.percent))
        .collect();
    assert_eq!(percents, [(Ceiling::Day, 70), (Ceiling::Day, 90)]);
    for found in reached {
        ledger.apply(&Entry::Threshold(found));
    }
    assert_eq!(ledger.thresholds(month()), []);
}

#[test]
fn without_a_budget_nothing_may_be_spent() {
    let ledger = Ledger::of_month(month());
    let refused = ledger.decide(&request(1, 0, 1, month()));
    assert_eq!(refused, Err(LedgerError::NoBudget));
    let later = month() + TimeDelta::days(30);
    let refused = self::ledger().decide(&request(1, 0, 1, later));
    assert!(matches!(refused, Err(LedgerError::OtherMonth { .. })));
}

#[test]
fn a_month_is_forecast_in_proportion() {
    let mut ledger = ledger();
    let entry = ledger
        .decide(&request(1, 0, 3 * TEBIBYTE, month()))
        .unwrap();
    ledger.apply(&entry);
    assert_eq!(
        forecast(&ledger, month() + TimeDelta::days(10)),
        dollars("37.50")
    );
    assert_eq!(
        forecast(&ledger, month() + TimeDelta::minutes(5)),
        dollars("375")
    );
}

#[test]
fn every_fault_of_a_definition_is_named() {
    assert_eq!(definition().faults(), Vec::<String>::new());
    let bad = BudgetDefinition {
        ceilings: Ceilings {
            day: dollars("2"),
            month: dollars("1"),
            job: dollars("3"),
        },
        thresholds: Thresholds {
            warning: 95,
            critical: 90,
        },
        actor: " ".to_owned(),
        ..definition()
    };
    assert_eq!(bad.faults().len(), 4);
}

#[test]
fn a_refusal_says_that_the_limit_of_a_job_is_one_of_all_its_runs_of_the_month() {
    let mut ledger = ledger();
    // Runs of a job on different days, of 18.75 dollars but for what is free.
    let bytes = 3 * TEBIBYTE;
    let mut refusals = Vec::new();
    for (number, day) in [(1, 0), (2, 1), (3, 2)] {
        let at = month() + TimeDelta::days(day);
        let entry = ledger.decide(&request(number, 1, bytes, at)).unwrap();
        if let Entry::Refused(refusal) = &entry {
            refusals.push(refusal.limit_in_words());
        }
        ledger.apply(&entry);
    }
    assert_eq!(
        refusals.first().map(String::as_str),
        Some("40.00 a month for all runs of the job job 1"),
        "{refusals:?}"
    );
}
