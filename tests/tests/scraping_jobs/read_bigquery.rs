//! Days of tracked repositories from BigQuery.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::budget::{Ceilings, TEBIBYTE};
use domain::jobs::Severity;
use event_log::LogStream;
use events::{Event, Subject};
use tests::{never_above, star_of};

use crate::world::{TEBIBYTE_MICROS, World};

const GIBIBYTE: u64 = 1 << 30;

fn now() -> DateTime<Utc> {
    "2026-11-10T12:00:00Z".parse().unwrap()
}

/// A day of November.
fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, number).unwrap()
}

/// Gives BigQuery a day with one star in it, which is its number's visitor;
/// reading it whole counts for a tebibyte.
fn put(world: &World, number: u32) {
    let at = day(number).and_hms_opt(15, 0, 0).unwrap().and_utc();
    let star = star_of((7, "octo/cat"), at, number.into());
    world
        .warehouse
        .set_day(day(number), vec![star], (GIBIBYTE, TEBIBYTE));
}

/// What this month's ledger comes to, which is never above a ceiling, in
/// millionths of a dollar.
async fn spent(world: &World, ceilings: Ceilings) -> u64 {
    let subject = Subject::of_ledger(now());
    let recorded = world.log.read_all(LogStream::Costs, subject.as_str(), 0);
    never_above(&recorded.await.unwrap(), ceilings).unwrap()
}

/// The jobs that reserved something, and how often.
async fn spenders(world: &World) -> BTreeMap<String, usize> {
    let mut spenders = BTreeMap::new();
    for event in world.ledger().await {
        if let Event::CostReserved(reserved) = event {
            *spenders.entry(reserved.job).or_default() += 1;
        }
    }
    spenders
}

fn days(days: &[(u32, bool)]) -> BTreeMap<String, bool> {
    let unit = |number: u32| format!("octo/cat day {}", day(number));
    days.iter()
        .map(|(number, whole)| (unit(*number), *whole))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_read_up_to_yesterday_and_paid_for_in_the_ledger() {
    let world = World::start(now()).await;
    for number in 7..=10 {
        put(&world, number);
    }
    world.track(&["octo/cat"]).await;
    let ceilings = world.allow("100").await;
    world.employ(Some(day(7)), None);

    let done = world.done("read-bigquery", &[]).await;
    assert_eq!(done.summary, "3 of 3 days were read");
    assert_eq!(done.left_out, []);
    let stars = [7, 8, 9].map(|number| format!("star:7:{number}"));
    assert_eq!(world.contributions().await, stars.into_iter().collect());
    let read = days(&[(7, true), (8, true), (9, true)]);
    assert_eq!(world.coverage("bigquery").await, read);
    assert_eq!(world.warehouse.billed(), 3 * TEBIBYTE);
    assert_eq!(spent(&world, ceilings).await, 3 * TEBIBYTE_MICROS);
    let whom = BTreeMap::from([("read-bigquery".to_owned(), 3)]);
    assert_eq!(spenders(&world).await, whom);
    let settled = world.ledger().await.into_iter();
    let settled = settled.filter(|event| matches!(event, Event::CostSettled(_)));
    assert_eq!(settled.count(), 3);

    // The last day is looked at again, for what came late, and costs nothing as
    // long as BigQuery keeps its rows.
    let again = world.done("read-bigquery", &[]).await;
    assert_eq!(again.summary, "1 of 1 days were read");
    assert_eq!(world.warehouse.jobs(), 3);
    world.pass(TimeDelta::days(1));
    let next = world.done("read-bigquery", &[]).await;
    assert_eq!(next.summary, "2 of 2 days were read");
    assert!(world.contributions().await.contains("star:7:10"));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_ceiling_the_job_fails_for_good_and_the_days_stay_open() {
    let world = World::start(now()).await;
    for number in 7..=9 {
        put(&world, number);
    }
    world.track(&["octo/cat"]).await;
    world.employ(Some(day(7)), None);

    // Nobody ever allowed anything.
    let failure = world.failed("read-bigquery", &[]).await;
    assert_eq!(failure.severity, Severity::High);
    assert!(failure.message.contains("budget"), "{failure:?}");
    assert_eq!(world.warehouse.jobs(), 0);

    // A day is 6.25 dollars, reserved with a hundredth on top: so one, not two.
    let ceilings = world.allow("10").await;
    let failure = world.failed("read-bigquery", &[]).await;
    assert_eq!(failure.severity, Severity::High);
    assert_eq!(failure.context["day"], "2026-11-08");
    let reason = "the budget does not allow it";
    assert!(failure.message.contains(reason), "{failure:?}");
    assert!(failure.message.contains("budget status"), "{failure:?}");
    assert_eq!(world.warehouse.jobs(), 1);
    assert_eq!(spent(&world, ceilings).await, TEBIBYTE_MICROS);
    assert_eq!(
        world.coverage("bigquery").await,
        days(&[(7, true), (8, false)])
    );
    let refused = world.ledger().await.into_iter();
    let refused = refused.filter(|event| matches!(event, Event::CostRefused(_)));
    assert_eq!(refused.count(), 1, "refused once, and not asked again");

    // With more to spend it goes on where it stopped.
    let ceilings = world.allow("100").await;
    let done = world.done("read-bigquery", &[]).await;
    assert_eq!(done.summary, "3 of 3 days were read");
    assert_eq!(world.warehouse.jobs(), 3, "the first day is paid for");
    assert_eq!(spent(&world, ceilings).await, 3 * TEBIBYTE_MICROS);
    let read = days(&[(7, true), (8, true), (9, true)]);
    assert_eq!(world.coverage("bigquery").await, read);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_not_there_yet_is_left_out_and_read_later() {
    let world = World::start(now()).await;
    put(&world, 7);
    put(&world, 9);
    world.track(&["octo/cat"]).await;
    world.allow("100").await;
    world.employ(Some(day(7)), None);

    let done = world.done("read-bigquery", &[]).await;
    assert_eq!(done.summary, "2 of 3 days were read");
    let [late] = done.left_out.as_slice() else {
        panic!("{:?}", done.left_out)
    };
    assert_eq!(late.context["day"], "2026-11-08");
    let open = days(&[(7, true), (8, false), (9, true)]);
    assert_eq!(world.coverage("bigquery").await, open);

    put(&world, 8);
    let done = world.done("read-bigquery", &[]).await;
    assert_eq!(done.summary, "2 of 2 days were read", "and the last again");
    let read = days(&[(7, true), (8, true), (9, true)]);
    assert_eq!(world.coverage("bigquery").await, read);
    let stars = [7, 8, 9].map(|number| format!("star:7:{number}"));
    assert_eq!(world.contributions().await, stars.into_iter().collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_anybody_who_pays_the_job_says_what_is_missing() {
    let world = World::start(now()).await;
    world.employ(None, None);
    let failure = world.failed("read-bigquery", &[]).await;
    assert_eq!(failure.severity, Severity::High);
    let missing = "LEADERBOARD_BIGQUERY_PROJECT is not set";
    assert_eq!(failure.message, missing);
}
