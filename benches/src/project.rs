//! P4: the log into committed read models, against the slower of reading the
//! same log bare and copying the same contributions into an identical table.

use std::time::{Duration, Instant};

use anyhow::Context;
use event_log::{EventLog, LogStream};
use leaderboard::parts::{Binaries, Nats, Postgres};
use leaderboard::wait_until_projected;
use projector::ProjectorSettings;
use sqlx::{AssertSqlSafe, PgPool};
use tokio_util::sync::CancellationToken;

use crate::Options;
use crate::end_to_end::{ingest_all, start_servers};
use crate::input::Input;
use crate::report::{Measure, Row, as_seconds, median};

/// How long one measurement may take.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// Messages asked for at once while reading bare.
const PULL: usize = 10_000;

pub(crate) async fn against_copy_and_consume(
    input: &Input,
    options: &Options,
) -> anyhow::Result<Row> {
    let binaries = Binaries::locate(&options.path, &options.tools)?;
    let (_directory, postgres, nats) = start_servers(&binaries).await?;
    let log = connect(&nats).await?;
    ingest_all(input, &log).await?;
    let (mut ours, mut consumed, mut copied) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..options.runs {
        consumed.push(consume(&log).await?);
        let pool = fresh_database(&postgres, run).await?;
        ours.push(project(&pool, &log).await?);
        copied.push(copy(&pool).await?);
        pool.close().await;
    }
    let (consumed, copied) = (median(consumed), median(copied));
    println!("  reading the log bare {consumed:.2} s, copying the contributions {copied:.2} s");
    Ok(Row {
        name: "P4",
        what: "log into committed read models / the slower of reading it and a COPY".to_owned(),
        ours: median(ours),
        reference: consumed.max(copied),
        measure: Measure::Rate,
        goal: 0.5,
    })
}

pub(crate) async fn connect(nats: &Nats) -> anyhow::Result<EventLog> {
    connect_to(nats.url()).await
}

pub(crate) async fn connect_to(url: String) -> anyhow::Result<EventLog> {
    let settings = event_log::LogSettings {
        url,
        credentials: None,
        replicas: 1,
    };
    let log = EventLog::connect(&settings).await?;
    log.declare_streams().await?;
    Ok(log)
}

pub(crate) async fn fresh_database(postgres: &Postgres, run: usize) -> anyhow::Result<PgPool> {
    let name = format!("run_{run}");
    postgres.ensure_database(&name).await?;
    let pool = postgres::connect(&postgres::PoolSettings {
        url: postgres.url(&name),
        max_connections: 8,
        application_name: "bench".to_owned(),
    })?;
    postgres::migrate(&pool).await?;
    Ok(pool)
}

/// Reads every message of the stream and does nothing with it.
async fn consume(log: &EventLog) -> anyhow::Result<f64> {
    let last = log.last_sequence(LogStream::Contributions).await?;
    let started = Instant::now();
    let mut subscription = log.subscribe(LogStream::Contributions, 0).await?;
    let mut reached = 0;
    while reached < last {
        let batch = subscription.next_batch(PULL).await?;
        reached = batch.last().map_or(reached, |message| message.sequence);
    }
    Ok(as_seconds(started.elapsed()))
}

/// Projects the whole log into a fresh database.
pub(crate) async fn project(pool: &PgPool, log: &EventLog) -> anyhow::Result<f64> {
    let stop = CancellationToken::new();
    let settings = ProjectorSettings {
        owner: "bench".to_owned(),
        lease: Duration::from_secs(5),
        largest_batch: 80_000,
    };
    let started = Instant::now();
    let running = projector::run(pool.clone(), log.clone(), settings, stop.clone());
    let running = tokio::spawn(running);
    wait_until_projected(pool, log, PATIENCE).await?;
    let elapsed = as_seconds(started.elapsed());
    stop.cancel();
    running.await.context("the projector panicked")??;
    Ok(elapsed)
}

/// Copies the projected contributions into a table like theirs, partitions and
/// indexes included.
async fn copy(pool: &PgPool) -> anyhow::Result<f64> {
    let mut connection = pool.acquire().await?;
    let partitions: Vec<(String, String)> = sqlx::query_as(
        "SELECT child.relname::text, pg_get_expr(child.relpartbound, child.oid)
         FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
         WHERE inhparent = 'contribution_events'::regclass",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut statements = "CREATE TABLE copied (LIKE contribution_events INCLUDING ALL)
                          PARTITION BY RANGE (occurred_at);"
        .to_owned();
    for (name, bounds) in partitions {
        statements += &format!("CREATE TABLE copied_{name} PARTITION OF copied {bounds};");
    }
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(&mut *connection)
        .await?;
    let mut rows = Vec::new();
    let mut source = connection
        .copy_out_raw("COPY (SELECT * FROM contribution_events) TO STDOUT (FORMAT binary)")
        .await?;
    while let Some(piece) = futures::StreamExt::next(&mut source).await {
        rows.extend_from_slice(&piece?);
    }
    drop(source);
    let started = Instant::now();
    let mut sink = connection
        .copy_in_raw("COPY copied FROM STDIN (FORMAT binary)")
        .await?;
    for piece in rows.chunks(256 * 1024) {
        sink.send(piece).await?;
    }
    sink.finish().await?;
    Ok(as_seconds(started.elapsed()))
}
