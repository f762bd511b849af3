//! What happens is logged, under the names that the documents give, with what somebody
//! wants to know of it; and no secret is.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use tests::archive::{Archive, gzip};
use tests::workspace;
use tokio::time::timeout;

use super::collector::Collector;
use super::files::text;
use super::prometheus::PATIENCE;
use super::system::{SECRETS, System};

/// An event, and what it says.
type Logged = (&'static str, &'static [&'static str]);

/// The key events of the operations guide; what is logged here for each, and what each
/// says, of itself or by a span that it is in.
const KEY_EVENTS: &[(&str, &[Logged])] = &[
    ("pipeline_started", &[("pipeline_started", &["units"])]),
    (
        "pipeline_completed",
        &[(
            "pipeline_completed",
            &["units", "failed", "events", "contributions"],
        )],
    ),
    ("pipeline_failed", &[("pipeline_failed", &["error"])]),
    (
        "scrape_job_created",
        &[
            ("job_queued", &["job", "name"]),
            ("job_started", &["job", "name", "attempt"]),
            ("job_progress", &["job", "job_name", "done"]),
            ("job_completed", &["job", "name", "summary"]),
            (
                "job_retrying",
                &["job", "name", "error", "severity", "again_at"],
            ),
            ("job_failed", &["job", "name", "error", "severity"]),
        ],
    ),
    (
        "scrape_started",
        &[("scrape_started", &["unit", "location", "length"])],
    ),
    (
        "scrape_progress",
        &[(
            "scrape_progress",
            &["unit", "read", "events", "contributions"],
        )],
    ),
    (
        "scrape_completed",
        &[(
            "scrape_completed",
            &[
                "unit",
                "events",
                "contributions",
                "damaged",
                "whole",
                "seconds",
            ],
        )],
    ),
    ("scrape_failed", &[("scrape_failed", &["unit", "error"])]),
    (
        "scrape_retrying",
        &[("scrape_retrying", &["unit", "url", "error", "wait"])],
    ),
    (
        "leaderboard_recalc_started",
        &[("replay_started", &["generation"])],
    ),
    (
        "leaderboard_recalc_completed",
        &[("generation_switched", &["from", "to"])],
    ),
    (
        "leaderboard_entry_updated",
        &[(
            "batch_projected",
            &[
                "projection",
                "generation",
                "messages",
                "checkpoint",
                "seconds",
            ],
        )],
    ),
    (
        "budget_check",
        &[("cost_reserved", &["job", "amount", "bytes"])],
    ),
    (
        "budget_warning",
        &[("budget_warning", &["percent", "ceiling", "limit", "amount"])],
    ),
    (
        "budget_exceeded",
        &[(
            "budget_exceeded",
            &["job", "amount", "ceiling", "limit", "left"],
        )],
    ),
    (
        "cost_recorded",
        &[
            ("cost_recorded", &["amount", "bytes"]),
            ("cost_released", &["reason"]),
            ("budget_defined", &["daily", "monthly", "actor"]),
        ],
    ),
    (
        "database_error",
        &[
            ("database_unreachable", &["error"]),
            (
                "projection_restarting",
                &["projection", "error", "cause", "severity", "delay"],
            ),
        ],
    ),
    (
        "bigquery_error",
        &[
            ("bigquery_retrying", &["error", "delay"]),
            ("bigquery_day_not_read", &["day", "error"]),
        ],
    ),
    (
        "rate_limit_hit",
        &[("rate_limit_hit", &["source", "path", "limits"])],
    ),
    (
        "validation_error",
        &[("message_parked", &["projection", "origin", "error"])],
    ),
    (
        "circuit_breaker_opened",
        &[
            ("circuit_opened", &["dependency", "failures", "until"]),
            ("circuit_closed", &["dependency"]),
        ],
    ),
];

/// Whether a line says something, of itself or by a span that it is in.
fn says(line: &Value, field: &str) -> bool {
    let spans = line["spans"].as_array().into_iter().flatten();
    let mut places = spans.chain([line, &line["span"]]);
    places.any(|place| !place[field].is_null())
}

#[test]
fn the_documents_tell_of_every_key_event() {
    let told = text(&workspace().join("docs/monitoring.md"));
    let rows: Vec<&str> = told
        .lines()
        .skip_while(|line| !line.starts_with("| the guide's event |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    for (name, events) in KEY_EVENTS {
        let name = format!("`{name}`");
        let row = rows.iter().find(|row| {
            let guide = row.split('|').nth(1);
            guide.is_some_and(|guide| guide.contains(&name))
        });
        let row = row.unwrap_or_else(|| panic!("{name} is not told of"));
        for (event, _) in *events {
            let is_told = row.contains(&format!("`{event}`"));
            assert!(is_told, "{name} is not said to be {event}: {row}");
        }
    }
}

/// Looks until something is so.
async fn is_so(so: impl Fn() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(100));
    while !so() {
        looks.tick().await;
    }
}

async fn until(what: &str, so: impl Fn() -> bool) {
    let waited = timeout(PATIENCE, is_so(so)).await;
    assert!(waited.is_ok(), "{what} never comes");
}

/// Has everything happen that is a key event.
async fn have_everything_happen(system: &System) {
    let by = ["--actor", "ann"];
    let run = |arguments: &[&str]| system.command(&[arguments, &by].concat());
    let fails = |arguments: &[&str]| {
        let failed = system.run(&[arguments, &by].concat());
        assert_eq!(failed.code(), Some(1));
    };
    // A day at BigQuery costs most of what may be spent; twice would be more.
    let limits = ["--daily", "0.008", "--monthly", "50", "--free-bytes", "0"];
    run(&[&["budget", "set"][..], &limits].concat());
    run(&["track", "octo/cat"]);
    run(&["track", "octo/bird"]);
    // It is not answered until the circuit opens, and again after the pause.
    system.sources.break_github();
    let refreshing = ["job", "run", "refresh-stale", "--wait"];
    let mut refreshing = system.start_command(&[&refreshing[..], &by].concat());
    let opened = |line: &Value| line["message"] == "circuit_opened";
    until("a circuit that opens", || {
        system.logged().iter().any(opened)
    })
    .await;
    system.sources.mend_github();
    system.sources.break_a_job_of_bigquery();
    run(&["job", "run", "read-bigquery", "--wait"]);
    run(&["job", "run", "read-bigquery", "--wait"]);
    system.sources.forget_rows();
    fails(&["job", "run", "read-bigquery", "--wait"]);
    run(&["job", "run", "full-recalculation", "--wait"]);
    assert!(refreshing.wait().unwrap().success());
    system.park_a_message().await;
    system.break_everything().await;
}

/// A pipeline that has to ask again, one that reads what holds no events, and one whose
/// log is gone.
async fn ingest(system: &System) {
    let archive = Archive::start().await.unwrap();
    let star = r#"{"id":"1","type":"WatchEvent","created_at":"2024-03-01T00:30:00Z",
        "actor":{"id":5,"login":"ann"},"repo":{"id":7,"name":"octo/cat"},
        "payload":{"action":"started"}}"#;
    let star = star.replace('\n', "");
    for hour in 0..=2 {
        let file = gzip([&star]).unwrap();
        archive.put(&format!("2024-03-01-{hour}.json.gz"), file);
    }
    let nothing = "no event\n".repeat(1_000);
    archive.put("2024-03-01-3.json.gz", nothing.into_bytes());
    let address = archive.address();
    let reading = |hour: &str| {
        let hour = format!("2024-03-01T0{hour}");
        system.start_command(&["ingest", "--archive", address, &hour])
    };
    archive.set_away(true);
    let mut asking = reading("1");
    until("the first request", || archive.requests() > 0).await;
    archive.set_away(false);
    assert!(asking.wait().unwrap().success());
    assert!(!reading("3").wait().unwrap().success());

    archive.set_away(true);
    let before = archive.requests();
    let mut losing = reading("2");
    until("another request", || archive.requests() > before).await;
    system.lose_the_log().await;
    archive.set_away(false);
    assert!(!losing.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_key_event_is_logged_with_what_is_known_of_it_and_no_secret_is() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let collector = Collector::start().await;
    let system = System::start(&collector).await;
    have_everything_happen(&system).await;
    ingest(&system).await;

    let wanted: Vec<&Logged> = KEY_EVENTS.iter().flat_map(|(_, events)| *events).collect();
    let missing = || {
        let logged = system.logged();
        let missing = wanted.iter().filter(|(event, fields)| {
            let mut lines = logged.iter().filter(|line| line["message"] == *event);
            !lines.any(|line| fields.iter().all(|field| says(line, field)))
        });
        missing.map(|(event, _)| *event).collect::<BTreeSet<_>>()
    };
    let waited = timeout(PATIENCE, is_so(|| missing().is_empty())).await;
    assert!(
        waited.is_ok(),
        "not logged as it should be: {:?}",
        missing()
    );

    for log in system.logs() {
        for secret in SECRETS {
            assert!(!log.contains(secret), "{secret} is logged");
        }
    }
}
