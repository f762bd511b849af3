//! What is told to operators holds although nobody projects: it is read from the
//! log and the database.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use event_log::EventLog;
use runtime::metrics::{Metrics, install};
use runtime::{Clock, FixedClock, SystemClock};
use sqlx::PgPool;
use tests::{Servers, events_of, generated_documents, project_until, projector_settings, publish};
use tokio_util::sync::CancellationToken;

/// How long a number may be another than it must become.
const PATIENCE: Duration = Duration::from_secs(120);

/// A number of the contributions of the first generation.
fn number(metrics: &Metrics, name: &str) -> Option<f64> {
    let text = metrics.render();
    let lines = text.lines().filter(|line| line.starts_with(name));
    let mut ours = lines.filter(|line| {
        line.contains(r#"projection="contributions""#) && line.contains(r#"generation="1""#)
    });
    ours.next()?.rsplit(' ').next()?.parse().ok()
}

async fn until(metrics: &Metrics, name: &str, is_right: impl Fn(f64) -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(100));
    let becoming = async {
        while !number(metrics, name).is_some_and(&is_right) {
            looks.tick().await;
        }
    };
    let became = tokio::time::timeout(PATIENCE, becoming).await;
    assert!(became.is_ok(), "{name} is {:?}", number(metrics, name));
}

async fn project(pool: &PgPool, log: &EventLog) {
    let settings = projector_settings("projector", 1_000);
    project_until(pool, log, settings).await.unwrap();
}

/// A number that has one label.
fn labelled(metrics: &Metrics, name: &str, label: &str) -> Option<f64> {
    let text = metrics.render();
    let start = format!("{name}{{{label}}} ");
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(&start));
    lines.next()?.parse().ok()
}

/// Room that holds no rows, dead rows and the age of the oldest transaction are told.
async fn check_upkeep(pool: &PgPool, metrics: &Metrics) {
    for statement in [
        // Many rows, of which few are left in every part of the table.
        "INSERT INTO names SELECT 'account', n::text, 'grown-' || n, now(), now(), false
         FROM generate_series(1000000, 1020000) AS n",
        "DELETE FROM names WHERE name LIKE 'grown-%' AND name NOT LIKE '%7'",
        "VACUUM (ANALYZE) names",
        "UPDATE names SET last_seen = last_seen WHERE name LIKE 'grown-%'",
    ] {
        sqlx::raw_sql(statement).execute(pool).await.unwrap();
    }
    let mut looks = tokio::time::interval(Duration::from_millis(100));
    for (name, label, is_right) in [
        ("table_bloat_bytes", r#"table="names""#, 200_000.0),
        ("table_bytes", r#"table="names""#, 500_000.0),
        ("table_dead_rows", r#"table="names""#, 1_000.0),
        ("table_bytes", r#"table="contribution_events""#, 0.0),
        ("database_freeze_age", r#"of="transactions""#, 1.0),
        ("database_freeze_age", r#"of="multixacts""#, 0.0),
    ] {
        let becoming = async {
            while labelled(metrics, name, label).is_none_or(|number| number < is_right) {
                looks.tick().await;
            }
        };
        let became = tokio::time::timeout(PATIENCE, becoming).await;
        let number = labelled(metrics, name, label);
        assert!(became.is_ok(), "{name} of {label} is {number:?}");
    }
    let bytes = labelled(metrics, "table_bytes", r#"table="names""#).unwrap();
    let bloat = labelled(metrics, "table_bloat_bytes", r#"table="names""#).unwrap();
    assert!(bloat < bytes, "{bloat} of {bytes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_told_though_nobody_projects_it() {
    let metrics = install().unwrap();
    let servers = Servers::start().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(16, 300).unwrap()).unwrap();
    let (before, after) = events.split_at(events.len() / 2);
    publish(&log, before, 1_000).await.unwrap();
    project(&pool, &log).await;
    publish(&log, after, 1_000).await.unwrap();

    // Whoever looks an hour later finds that it waits for an hour.
    let later = SystemClock.now() + TimeDelta::hours(1);
    let clock = Arc::new(FixedClock::at(later));
    let stop = CancellationToken::new();
    let watching = projector::watch(pool.clone(), log.clone(), clock, stop.clone());
    let watching = tokio::spawn(watching);
    let waiting = after.len() as f64;
    until(&metrics, "projection_lag", |lag| lag == waiting).await;
    until(&metrics, "projection_delay_seconds", |delay| {
        delay >= 3_600.0
    })
    .await;

    project(&pool, &log).await;
    until(&metrics, "projection_lag", |lag| lag == 0.0).await;
    until(&metrics, "projection_delay_seconds", |delay| delay == 0.0).await;

    // A checkpoint of another log than this one.
    sqlx::query(
        "UPDATE projections SET sequence = sequence + 7 WHERE projection = 'contributions'",
    )
    .execute(&pool)
    .await
    .unwrap();
    until(&metrics, "projection_lag", |lag| lag == -7.0).await;
    check_upkeep(&pool, &metrics).await;
    stop.cancel();
    watching.await.unwrap().unwrap();
}
