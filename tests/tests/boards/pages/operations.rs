//! The page of who runs this.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::jobs::{Cause, JobQueued, Overlap, Queue};
use events::{CircuitChanged, Envelope, Event};
use jobs::QueueLog;
use projector::run;
use query_api::Settings;
use reqwest::StatusCode;
use runtime::{Clock, FixedClock, SystemClock};
use tests::{projector_settings, publish, wait_until_projected};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{ESCAPED, SCRIPT, holds, page, page_with};
use crate::world::World;

fn job(reason: &str, queued_at: DateTime<Utc>) -> JobQueued {
    JobQueued {
        job: Uuid::from_u128(7),
        name: "refresh-stale".to_owned(),
        queue: Queue::Scraping,
        cause: Cause::Hand {
            actor: "ann".to_owned(),
            reason: reason.to_owned(),
        },
        arguments: BTreeMap::new(),
        attempts: 3,
        time_limit: 60,
        overlap: Overlap::Allowed,
        queued_at,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_say_what_is_wrong_and_where_it_is_told_what_to_do() {
    // Leases are by the database's clock; the page's is set beside it.
    let now = SystemClock.now();
    let world = World::start(&now.to_rfc3339(), Settings::default()).await;
    let nothing = page(&world, "/operations").await;
    holds(
        &nothing,
        &[
            "Somebody must look now",
            "No projector runs",
            "href=\"/runbook#noprojector\"",
            "No job was ever asked for",
        ],
    );

    let stop = CancellationToken::new();
    let settings = projector_settings("projector", 500);
    let running = run(
        world.pool().clone(),
        world.log().clone(),
        settings,
        stop.clone(),
    );
    let running = tokio::spawn(running);
    world
        .until("a projector holds every projection", async || {
            let (_, page) = world.text("/operations").await;
            page.contains("All is well")
        })
        .await;
    let well = page(&world, "/operations").await;
    holds(
        &well,
        &["All is well", "Up to date", "Nothing is left alone."],
    );
    assert!(!well.contains("No projector runs"), "{well}");

    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(now));
    let mut queue = QueueLog::new(world.log().clone(), Queue::Scraping, clock);
    queue.enqueue(&job(SCRIPT, now)).await.unwrap();
    wait_until_projected(world.pool(), world.log())
        .await
        .unwrap();
    let waiting = page(&world, "/operations").await;
    holds(
        &waiting,
        &["refresh-stale", ESCAPED, "asked for <time", "All is well"],
    );
    let later = now + TimeDelta::minutes(11);
    world.set_clock(&later.to_rfc3339());
    let untaken = page(&world, "/operations").await;
    holds(
        &untaken,
        &[
            "nobody takes them",
            "href=\"/runbook#noworker\"",
            "11 minutes ago",
        ],
    );

    queue.pause("ann", SCRIPT).await.unwrap();
    wait_until_projected(world.pool(), world.log())
        .await
        .unwrap();
    let paused = page(&world, "/operations").await;
    holds(
        &paused,
        &[
            "The queue scraping stands still",
            "href=\"/runbook#queuepaused\"",
            ESCAPED,
        ],
    );

    for (query, told) in [
        ("state=failed", "None of these"),
        ("name=refresh-stale&state=waiting", "all jobs"),
        ("queue=reports", "None of these"),
    ] {
        let part = page(&world, &format!("/operations?{query}")).await;
        holds(&part, &[told]);
    }
    for query in ["state=lost", "queue=x", "name=A%20B", "cursor=7", "limit=0"] {
        let path = format!("/operations?{query}");
        page_with(&world, &path, StatusCode::BAD_REQUEST).await;
    }
    stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_show_what_workers_leave_alone_and_when_they_ask_again() {
    let world = World::start("2026-11-26T12:00:00Z", Settings::default()).await;
    let at: DateTime<Utc> = "2026-11-26T11:59:30Z".parse().unwrap();
    let said = |dependency: &str, worker: &str, is_open: bool, changed_at: DateTime<Utc>| {
        let changed = Event::CircuitChanged(CircuitChanged {
            dependency: dependency.to_owned(),
            worker: worker.to_owned(),
            failures: if is_open { 6 } else { 0 },
            open_until: is_open.then(|| changed_at + TimeDelta::minutes(1)),
            changed_at,
        });
        Envelope::wrap("/scraper", changed).unwrap()
    };
    let opened = [
        said("bigquery", "worker-1", false, at - TimeDelta::hours(1)),
        said("github", SCRIPT, true, at),
        said("github", "worker-2", true, at - TimeDelta::seconds(10)),
    ];
    publish(world.log(), &opened, 10).await.unwrap();
    world.project().await;
    let open = page(&world, "/operations").await;
    holds(
        &open,
        &[
            "GitHub failed 6 times in a row and is left alone by 2 workers for another 30 seconds",
            "href=\"/runbook#circuitopen\"",
            ESCAPED,
            "<span class=\"pill\">Open</span>",
            "<span class=\"pill\">Closed</span>",
            "BigQuery",
        ],
    );

    world.set_clock("2026-11-26T12:00:30Z");
    let over = page(&world, "/operations").await;
    holds(
        &over,
        &[
            "<span class=\"pill\">Half open</span>",
            "The next request tries",
        ],
    );
    assert!(!over.contains("left alone by"), "{over}");
    assert_eq!(
        circuit_states(&world).await,
        ["closed", "half_open", "half_open"]
    );

    // A worker that was killed tells nothing more; whoever looks is not told that it asks.
    world.set_clock("2026-11-26T12:10:25Z");
    assert_eq!(
        circuit_states(&world).await,
        ["closed", "half_open", "not_heard_of"]
    );
    world.set_clock("2026-11-26T12:10:30Z");
    let gone = page(&world, "/operations").await;
    holds(
        &gone,
        &[
            "<span class=\"pill\">Not heard of since</span>",
            "or is gone",
        ],
    );
    assert!(!gone.contains("Half open"), "{gone}");
}

async fn circuit_states(world: &World) -> Vec<String> {
    let answer = world.get("/api/v1/circuits").await;
    let circuits = answer["circuits"].as_array().unwrap().iter();
    let states = circuits.map(|circuit| circuit["state"].as_str().unwrap().to_owned());
    states.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_section_that_operations_lead_to_is_in_the_runbook() {
    let world = World::start("2026-11-26T12:00:00Z", Settings::default()).await;
    let runbook = page(&world, "/runbook").await;
    let written = std::fs::read_to_string(tests::workspace().join("docs/runbook.md")).unwrap();
    let sections = written.lines().filter_map(|line| line.strip_prefix("## "));
    let mut number = 0;
    for section in sections {
        let id = section.to_lowercase().replace(' ', "-");
        holds(
            &runbook,
            &[&format!("<h2 id=\"{id}\">"), &format!("href=\"#{id}\"")],
        );
        number += 1;
    }
    assert!(number > 20, "{number}");
}
