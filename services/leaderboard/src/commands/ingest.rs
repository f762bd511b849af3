//! `ingest`: GitHub events into the log.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use event_log::EventLog;
use runtime::{Clock, SystemClock};
use scraper::ingest::{
    IngestOptions, IngestReport, IngestServices, UnitOutcome, ingest as run_ingest,
    progress_on_stderr,
};
use scraper::sources::archive::{ArchiveBase, ArchiveBases, Plan};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::catch_up::wait_until_projected;
use crate::cli::Options;
use crate::cli::ingest::Ingest;
use crate::services::open_pool;
use crate::tables::separated;

/// How long `--wait` waits for the projector.
const CATCH_UP: Duration = Duration::from_secs(3_600);

pub(super) async fn ingest(options: &Options, ingest: &Ingest) -> anyhow::Result<()> {
    let archives = archives(&ingest.archive)?;
    let plan = plan(&ingest.input, &archives)?;
    let log = options.connect_log().await?;
    log.declare_streams().await?;
    let stop = CancellationToken::new();
    let interrupted = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let report = run(&plan, &log, ingest.force, stop).await?;
    if ingest.wait {
        let pool = open_pool(&options.database()?).await?;
        wait_until_projected(&pool, &log, CATCH_UP).await?;
    }
    show(&report, ingest.json);
    conclude(&report)
}

/// The archives to fetch from: those named, or the usual ones.
pub(crate) fn archives(named: &[String]) -> anyhow::Result<ArchiveBases> {
    if named.is_empty() {
        return Ok(ArchiveBases::default());
    }
    let bases = named.iter().map(|url| ArchiveBase::new(url, None));
    Ok(ArchiveBases(bases.collect::<Result<_, _>>()?))
}

/// One plan of all that was named.
pub(super) fn plan(input: &[String], archives: &ArchiveBases) -> anyhow::Result<Plan> {
    let now = SystemClock.now();
    let mut units = Vec::new();
    for text in input {
        units.extend(Plan::parse(text, archives, now)?.units);
    }
    Ok(Plan { units })
}

/// Reads all units of a plan, with progress on standard error.
pub(super) async fn run(
    plan: &Plan,
    log: &EventLog,
    force: bool,
    cancellation: CancellationToken,
) -> anyhow::Result<IngestReport> {
    let services = IngestServices {
        publisher: log.publisher(),
        log: log.clone(),
        clock: Arc::new(SystemClock),
        cancellation,
    };
    let options = IngestOptions {
        force,
        ..IngestOptions::default()
    };
    let progress = progress_on_stderr();
    run_ingest(plan, &services, options, progress.as_ref())
        .await
        .context("the ingest stopped")
}

fn show(report: &IngestReport, as_json: bool) {
    let damaged: u64 = report.completed().map(|unit| unit.coverage.damaged).sum();
    let skipped = report
        .units
        .iter()
        .filter(|unit| matches!(unit.outcome, UnitOutcome::Skipped))
        .count();
    if as_json {
        let failed: Vec<_> = report
            .failed()
            .map(|(unit, reason)| json!({ "unit": unit, "reason": reason }))
            .collect();
        println!(
            "{}",
            json!({
                "units": report.units.len(),
                "skipped": skipped,
                "events": report.events(),
                "contributions": report.contributions(),
                "damaged": damaged,
                "failed": failed,
            })
        );
        return;
    }
    println!(
        "read {} events, {} contributions, from {} of {} files",
        separated(report.events().cast_signed()),
        separated(report.contributions().cast_signed()),
        report.completed().count(),
        report.units.len(),
    );
    if skipped > 0 {
        println!("{skipped} hours were read before; --force reads them again");
    }
    if damaged > 0 {
        let lines = if damaged == 1 { "line" } else { "lines" };
        println!("{damaged} {lines} could not be read; see: leaderboard dead-letters");
    }
    for unit in report.completed() {
        for disagreement in &unit.disagreements {
            println!("{}: {disagreement}", unit.coverage.unit);
        }
    }
}

fn conclude(report: &IngestReport) -> anyhow::Result<()> {
    let failed: Vec<String> = report
        .failed()
        .map(|(unit, reason)| format!("{unit}: {reason}"))
        .collect();
    if !failed.is_empty() {
        bail!(
            "{} of {} could not be read:\n{}",
            failed.len(),
            report.units.len(),
            failed.join("\n")
        );
    }
    if report.is_cancelled() {
        bail!("interrupted; what was read whole is kept, and the same command goes on from there");
    }
    Ok(())
}
