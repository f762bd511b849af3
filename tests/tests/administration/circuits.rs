//! What a worker leaves alone after failures: said on the log, and shown by the API and
//! on the page of operations until it is asked again.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::jobs::{Queue, QueuePaused};
use event_log::{Delivered, LogStream};
use events::{CircuitChanged, Envelope, Event};
use postgres::GenerationPool;
use projector::{Jobs, apply_batch};
use runtime::{CircuitBreaker, FixedClock};
use scraper::sources::archive::ArchiveBases;
use scraper::work::{ScrapingParts, publish_circuit_changes};
use serde_json::json;
use tests::github::{Fault, Github};
use tests::{Servers, star_of};
use tokio_util::sync::CancellationToken;

use crate::stage::{PATIENCE, Stage, now};

/// The page tells all of this.
fn holds(page: &str, told: &[&str]) {
    for text in told {
        assert!(page.contains(text), "{text} is not on {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circuit_is_shown_open_until_github_answers_again() {
    const CIRCUITS: &str = "/api/v1/circuits";
    let stage = Stage::start().await;
    assert_eq!(stage.get(CIRCUITS).await, json!({ "circuits": [] }));
    let nothing = stage.page("/operations").await;
    holds(&nothing, &["Circuit breakers", "Nothing is left alone."]);

    // Of one repository a request is made four times, and not answered; the next opens it.
    for (id, name) in [(7, "octo/cat"), (8, "octo/dog")] {
        let star = star_of((id, name), now() - TimeDelta::hours(1), 100 + id);
        stage.github.set_repository(id, name, vec![star]);
    }
    let asker = stage.asker();
    asker.track(&["octo/cat", "octo/dog"]).await;
    stage.github.fail(0, u64::MAX, Fault::BadGateway);
    let job = asker.ask_for("refresh-stale", &[]).await;
    let retrying = asker.retry_of(job).await;
    let open = stage
        .until(CIRCUITS, |answer| answer["circuits"][0].is_object())
        .await;
    let expected = json!({ "circuits": [{
        "dependency": "github",
        "worker": "worker",
        "state": "open",
        "failures": 5,
        "open_until": now() + TimeDelta::minutes(1),
        "changed_at": now(),
    }]});
    assert_eq!(open, expected);
    let page = stage.page("/operations").await;
    holds(
        &page,
        &[
            "GitHub failed 5 times in a row and is left alone for another 60 seconds",
            "href=\"/runbook#circuitopen\"",
            "<span class=\"pill\">Open</span>",
            "in 60 seconds",
        ],
    );

    stage.github.recover();
    let later = now() + TimeDelta::seconds((retrying.again_at - now()).num_seconds() + 1);
    stage.pass(later - now());
    // Any news wakes the worker.
    let news = asker.ask_for("refresh-stale", &[]).await;
    asker.end_of(news).await;
    asker.end_of(job).await;
    let closed = stage
        .until(CIRCUITS, |answer| {
            answer["circuits"][0]["state"] == "closed"
        })
        .await;
    let expected = json!({ "circuits": [{
        "dependency": "github",
        "worker": "worker",
        "state": "closed",
        "failures": 0,
        "open_until": null,
        "changed_at": later,
    }]});
    assert_eq!(closed, expected);
    let page = stage.page("/operations").await;
    holds(&page, &["<span class=\"pill\">Closed</span>"]);
    assert!(!page.contains("left alone for another"), "{page}");
}

/// Asks, and is not answered, until nobody asks any more.
fn open(circuit: &CircuitBreaker) {
    while let Ok(admission) = circuit.admit(now()) {
        circuit.failed(admission, now());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_told_in_their_order_once_the_log_is_back_and_nobody_waits_for_it() {
    let mut servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let github = Github::start(now()).await.unwrap();
    let parts = ScrapingParts {
        log: log.clone(),
        clock: Arc::new(FixedClock::at(now())),
        github: Arc::new(github.client(&["one"]).unwrap()),
        archives: ArchiveBases(Vec::new()),
        bigquery: None,
        bigquery_circuit: Arc::new(CircuitBreaker::of("bigquery")),
        floor: None,
        comparison: None,
    };
    let stop = CancellationToken::new();
    let publishing = tokio::spawn(publish_circuit_changes(&parts, "worker", &stop));
    servers.nats.kill();
    open(&parts.bigquery_circuit);
    parts
        .bigquery_circuit
        .succeeded(now() + TimeDelta::minutes(2));
    servers.nats.restart().await.unwrap();
    let told = async {
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        loop {
            looks.tick().await;
            let read = log.read_all(LogStream::Jobs, "jobs.v1.circuits.bigquery", 0);
            let read = read.await.unwrap_or_default();
            if read.len() == 2 {
                return read;
            }
        }
    };
    let told = tokio::time::timeout(PATIENCE, told).await.unwrap();
    let told: Vec<Event> = told.into_iter().map(|said| said.envelope.event).collect();
    let expected = [
        said("bigquery", "worker", true, 0),
        said("bigquery", "worker", false, 2),
    ];
    assert_eq!(told, expected);

    // Whoever stops does not wait for it either.
    servers.nats.kill();
    open(parts.github.circuit());
    stop.cancel();
    publishing.await.unwrap().unwrap();
}

/// What a worker says of a circuit so many minutes after the beginning.
fn said(dependency: &str, worker: &str, is_open: bool, minute: i64) -> Event {
    let changed_at = now() + TimeDelta::minutes(minute);
    Event::CircuitChanged(CircuitChanged {
        dependency: dependency.to_owned(),
        worker: worker.to_owned(),
        failures: if is_open { 5 } else { 0 },
        open_until: is_open.then(|| changed_at + TimeDelta::minutes(1)),
        changed_at,
    })
}

fn paused(minute: i64) -> Event {
    Event::QueuePaused(QueuePaused {
        queue: Queue::Scraping,
        actor: "ann".to_owned(),
        reason: "a test".to_owned(),
        paused_at: now() + TimeDelta::minutes(minute),
    })
}

/// The circuits after batches of these events, in a transaction that is given up.
async fn circuits_after(home: &GenerationPool, batches: &[&[Event]]) -> Vec<String> {
    let mut transaction = home.begin().await.unwrap();
    let mut sequence = 0;
    for batch in batches {
        let delivered = batch.iter().map(|event| {
            sequence += 1;
            delivered(sequence, event)
        });
        let delivered: Vec<Delivered> = delivered.collect();
        let unreadable = apply_batch(&mut Jobs, home, &mut transaction, &delivered).await;
        assert!(unreadable.unwrap().is_empty());
    }
    type Row = (String, String, i64, Option<DateTime<Utc>>, DateTime<Utc>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT dependency, worker, failures, open_until, changed_at FROM circuits ORDER BY 1, 2",
    )
    .fetch_all(&mut *transaction)
    .await
    .unwrap();
    transaction.rollback().await.unwrap();
    rows.into_iter()
        .map(|(dependency, worker, failures, open_until, changed_at)| {
            assert_eq!(failures > 0, open_until.is_some());
            let state = if open_until.is_some() {
                "open"
            } else {
                "closed"
            };
            let minute = (changed_at - now()).num_minutes();
            format!("{dependency} {worker} {state} {minute}")
        })
        .collect()
}

fn delivered(sequence: u64, event: &Event) -> Delivered {
    let envelope = Envelope::wrap("/tests", event.clone()).unwrap();
    Delivered {
        sequence,
        recorded_at: event.time(),
        subject: events::Subject::of(event).to_string(),
        pending: 0,
        payload: envelope.encode().unwrap().into(),
        published_in: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_of_each_circuit_holds_for_a_day_in_whichever_order_it_comes() {
    let servers = Servers::start().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let home = GenerationPool::active(&pool).await.unwrap();
    let of_a_day = [
        said("github", "one", true, 0),
        said("github", "one", false, 2),
        said("github", "two", true, 120),
        said("bigquery", "one", false, 60),
    ];
    let all = [
        "bigquery one closed 60",
        "github one closed 2",
        "github two open 120",
    ];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1]] {
        let ordered = order.map(|place| of_a_day[place].clone());
        assert_eq!(circuits_after(&home, &[&ordered]).await, all, "{order:?}");
        // What was applied is applied once more, in another order.
        let twice = circuits_after(&home, &[&ordered, &of_a_day]).await;
        assert_eq!(twice, all, "{order:?}");
    }

    // Any message of a day later takes away what nothing was heard of since.
    let later = [&of_a_day[..], &[paused(24 * 60 + 90)]].concat();
    let left = ["github two open 120"];
    assert_eq!(circuits_after(&home, &[&later]).await, left);
    let one_by_one: Vec<&[Event]> = later.chunks(1).collect();
    assert_eq!(circuits_after(&home, &one_by_one).await, left);
    let other = [&of_a_day[..], &[said("github", "new", true, 24 * 60 + 3)]].concat();
    let left = [
        "bigquery one closed 60",
        "github new open 1443",
        "github two open 120",
    ];
    assert_eq!(circuits_after(&home, &[&other]).await, left);

    // What comes late is told of until the next message, wherever batches end.
    let late = [
        paused(24 * 60 + 90),
        said("github", "late", false, 1),
        paused(24 * 60 + 91),
    ];
    assert_eq!(
        circuits_after(&home, &[&late[..2]]).await,
        ["github late closed 1"]
    );
    let one_by_one: Vec<&[Event]> = late[..2].chunks(1).collect();
    assert_eq!(
        circuits_after(&home, &one_by_one).await,
        ["github late closed 1"]
    );
    assert_eq!(circuits_after(&home, &[&late]).await, [] as [&str; 0]);
}
