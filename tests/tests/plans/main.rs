//! No question reads a whole big table: everything that can be asked is asked of a
//! database with rows of some years, and Postgres tells how it found the answers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod asked;
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use asked::{ASKED, FOLLOWED};
use domain::jobs::{Cause, JobQueued, Overlap, Queue};
use event_log::EventLog;
use jobs::{Handler, Run};
use plan::{Plan, plans};
use postgres::{Month, MonthlyTable, ensure_months};
use projector::{AuditScores, CheckBoards, CleanUp, KeepPartitions, MaintenanceParts, watch};
use query_api::{Api, Settings};
use runtime::{Clock, FixedClock};
use sqlx::{AssertSqlSafe, PgPool};
use tests::big_tables::big_table_of;
use tests::{
    Servers, events_of, generated_documents, listen, project_until, projector_settings, publish,
    workspace,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Rows that a scan of a whole table may read: a table of one page is read so.
const FEW: f64 = 1_000.0;

/// The part of a table that no statement may look at, however it finds the rows.
const MOST: f64 = 0.5;

/// Statements that look at a whole big table, with the reason.
const EXCEPTIONS: [(&str, &str, &str); 9] = [
    (
        "shown FULL JOIN counted",
        "daily_counts",
        "check-boards adds up everything, once every four hours: that is what it is for",
    ),
    (
        "shown FULL JOIN counted",
        "board_rows",
        "check-boards compares everybody on the board of all time",
    ),
    (
        "count(*) AS \"letters!\"",
        "dead_letters",
        "letters are counted; clean-up takes away those that were settled 90 days ago",
    ),
    (
        "count(*) AS \"letters!\"",
        "dead_letter_resolutions",
        "as their letters",
    ),
    (
        "count(*) AS \"jobs!\" FROM jobs",
        "jobs",
        "jobs are counted by state; clean-up takes away those that ended 90 days ago",
    ),
    (
        "entry FROM ledger_entries",
        "ledger_entries",
        "the ledger of a month is a partition, and all of it is asked for",
    ),
    (
        "-- What was read of the sources a span",
        "coverage_hours",
        "a summary of all that was ever read adds all of it up; it is kept until that changes",
    ),
    (
        "-- What was read of the sources a span",
        "coverage_units",
        "as its hours",
    ),
    (
        "-- What was read of units that came to be known",
        "coverage_units",
        "each query API reads all of it once, and from then on what is new",
    ),
];

/// Statements that are asked elsewhere: of people who change companies
/// (`boards/companies.rs`), contributor by contributor; and of two generations
/// (`decisions/past.rs`), by the keys of contributions.
const ASKED_ELSEWHERE: [&str; 2] = ["active_days.sql", "credited.sql"];

fn clock() -> Arc<dyn Clock> {
    Arc::new(FixedClock::at("2025-06-15T12:00:00Z".parse().unwrap()))
}

/// A database with rows of some years, whose sessions from now on tell their plans.
async fn grown(servers: &Servers) -> (String, EventLog) {
    let (pool, url) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(21, 300).unwrap()).unwrap();
    publish(&log, &events, 1_000).await.unwrap();
    let settings = projector_settings("projector", 1_000);
    project_until(&pool, &log, settings).await.unwrap();

    let mut connection = pool.acquire().await.unwrap();
    let first = Month::read("2024-01").unwrap();
    let months = |count: u32| (0..count).filter_map(move |later| first.plus(later));
    let mut transaction = pool.begin().await.unwrap();
    for (table, count) in [
        (MonthlyTable::ContributionEvents, 24),
        (MonthlyTable::LedgerEntries, 24),
    ] {
        ensure_months(&mut transaction, table, months(count))
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
    let rows = workspace().join("tests/tests/plans/grown.sql");
    let rows = std::fs::read_to_string(rows).unwrap();
    // As the weekly job leaves it.
    for statements in [rows, "VACUUM (ANALYZE)".to_owned()] {
        let statements = sqlx::raw_sql(AssertSqlSafe(statements));
        statements.execute(&mut *connection).await.unwrap();
    }
    let name = url.rsplit('/').next().unwrap();
    for setting in [
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_format = 'json'",
        "auto_explain.log_analyze = on",
        "auto_explain.log_timing = off",
    ] {
        let statement = AssertSqlSafe(format!("ALTER DATABASE {name} SET {setting}"));
        sqlx::raw_sql(statement)
            .execute(&mut *connection)
            .await
            .unwrap();
    }
    (url, log)
}

fn connect(url: &str) -> PgPool {
    postgres::connect(&postgres::PoolSettings {
        url: url.to_owned(),
        max_connections: 4,
        application_name: "plans".to_owned(),
    })
    .unwrap()
}

async fn text(pool: &PgPool, query: &'static str) -> String {
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}

/// Serves the query API; returns its address.
async fn serve(pool: &PgPool, stop: &CancellationToken) -> String {
    let api = Api::new(
        pool.clone(),
        Settings::default(),
        clock(),
        Arc::new(String::new),
    );
    let (listener, address) = listen().await.unwrap();
    tokio::spawn(query_api::serve(Arc::new(api), listener, stop.clone()));
    address
}

/// Asks everything there is to ask, and the next page of it.
async fn ask_everything(pool: &PgPool, address: &str) {
    let letter = text(pool, "SELECT id::text FROM dead_letters LIMIT 1").await;
    let dispute = text(pool, "SELECT dispute::text FROM disputes LIMIT 1").await;
    let job = text(pool, "SELECT job::text FROM jobs LIMIT 1").await;
    let contribution = "SELECT contribution::text FROM retraction_decisions LIMIT 1";
    let contribution = text(pool, contribution).await;
    let change = "SELECT last_change - 1 || '-' || left(token::text, 8)
                  FROM contribution_changes ORDER BY last_change DESC LIMIT 1";
    let change = text(pool, change).await;
    let filled = |path: &str| {
        let path = path.replace("{change}", &change);
        let path = path.replace("{login}", "person-7");
        let path = path.replace("{contribution}", &contribution);
        let path = path.replace("{repository}", "owner-5/project-5");
        let path = path.replace("{owner}", "owner-5");
        let path = path.replace("{letter}", &letter).replace("{job}", &job);
        format!("{address}{}", path.replace("{dispute}", &dispute))
    };
    let client = reqwest::Client::new();
    for path in ASKED {
        let url = filled(path);
        let response = client.get(&url).send().await.unwrap();
        let status = response.status();
        let body = response.text().await.unwrap();
        assert!(status.is_success(), "{url}: {status} {body}");
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        if let Some(cursor) = answer["meta"]["next_cursor"].as_str() {
            let joint = if path.contains('?') { '&' } else { '?' };
            let next = client.get(format!("{url}{joint}cursor={cursor}"));
            let status = next.send().await.unwrap().status();
            assert!(status.is_success(), "{url} after {cursor}: {status}");
        }
    }
    for path in FOLLOWED {
        let mut response = client.get(filled(path)).send().await.unwrap();
        assert!(response.status().is_success(), "{path}");
        let mut told = String::new();
        let telling = async {
            while !told.contains("data:") {
                let chunk = response.chunk().await.unwrap().unwrap();
                told.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        let telling = tokio::time::timeout(Duration::from_secs(30), telling);
        assert!(telling.await.is_ok(), "{path}");
    }
}

/// Does the jobs of the database, whatever they make of rows that say nothing.
async fn do_every_job(pool: &PgPool) {
    let parts = MaintenanceParts {
        pool: pool.clone(),
        clock: clock(),
    };
    let handlers: [Arc<dyn Handler>; 4] = [
        Arc::new(KeepPartitions(parts.clone())),
        Arc::new(CheckBoards(parts.clone())),
        Arc::new(AuditScores(parts.clone())),
        Arc::new(CleanUp(parts)),
    ];
    for handler in handlers {
        let mut arguments = BTreeMap::new();
        if handler.name() == "clean-up" {
            // Little of it is old enough.
            for days in ["cost_days", "record_days", "audit_days", "decision_days"] {
                arguments.insert(days.to_owned(), "520".to_owned());
            }
        }
        let asked = JobQueued {
            job: Uuid::now_v7(),
            name: handler.name().to_owned(),
            queue: Queue::Maintenance,
            cause: Cause::Hand {
                actor: "ann".to_owned(),
                reason: "a test".to_owned(),
            },
            arguments,
            attempts: 1,
            time_limit: 60,
            overlap: Overlap::Forbidden,
            queued_at: clock().now(),
        };
        let run = Run::new(CancellationToken::new());
        if let Err(failure) = handler.run(&asked, &run).await {
            let differs =
                failure.message.contains("not the sums") || failure.message.contains("not what");
            assert!(differs, "{}: {}", handler.name(), failure.message);
        }
    }
}

/// Waits until the server's log tells of a statement.
async fn until_told(log: &Path, what: &str) {
    let mut looks = tokio::time::interval(Duration::from_millis(200));
    let telling = async {
        while !plans(log).iter().any(|plan| plan.statement.contains(what)) {
            looks.tick().await;
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(120), telling).await;
    assert!(told.is_ok(), "nobody asked {what:?}");
}

/// How many rows each big table has.
async fn sizes(pool: &PgPool) -> BTreeMap<&'static str, f64> {
    let rows: Vec<(String, f32)> = sqlx::query_as(
        "SELECT relname::text, reltuples FROM pg_class
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut sizes = BTreeMap::new();
    for (table, rows) in rows {
        if let Some(big) = big_table_of(&table) {
            *sizes.entry(big).or_insert(0.0) += f64::from(rows.max(0.0));
        }
    }
    sizes
}

/// What is wrong with the plans, and which exceptions were needed.
fn judge(
    found: &[Plan],
    sizes: &BTreeMap<&'static str, f64>,
) -> (BTreeSet<String>, BTreeSet<usize>) {
    let (mut wrong, mut needed) = (BTreeSet::new(), BTreeSet::new());
    for plan in found {
        for (table, read) in &plan.reads {
            if read.scanned <= FEW && read.rows <= MOST * sizes[table] {
                continue;
            }
            let mut exceptions = EXCEPTIONS.iter().enumerate();
            let excepted = exceptions
                .find(|(_, (statement, of, _))| of == table && plan.statement.contains(statement));
            match excepted {
                Some((place, _)) => {
                    needed.insert(place);
                }
                None => {
                    let (nodes, statement) = (&read.nodes, &plan.statement);
                    wrong.insert(format!("{table}: {nodes:?}\n{statement}\n"));
                }
            }
        }
    }
    (wrong, needed)
}

/// The query API's statements that are files, and were not asked.
fn not_asked(found: &[Plan]) -> Vec<String> {
    let directory = workspace().join("services/query-api/src/queries");
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "sql") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap();
        if !found.iter().any(|plan| plan.statement.contains(first)) {
            missing.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    missing.sort();
    missing
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_asked_reads_a_whole_big_table() {
    let servers = Servers::start().await.unwrap();
    let (url, log) = grown(&servers).await;
    let (pool, stop) = (connect(&url), CancellationToken::new());
    let sizes = sizes(&pool).await;
    assert!(sizes.values().all(|rows| *rows >= 40_000.0), "{sizes:?}");

    let watching = tokio::spawn(watch(pool.clone(), log.clone(), clock(), stop.clone()));
    let address = serve(&pool, &stop).await;
    ask_everything(&pool, &address).await;
    // What is kept in memory follows.
    let more = events_of(&generated_documents(22, 300).unwrap()).unwrap();
    publish(&log, &more, 100).await.unwrap();
    let settings = projector_settings("projector", 100);
    project_until(&pool, &log, settings).await.unwrap();
    ask_everything(&pool, &address).await;
    do_every_job(&pool).await;
    let server_log = servers.postgres.log();
    until_told(server_log, "datfrozenxid").await;
    stop.cancel();
    watching.await.unwrap().unwrap();
    text(&pool, "SELECT 'that was all'").await;
    pool.close().await;
    until_told(server_log, "that was all").await;

    let found = plans(server_log);
    let (wrong, needed) = judge(&found, &sizes);
    for statement in &wrong {
        println!("{statement}");
    }
    assert!(
        wrong.is_empty(),
        "{} statements read whole tables",
        wrong.len()
    );
    // Which of them a planner needs hangs on its version.
    println!("{} exceptions, needed: {needed:?}", EXCEPTIONS.len());
    assert_eq!(not_asked(&found), ASKED_ELSEWHERE);
}
