//! Money on a real log: many scrapers at once, and never more than is allowed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::{DateTime, Months, TimeDelta, Utc};
use domain::Source;
use domain::budget::{
    BudgetDefinition, Ceiling, Ceilings, Money, Price, Request, TEBIBYTE, Thresholds,
};
use event_log::{EventLog, LogStream};
use events::Event;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use scraper::budget::{BudgetError, Decision, LedgerLog};
use tests::{Servers, never_above};
use uuid::Uuid;

const RACERS: u64 = 16;
const ROUNDS: u32 = 50;

fn dollars(text: &str) -> Money {
    text.parse().unwrap()
}

/// Each round races in a month of its own, whose first racer carries the
/// definition over.
fn month(round: u32) -> DateTime<Utc> {
    let first: DateTime<Utc> = "2026-11-01T00:00:00Z".parse().unwrap();
    first + Months::new(round)
}

fn definition(at: DateTime<Utc>) -> BudgetDefinition {
    BudgetDefinition {
        ceilings: Ceilings {
            day: dollars("25"),
            month: dollars("60"),
            job: dollars("40"),
        },
        thresholds: Thresholds::default(),
        price: Price::default(),
        actor: "treasurer".to_owned(),
        reason: "to race for it".to_owned(),
        defined_at: at,
    }
}

fn request(id: Uuid, job: &str, bytes: u64, at: DateTime<Utc>) -> Request {
    Request {
        reservation: id,
        job: job.to_owned(),
        source: Source::Bigquery,
        reference: format!("leaderboard-{}", id.simple()),
        repositories: vec!["octo/cat".to_owned()],
        bytes,
        at,
        expires_at: at + TimeDelta::hours(6),
    }
}

/// One scraper: reserves, and settles or releases some of what it got.
async fn race(log: EventLog, round: u32, racer: u64) -> Result<u64, BudgetError> {
    let mut random = ChaCha8Rng::seed_from_u64(u64::from(round) * RACERS + racer);
    let ledger = LedgerLog::new(log, "/tests/racer");
    let mut refused = 0;
    for _ in 0..3 {
        let at = month(round) + TimeDelta::hours(random.random_range(0..72));
        let id = Uuid::from_u128(random.random());
        let bytes = random.random_range(1..2 * TEBIBYTE);
        let request = request(id, &format!("job {}", racer % 4), bytes, at);
        match ledger.reserve(&request).await? {
            Decision::Refused(_) => refused += 1,
            Decision::Reserved(reserved) => match random.random_range(0..3) {
                0 => ledger.settle(&reserved, bytes / 3, at).await?,
                1 => ledger.release(&reserved, "the query failed", at).await?,
                _ => {}
            },
        }
    }
    Ok(refused)
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_scrapers_race_for_the_last_dollars() -> anyhow::Result<()> {
    let servers = Servers::start().await?;
    let log = servers.log().await?;
    let treasurer = LedgerLog::new(log.clone(), "/tests/treasurer");
    treasurer.define(definition(month(0))).await?;
    let mut refused = 0;
    for round in 0..ROUNDS {
        let racing = (0..RACERS).map(|racer| tokio::spawn(race(log.clone(), round, racer)));
        for outcome in futures::future::try_join_all(racing).await? {
            refused += outcome?;
        }
        let subject = events::Subject::of_ledger(month(round));
        let recorded = log.read_all(LogStream::Costs, subject.as_str(), 0).await?;
        let by_hand = never_above(&recorded, definition(month(round)).ceilings)?;
        let at = month(round) + TimeDelta::hours(72);
        let spent = treasurer.ledger(at).await?.of_month_until_now(at);
        assert_eq!(spent.total().micros(), by_hand);
        let definitions = recorded
            .iter()
            .filter(|said| matches!(said.envelope.event, Event::BudgetDefined(_)));
        assert_eq!(definitions.count(), 1, "carried over once");
    }
    assert!(
        refused > u64::from(ROUNDS),
        "there was something to race for"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_outlives_whoever_made_it() -> anyhow::Result<()> {
    let servers = Servers::start().await?;
    let log = servers.log().await?;
    let at = month(0);
    let first = LedgerLog::new(log.clone(), "/tests/first");
    let asked = request(Uuid::from_u128(7), "sweep", 3 * TEBIBYTE, at);
    assert!(matches!(
        first.reserve(&asked).await,
        Err(BudgetError::Ledger(_))
    ));
    first.define(definition(at)).await?;
    let Decision::Reserved(reserved) = first.reserve(&asked).await? else {
        panic!("12.50 of 25 dollars")
    };
    drop(first);

    // The next one asks again under the same id, and looks it up.
    let second = LedgerLog::new(log.clone(), "/tests/second");
    assert_eq!(
        second.reserve(&asked).await?,
        Decision::Reserved(reserved.clone())
    );
    let late = at + TimeDelta::days(2);
    let spent = second.ledger(late).await?.of_month_until_now(late);
    assert_eq!(spent.assumed, dollars("12.50"));
    second.settle(&reserved, 2 * TEBIBYTE, late).await?;
    second.settle(&reserved, 2 * TEBIBYTE, late).await?;
    let spent = second.ledger(late).await?.of_month_until_now(late);
    assert_eq!(
        (spent.settled, spent.reserved),
        (dollars("6.25"), Money::ZERO)
    );

    // 70 and 90 parts of a hundred of the day are told of, once each.
    let more = request(Uuid::from_u128(8), "sweep", 3 * TEBIBYTE, at);
    assert!(matches!(
        second.reserve(&more).await?,
        Decision::Reserved(_)
    ));
    let over = request(Uuid::from_u128(9), "sweep", TEBIBYTE, at);
    let Decision::Refused(refusal) = second.reserve(&over).await? else {
        panic!("25 of 25 dollars are taken")
    };
    assert_eq!((refusal.ceiling, refusal.left), (Ceiling::Day, Money::ZERO));
    let subject = events::Subject::of_ledger(at);
    let told: Vec<u8> = log
        .read_all(LogStream::Costs, subject.as_str(), 0)
        .await?
        .into_iter()
        .filter_map(|recorded| match recorded.envelope.event {
            Event::BudgetThresholdReached(reached) => Some(reached.percent),
            _ => None,
        })
        .collect();
    assert_eq!(told, [70, 90]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_cannot_be_is_refused_with_every_fault() -> anyhow::Result<()> {
    let servers = Servers::start().await?;
    let ledger = LedgerLog::new(servers.log().await?, "/tests/treasurer");
    let bad = BudgetDefinition {
        thresholds: Thresholds {
            warning: 99,
            critical: 90,
        },
        actor: String::new(),
        ..definition(month(0))
    };
    let Err(BudgetError::Definition(faults)) = ledger.define(bad).await else {
        panic!("two faults")
    };
    assert_eq!(faults.len(), 2);
    assert!(ledger.ledger(month(0)).await?.definition().is_none());
    Ok(())
}
