//! P5: files to final boards, everything included, against DuckDB answering
//! the global board from the files.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use event_log::{EventLog, LogSettings};
use leaderboard::parts::{Binaries, Nats, Postgres};
use leaderboard::wait_until_projected;
use projector::ProjectorSettings;
use runtime::SystemClock;
use scraper::ingest::{IngestOptions, IngestReport, IngestServices, Silent, ingest};
use scraper::sources::archive::{ArchiveBases, Plan};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::Options;
use crate::duckdb::DuckDb;
use crate::input::Input;
use crate::program::directory;
use crate::report::{Measure, Row, as_seconds, median};

/// How long one measurement may take.
const PATIENCE: Duration = Duration::from_secs(1_800);

pub(crate) async fn against_duckdb(input: &Input, options: &Options) -> anyhow::Result<Row> {
    let duckdb = DuckDb::fetch(&options.tools)?;
    let binaries = Binaries::locate(&options.path, &options.tools)?;
    let (mut ours, mut reference) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        reference.push(duckdb.run("board", &input.paths())?);
        ours.push(run(&binaries, input).await?);
    }
    Ok(Row {
        name: "P5",
        what: "ingest until every board is final / DuckDB answers one".to_owned(),
        ours: median(ours),
        reference: median(reference),
        measure: Measure::Time,
        goal: 4.0,
    })
}

/// Fresh servers, and the directory they keep their data in.
pub(crate) async fn start_servers(
    binaries: &Binaries,
) -> anyhow::Result<(TempDir, Postgres, Nats)> {
    let directory = directory()?;
    let postgres = Postgres::start(binaries, &directory.path().join("postgres")).await?;
    let nats = Nats::start(binaries, &directory.path().join("nats")).await?;
    Ok((directory, postgres, nats))
}

/// Reads every file of the input into the log.
pub(crate) async fn ingest_all(input: &Input, log: &EventLog) -> anyhow::Result<IngestReport> {
    let services = IngestServices {
        publisher: log.publisher(),
        log: log.clone(),
        clock: Arc::new(SystemClock),
        cancellation: CancellationToken::new(),
    };
    let now = runtime::Clock::now(&SystemClock);
    let mut units = Vec::new();
    for path in input.paths() {
        units.extend(Plan::parse(&path, &ArchiveBases::default(), now)?.units);
    }
    let options = IngestOptions::default();
    let report = ingest(&Plan { units }, &services, options, &Silent).await?;
    ensure!(report.failed().count() == 0, "some files could not be read");
    Ok(report)
}

/// One ingest into fresh servers; the servers' start is not counted.
async fn run(binaries: &Binaries, input: &Input) -> anyhow::Result<f64> {
    let (_directory, postgres, nats) = start_servers(binaries).await?;
    let pool = postgres::connect(&postgres::PoolSettings {
        url: postgres.url("postgres"),
        max_connections: 8,
        application_name: "bench".to_owned(),
    })?;
    postgres::migrate(&pool).await?;
    let settings = LogSettings {
        url: nats.url(),
        credentials: None,
        replicas: 1,
    };
    let log = EventLog::connect(&settings).await?;
    log.declare_streams().await?;
    let stop = CancellationToken::new();
    let projector = ProjectorSettings {
        owner: "bench".to_owned(),
        lease: Duration::from_secs(5),
        largest_batch: 80_000,
    };
    let projecting = tokio::spawn(projector::run(
        pool.clone(),
        log.clone(),
        projector,
        stop.clone(),
    ));

    let started = Instant::now();
    let report = ingest_all(input, &log).await?;
    wait_until_projected(&pool, &log, PATIENCE).await?;
    let elapsed = as_seconds(started.elapsed());

    println!(
        "  {} events, {} contributions in {elapsed:.1} s",
        report.events(),
        report.contributions()
    );
    stop.cancel();
    projecting.await??;
    Ok(elapsed)
}
