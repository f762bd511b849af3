//! `bigquery`: days of repositories from GH Archive's tables, within the
//! budget.

use std::sync::Arc;

use anyhow::{Context, bail};
use bigquery::{BigQuery, BigQuerySettings, Credentials};
use chrono::Days as DaysBefore;
use domain::budget::Price;
use event_log::EventLog;
use runtime::{CircuitBreaker, Clock, SystemClock};
use scraper::budget::LedgerLog;
use scraper::passes::{
    Days, Pass, PassOptions, PassReport, PassServices, estimate, plan, run, settle_expired,
};
use scraper::sources::bigquery::Depth;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::cli::Options;
use crate::cli::bigquery::{BigQueryOptions, ReadDays};
use crate::tables::{separated, table};

/// Who writes to the ledger.
const ORIGIN: &str = "/scraper/bigquery";

pub(super) async fn read_days(options: &Options, asked: &ReadDays) -> anyhow::Result<()> {
    let log = options.connect_log().await?;
    log.declare_streams().await?;
    let services = services(log, &asked.bigquery).await?;
    let wanted = super::tracking::wanted(&asked.repositories, &services.log).await?;
    let depth = if asked.stars_only {
        Depth::Stars
    } else {
        Depth::Whole
    };
    let passes = plan(&wanted, days(asked)?, depth, &services.log).await?;
    if asked.dry_run {
        return show_estimates(&passes, &services, depth, asked.json).await;
    }
    settle_expired(&services).await?;
    let job = asked.job.clone();
    let reports = run(&passes, &services, &PassOptions { depth, job }).await;
    reports.iter().for_each(|report| show(report, asked.json));
    let failed = reports.iter().filter(|report| report.error.is_some());
    let (failed, left) = (failed.count(), passes.len() - reports.len());
    if failed > 0 {
        bail!(
            "{failed} of {} days could not be read, {left} were not tried; they stay open, and the same command reads them",
            passes.len()
        );
    }
    Ok(())
}

pub(super) async fn services(
    log: EventLog,
    options: &BigQueryOptions,
) -> anyhow::Result<PassServices> {
    let settings = bigquery_settings(options).context(
        "who pays for BigQuery? --bigquery-project or LEADERBOARD_BIGQUERY_PROJECT says it",
    )?;
    let cancellation = CancellationToken::new();
    let interrupted = cancellation.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    Ok(PassServices {
        client: BigQuery::connect(settings).await?,
        circuit: Arc::new(CircuitBreaker::of("bigquery")),
        publisher: log.publisher(),
        ledger: LedgerLog::new(log.clone(), ORIGIN),
        log,
        clock: Arc::new(SystemClock),
        cancellation,
    })
}

/// How BigQuery is told to be reached, where somebody pays for it.
pub(crate) fn bigquery_settings(options: &BigQueryOptions) -> Option<BigQuerySettings> {
    let token = options.token.clone();
    Some(BigQuerySettings {
        url: options.url.clone(),
        credentials: token.map_or(Credentials::Application, Credentials::Token),
        ..BigQuerySettings::of_project(options.project.as_deref()?)
    })
}

fn days(asked: &ReadDays) -> anyhow::Result<Days> {
    let yesterday = SystemClock.now().date_naive() - DaysBefore::new(1);
    let floor = asked.floor.or(asked.from);
    Ok(Days {
        first: asked.from,
        last: asked.until.unwrap_or(yesterday),
        floor: floor.context(
            "from which day on? --from says it for this time, --floor or LEADERBOARD_BIGQUERY_FLOOR for every time",
        )?,
        force: asked.force,
    })
}

/// What is spent beyond the free bytes of the month is not known before it is
/// reserved: shown is what it costs when none are left.
async fn show_estimates(
    passes: &[Pass],
    services: &PassServices,
    depth: Depth,
    as_json: bool,
) -> anyhow::Result<()> {
    let estimates = estimate(passes, services, depth).await?;
    let ledger = services.ledger.ledger(services.clock.now()).await?;
    let price = ledger
        .definition()
        .map_or_else(Price::default, |defined| defined.price.clone());
    if as_json {
        for (pass, bytes) in passes.iter().zip(&estimates) {
            let cost = price.of(*bytes).micros();
            println!(
                "{}",
                json!({"day": pass.day, "bytes": bytes, "micros": cost})
            );
        }
        return Ok(());
    }
    let row = |what: String, repositories: usize, bytes: u64| {
        let megabytes = i64::try_from(bytes / 1_000_000).unwrap_or(i64::MAX);
        vec![
            what,
            repositories.to_string(),
            separated(megabytes),
            price.of(bytes).to_string(),
        ]
    };
    let days = passes.iter().zip(&estimates);
    let days = days.map(|(pass, bytes)| row(pass.day.to_string(), pass.repositories.len(), *bytes));
    let most = passes.iter().map(|pass| pass.repositories.len()).max();
    let all = row("all".to_owned(), most.unwrap_or(0), estimates.iter().sum());
    let columns = [
        ("day", false),
        ("repositories", true),
        ("MB", true),
        ("$ at most", true),
    ];
    println!("{}", table(&columns, days.chain([all])));
    Ok(())
}

fn show(report: &PassReport, as_json: bool) {
    let error = report.error.as_ref().map(ToString::to_string);
    if as_json {
        println!(
            "{}",
            json!({
                "day": report.day,
                "repositories": report.repositories,
                "estimate": report.estimate,
                "billed": report.billed,
                "events": report.events,
                "contributions": report.contributions,
                "error": error,
            })
        );
        return;
    }
    match error {
        None => println!(
            "{}: {} events, {} contributions; {} MB were paid for",
            report.day,
            report.events,
            report.contributions,
            separated(i64::try_from(report.billed.unwrap_or(0) / 1_000_000).unwrap_or(i64::MAX)),
        ),
        Some(error) => println!("{}: {error}", report.day),
    }
}
