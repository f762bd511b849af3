//! What people are told: a report of a day once, a failure in one issue.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, TimeDelta, Utc};
use domain::Source;
use domain::budget::{BudgetDefinition, Ceilings, Price, Request, TEBIBYTE, Thresholds};
use domain::jobs::{Cause, Failure, JobFailed, JobQueued, Overlap, Queue, Severity};
use event_log::{EventLog, LogStream};
use events::{Envelope, Event, ReportPublished};
use jobs::{Handler, Run};
use reporter::{BudgetReport, Issues, PipelineSummary, ReporterParts, TellFailures, Webhook};
use runtime::FixedClock;
use scraper::budget::{Decision, LedgerLog};
use serde_json::{Value, json};
use tests::{Served, Servers};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn due(name: &str, due_at: DateTime<Utc>) -> JobQueued {
    JobQueued {
        job: Uuid::now_v7(),
        name: name.to_owned(),
        queue: Queue::Reports,
        cause: Cause::Schedule { due_at, missed: 0 },
        arguments: BTreeMap::new(),
        attempts: 1,
        time_limit: 60,
        overlap: Overlap::Forbidden,
        queued_at: due_at,
    }
}

fn parts(log: &EventLog) -> ReporterParts {
    ReporterParts {
        log: log.clone(),
        clock: Arc::new(FixedClock::at(at("2026-11-03T00:00:05Z"))),
        webhook: None,
        issues: None,
    }
}

fn run() -> Run {
    Run::new(CancellationToken::new())
}

async fn published(log: &EventLog) -> Vec<ReportPublished> {
    let said = log
        .read_all(LogStream::Reports, "reports.v1.>", 0)
        .await
        .unwrap();
    let reports = said
        .into_iter()
        .filter_map(|said| match said.envelope.event {
            Event::ReportPublished(report) => Some(report),
            _ => None,
        });
    reports.collect()
}

/// Takes reports; busy the first time.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<Value>>>);

async fn receive(State(receiver): State<Receiver>, Json(body): Json<Value>) -> StatusCode {
    let mut taken = receiver.0.lock().unwrap();
    taken.push(body);
    if taken.len() == 1 {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::NO_CONTENT
    }
}

async fn spend(log: &EventLog) {
    let ledger = LedgerLog::new(log.clone(), "/tests/spender");
    let begin = at("2026-11-01T00:00:00Z");
    let dollars = |text: &str| text.parse().unwrap();
    let definition = BudgetDefinition {
        ceilings: Ceilings {
            day: dollars("20"),
            month: dollars("60"),
            job: dollars("60"),
        },
        thresholds: Thresholds::default(),
        price: Price::default(),
        actor: "treasurer".to_owned(),
        reason: "a test".to_owned(),
        defined_at: begin,
    };
    ledger.define(definition).await.unwrap();
    // One tebibyte of each month is free, the second costs 6.25.
    for (number, hours) in [(1, 3), (2, 27), (3, 51)] {
        let at = begin + TimeDelta::hours(hours);
        let request = Request {
            reservation: Uuid::from_u128(number),
            job: "read-bigquery".to_owned(),
            source: Source::Bigquery,
            reference: format!("leaderboard-{number}"),
            repositories: vec!["octo/cat".to_owned()],
            bytes: 2 * TEBIBYTE,
            at,
            expires_at: at + TimeDelta::hours(6),
        };
        let Decision::Reserved(reserved) = ledger.reserve(&request).await.unwrap() else {
            panic!("it is allowed")
        };
        ledger.settle(&reserved, 2 * TEBIBYTE, at).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_money_of_a_day_is_reported_once_and_sent_until_it_is_taken() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    spend(&log).await;
    let receiver = Receiver::default();
    let router = Router::new()
        .route("/", post(receive))
        .with_state(receiver.clone());
    let served = Served::start(router).await.unwrap();
    let mut parts = parts(&log);
    parts.webhook = Some(Webhook::new(served.address()).unwrap());
    let report = BudgetReport(parts);
    // Due on the third: of the second.
    let job = due("budget-report", at("2026-11-03T00:00:00Z"));
    let failure = report.run(&job, &run()).await.unwrap_err();
    assert_eq!(failure.severity, Severity::Low, "{failure:?}");
    report.run(&job, &run()).await.unwrap();

    let reports = published(&log).await;
    assert_eq!(reports.len(), 1);
    let told = &reports[0];
    assert_eq!(told.of.to_string(), "2026-11-02");
    assert_eq!(told.document["day"]["settled_micros"], 12_500_000);
    assert_eq!(
        told.document["month"]["settled_micros"], 18_750_000,
        "not the third's"
    );
    assert_eq!(told.document["by_repository"][0]["to"], "octo/cat");
    assert!(told.markdown.contains("$12.50 of $20"), "{}", told.markdown);
    let taken = receiver.0.lock().unwrap().clone();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0], taken[1], "the same, under the same id");
    assert_eq!(taken[0]["document"], told.document);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_s_summary_says_what_was_read_and_what_failed() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let noon = at("2026-11-02T12:00:00Z");
    let mut coverage = tests::coverage_of("2026-11-02-11.json.gz", noon);
    let elsewhere = tests::coverage_of("2026-11-01-11.json.gz", noon - TimeDelta::days(1));
    coverage.contributions = 12;
    let queued = due("vacuum", noon);
    let failed = failed("vacuum", "the disk is | full", noon);
    let events = [
        Event::CoverageObserved(coverage),
        Event::CoverageObserved(elsewhere),
        Event::JobQueued(queued),
        Event::JobFailed(failed),
    ];
    let envelopes = events.map(|event| Envelope::wrap("/tests", event).unwrap());
    log.publisher().publish(envelopes.to_vec()).await.unwrap();

    let summary = PipelineSummary(parts(&log));
    let job = due("pipeline-summary", at("2026-11-03T00:10:00Z"));
    summary.run(&job, &run()).await.unwrap();
    let told = published(&log).await.remove(0);
    assert_eq!(told.document["sources"]["archive"]["units"], 1);
    assert_eq!(told.document["sources"]["archive"]["contributions"], 12);
    assert_eq!(told.document["jobs"]["vacuum"]["failed"], 1);
    assert!(
        told.markdown.contains("the disk is \\| full"),
        "{}",
        told.markdown
    );
}

