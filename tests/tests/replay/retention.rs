//! What is kept for no longer does not come back with a replay.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::budget::Release;
use domain::jobs::{Cause, JobQueued, Overlap, Queue, QueuePaused};
use domain::{AccountClass, AccountReference};
use events::{AccountClassified, Envelope, Event};
use jobs::{Handler, Run};
use projector::replay::{StartSettings, compare, start, switch};
use projector::{CleanUp, MaintenanceParts};
use runtime::{Clock, SystemClock};
use tests::publish;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::stage::{Stage, author};

/// How many decisions and acts are left of each sort.
const LEFT: &str =
    "SELECT 100 * (SELECT count(*) FROM decisions) + (SELECT count(*) FROM queue_actions)";

/// How many entries of ledgers are left, and in how many partitions.
const ENTRIES: &str = "SELECT 100 * (SELECT count(*) FROM ledger_entries)
    + (SELECT count(*) FROM pg_inherits WHERE inhparent = 'ledger_entries'::regclass)";

/// An entry of the ledger of the month that an instant is in.
fn entered(days: i64) -> Event {
    Event::CostReleased(Release {
        reservation: Uuid::now_v7(),
        reserved_at: days_ago(days),
        reason: "a test".to_owned(),
        released_at: days_ago(days),
    })
}

fn days_ago(days: i64) -> DateTime<Utc> {
    SystemClock.now() - TimeDelta::days(days)
}

fn paused(days: i64) -> Event {
    Event::QueuePaused(QueuePaused {
        queue: Queue::Scraping,
        actor: "ann".to_owned(),
        reason: "a test".to_owned(),
        paused_at: days_ago(days),
    })
}

fn classified(account: &str, class: AccountClass, days: i64) -> Event {
    Event::AccountClassified(AccountClassified {
        account: AccountReference::from_stored(account),
        class: Some(class),
        actor: "ann".to_owned(),
        reason: "a test".to_owned(),
        decided_at: days_ago(days),
    })
}

fn clean_up(arguments: &[(&str, &str)]) -> JobQueued {
    let arguments = arguments.iter();
    let arguments = arguments.map(|(name, days)| ((*name).to_owned(), (*days).to_owned()));
    JobQueued {
        job: Uuid::now_v7(),
        name: "clean-up".to_owned(),
        queue: Queue::Maintenance,
        cause: Cause::Hand {
            actor: "ann".to_owned(),
            reason: "a test".to_owned(),
        },
        arguments: arguments.collect::<BTreeMap<_, _>>(),
        attempts: 1,
        time_limit: 60,
        overlap: Overlap::Forbidden,
        queued_at: SystemClock.now(),
    }
}

async fn run_clean_up(stage: &Stage, arguments: &[(&str, &str)]) -> String {
    let cleaning = CleanUp(MaintenanceParts {
        pool: stage.pool.clone(),
        clock: Arc::new(SystemClock),
    });
    let run = Run::new(CancellationToken::new());
    let done = cleaning.run(&clean_up(arguments), &run).await.unwrap();
    done.summary
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_for_no_longer_stays_gone_when_everything_is_made_anew() {
    let mut stage = Stage::start(200).await;
    let decided = [
        // Replaced since, both of them a long time ago.
        classified("1", AccountClass::Bot, 300),
        // The last about this account: it is in effect, however old.
        classified("2", AccountClass::Bot, 290),
        classified("1", AccountClass::Human, 280),
        // Replaces the one before, but is younger than what goes.
        classified("1", AccountClass::Bot, 10),
        paused(200),
        paused(5),
        // Two months that go with all that is in them, and one that stays.
        entered(500),
        entered(500),
        entered(450),
        entered(1),
    ];
    let decided = decided.map(|event| Envelope::wrap("/tests", event).unwrap());
    publish(&stage.log, &decided, 1).await.unwrap();
    stage.project("projector", 1_000);
    stage.wait_for(1).await;
    assert_eq!(stage.value(1, LEFT).await, 402);

    // Nobody said for how long former decisions are kept: for good.
    assert_eq!(stage.value(1, ENTRIES).await, 403);
    let summary = run_clean_up(&stage, &[]).await;
    assert!(summary.starts_with("3 entries of ledgers"), "{summary}");
    assert_eq!(stage.value(1, ENTRIES).await, 101);
    assert_eq!(stage.value(1, LEFT).await, 401);
    let summary = run_clean_up(&stage, &[("decision_days", "100")]).await;
    assert!(summary.contains("2 former decisions"), "{summary}");
    assert_eq!(stage.value(1, LEFT).await, 201);

    let number = start(&stage.pool, &StartSettings::default()).await.unwrap();
    stage.wait_for(number).await;
    assert_eq!(stage.value(number, LEFT).await, 402, "the log keeps all");
    assert_eq!(stage.value(number, ENTRIES).await, 403, "the log keeps all");
    let report = compare(&stage.pool, 5).await.unwrap();
    assert_eq!(report.differences, 0, "{report:#?}");
    assert_eq!(stage.value(number, LEFT).await, 201);
    assert_eq!(stage.value(number, ENTRIES).await, 101);
    switch(&stage.pool, &author(), false).await.unwrap();

    // Something comes late, of a month that is gone: it is taken, and goes too.
    publish(
        &stage.log,
        &[Envelope::wrap("/tests", entered(450)).unwrap()],
        1,
    )
    .await
    .unwrap();
    stage.wait_for(number).await;
    assert_eq!(stage.value(number, ENTRIES).await, 202);
    assert_eq!(
        stage
            .value(number, "SELECT count(*) FROM dead_letters")
            .await,
        3
    );

    // A longer time than before brings nothing back, and what readers may be given
    // again is cleaned too.
    run_clean_up(&stage, &[("decision_days", "200")]).await;
    run_clean_up(&stage, &[("decision_days", "1")]).await;
    assert_eq!(stage.value(number, LEFT).await, 201);
    assert_eq!(stage.value(1, LEFT).await, 201);
    assert_eq!(stage.value(number, ENTRIES).await, 101);
    let report = compare(&stage.pool, 5).await.unwrap();
    assert_eq!(report.differences, 0, "{report:#?}");
}
