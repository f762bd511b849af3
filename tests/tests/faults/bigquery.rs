//! BigQuery: too many requests, server errors, silence, half an answer.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use domain::budget::TEBIBYTE;
use domain::jobs::Severity;
use scraper::budget::LedgerLog;
use tests::bigquery::Fault;
use tests::{budget_of, star_of};

use crate::desk::Desk;
use crate::table::{Row, hold};

const CIRCUIT: &str = "circuit_open{dependency=\"bigquery\"}";

const FOR_EVER: u64 = u64::MAX;

fn start() -> DateTime<Utc> {
    "2026-11-10T12:00:00Z".parse().unwrap()
}

struct World {
    desk: Desk,
    /// The last day that is there.
    day: NaiveDate,
    stars: BTreeSet<String>,
}

impl World {
    /// Another day is there to be read, with one star.
    fn go_on(&mut self) {
        self.desk.pass(TimeDelta::days(1));
        self.day = self.day + Days::new(1);
        let at = self.day.and_hms_opt(15, 0, 0).unwrap().and_utc();
        let visitor = u64::from(chrono::Datelike::ordinal(&self.day));
        let star = star_of((7, "octo/cat"), at, visitor);
        self.desk
            .warehouse
            .set_day(self.day, vec![star], (1 << 30, TEBIBYTE));
        self.stars.insert(format!("star:7:{visitor}"));
    }

    /// Each day's star is on the log. Each day was paid for when it was yesterday, and
    /// once more a day later, for what came late.
    async fn is_whole(&self) -> String {
        assert_eq!(self.desk.contributions().await, self.stars);
        let days = self.stars.len() as u64;
        assert_eq!(self.desk.warehouse.billed(), (2 * days - 1) * TEBIBYTE);
        let read = self.desk.coverage("bigquery").await;
        assert_eq!(read.len() as u64, days);
        assert!(read.values().all(|whole| *whole), "{read:?}");
        "each day is on the log whole, and nothing was paid for that is not without faults"
            .to_owned()
    }

    fn unit(&self) -> String {
        format!("octo/cat day {}", self.day)
    }
}

/// A fault of one request, after so many; then of all.
async fn passing_and_lasting(world: &mut World, name: &'static str, fault: Fault) -> Row {
    // One after the other: the dry run, the start of the job, and its rows.
    for after in 0..3 {
        world.go_on();
        world.desk.warehouse.fail(after, 1, fault);
        let job = world.desk.ask_for("read-bigquery", &[]).await;
        let done = world.desk.end_of(job).await;
        assert_eq!((done.attempt, &done.left_out[..]), (1, &[][..]), "{done:?}");
        world.is_whole().await;
    }

    world.go_on();
    world.desk.warehouse.fail(0, FOR_EVER, fault);
    let mut jobs = Vec::new();
    for failures in 0..5 {
        assert_eq!(world.desk.metric(CIRCUIT), 0.0, "after {failures}");
        let job = world.desk.ask_for("read-bigquery", &[]).await;
        let retrying = world.desk.retry_of(job).await;
        assert_eq!(retrying.failure.severity, Severity::Low, "{retrying:?}");
        assert_eq!(retrying.failure.retry_after, None, "{retrying:?}");
        jobs.push((job, retrying));
    }
    assert_eq!(world.desk.metric(CIRCUIT), 1.0);
    let job = world.desk.ask_for("read-bigquery", &[]).await;
    let retrying = world.desk.retry_of(job).await;
    let until = retrying.failure.retry_after.unwrap();
    let pause = (until - world.desk.now()).num_seconds();
    let severity = retrying.failure.severity.as_str();
    jobs.push((job, retrying));
    let read = world.desk.coverage("bigquery").await;
    assert_ne!(read.get(&world.unit()), Some(&true), "{read:?}");

    world.desk.warehouse.recover();
    let last = jobs
        .iter()
        .map(|(_, retrying)| retrying.again_at)
        .max()
        .unwrap();
    world.desk.pass(last - world.desk.now());
    // Any news wakes the worker.
    let news = world.desk.ask_for("read-bigquery", &[]).await;
    world.desk.end_of(news).await;
    for (job, _) in &jobs {
        assert_eq!(world.desk.end_of(*job).await.attempt, 2);
    }
    assert_eq!(world.desk.metric(CIRCUIT), 0.0);
    Row {
        fault: name,
        happens: format!(
            "each request is made five times; then the job is tried again (`retrying`), and after \
             five such nobody asks for {pause} s"
        ),
        seen: "boards as of before; coverage says that the day is open".to_owned(),
        over: "the job goes on in its next attempt, from half a minute on; what was begun is not \
               begun again"
            .to_owned(),
        told: format!(
            "{severity}: `bigquery_retrying`, `bigquery_day_not_read`, `job_retrying`; \
             `circuit_open{{dependency=\"bigquery\"}}` 1"
        ),
        kept: world.is_whole().await,
    }
}

async fn allow_everything(desk: &Desk) {
    let definition = budget_of("10000".parse().unwrap(), desk.now());
    let ledger = LedgerLog::new(desk.log.clone(), "/tests");
    ledger.define(definition).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bigquery() {
    let first = start().date_naive();
    let desk = Desk::start(start(), first).await;
    desk.track(&["octo/cat"]).await;
    allow_everything(&desk).await;
    let mut world = World {
        desk,
        day: first - Days::new(1),
        stars: BTreeSet::new(),
    };
    let rows = [
        passing_and_lasting(&mut world, "429", Fault::TooMany).await,
        passing_and_lasting(&mut world, "5xx", Fault::Html).await,
        passing_and_lasting(&mut world, "no answer in time", Fault::Silence).await,
        passing_and_lasting(&mut world, "half an answer", Fault::Half).await,
    ];
    hold("BigQuery", &rows);
}