fn failed(name: &str, message: &str, at: DateTime<Utc>) -> JobFailed {
    JobFailed {
        job: Uuid::now_v7(),
        name: name.to_owned(),
        queue: Queue::Scraping,
        attempt: 1,
        failure: Failure::new(Severity::High, message).at("repository", "octo/cat"),
        failed_at: at,
    }
}

/// An issue and its comments.
type Told = (Value, Vec<Value>);

/// GitHub's issues of one repository.
#[derive(Clone, Default)]
struct Tracker(Arc<Mutex<Vec<Told>>>);

fn tracker(tracker: &Tracker) -> Router {
    Router::new()
        .route("/repos/octo/operations/issues", get(list).post(open))
        .route(
            "/repos/octo/operations/issues/{number}/comments",
            get(comments).post(comment),
        )
        .with_state(tracker.clone())
}

async fn list(State(tracker): State<Tracker>) -> Json<Value> {
    let issues = tracker.0.lock().unwrap();
    Json(issues.iter().map(|(issue, _)| issue.clone()).collect())
}

async fn open(
    State(tracker): State<Tracker>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    assert_eq!(headers["authorization"], "Bearer secret");
    let mut issues = tracker.0.lock().unwrap();
    let number = issues.len() + 1;
    let issue = json!({
        "number": number,
        "html_url": format!("https://github.test/octo/operations/issues/{number}"),
        "title": body["title"],
        "body": body["body"],
        "labels": body["labels"],
    });
    issues.push((issue.clone(), Vec::new()));
    (StatusCode::CREATED, Json(issue))
}

async fn comments(State(tracker): State<Tracker>, Path(number): Path<usize>) -> Json<Value> {
    let issues = tracker.0.lock().unwrap();
    Json(Value::Array(issues[number - 1].1.clone()))
}

async fn comment(
    State(tracker): State<Tracker>,
    Path(number): Path<usize>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    tracker.0.lock().unwrap()[number - 1].1.push(body.clone());
    (StatusCode::CREATED, Json(body))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_an_issue_once_and_a_comment_each_time_after() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let issues = Tracker::default();
    let served = Served::start(tracker(&issues)).await.unwrap();
    let mut parts = parts(&log);
    parts.issues = Some(Issues::new(served.address(), "octo/operations", "secret").unwrap());
    let telling = TellFailures::new(parts);
    let noon = at("2026-11-02T12:00:00Z");
    let fail = async |message: &str| {
        let event = Event::JobFailed(failed("refresh-stale", message, noon));
        let envelope = Envelope::wrap("/tests", event).unwrap();
        log.publisher().publish(vec![envelope]).await.unwrap();
    };
    let tell = async || {
        let job = due("tell-failures", noon);
        telling.run(&job, &run()).await.unwrap();
    };
    fail("GitHub answered 502 after 31 s").await;
    fail("no token is valid").await;
    tell().await;
    tell().await;
    assert_eq!(issues.0.lock().unwrap().len(), 2);
    fail("GitHub answered 502 after 7 s").await;
    tell().await;
    {
        let told = issues.0.lock().unwrap();
        assert_eq!(told.len(), 2);
        assert_eq!((told[0].1.len(), told[1].1.len()), (1, 0));
        assert_eq!(told[0].0["labels"][0], "leaderboard-failure");
    }

    // A run that was broken off had told it, and had not said so.
    let last = log.read_all(LogStream::Jobs, "jobs.v1.>", 0).await.unwrap();
    let Event::JobFailed(again) = &last.last().unwrap().envelope.event else {
        panic!("a failure")
    };
    let mut repeated = again.clone();
    repeated.attempt = 2;
    let envelope = Envelope::wrap("/tests", Event::JobFailed(repeated)).unwrap();
    log.publisher().publish(vec![envelope]).await.unwrap();
    tell().await;
    assert_eq!(
        issues.0.lock().unwrap()[0].1.len(),
        1,
        "the run is named already"
    );
}
