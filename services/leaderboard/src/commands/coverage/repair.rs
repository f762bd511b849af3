//! Filling holes.

use std::collections::BTreeMap;

use anyhow::bail;
use chrono::{DateTime, NaiveDate, Utc};
use domain::coverage::Hole;
use scraper::repair::{
    Comparison, FileOutcome, Planned, RepairReport, RepairRequest, Repository, plan, repair,
};
use serde_json::json;

use super::prices::{dollars_of, priced};
use super::sources::{Sources, services};
use crate::causes::with_causes;
use crate::cli::Options;
use crate::cli::coverage::{Hours, Repair};
use crate::commands::ask::print;
use crate::commands::tracking::repairable;

/// The first instant and the end of what is repaired; `None`: all that was read.
type Span = Option<(DateTime<Utc>, DateTime<Utc>)>;

pub(super) async fn repair_coverage(options: &Options, wanted: &Repair) -> anyhow::Result<()> {
    let log = options.connect_log().await?;
    log.declare_streams().await?;
    let repositories = repairable(&wanted.repository, &log).await?;
    let sources = Sources {
        archives: &wanted.archive,
        github: Some(&wanted.github),
        bigquery: Some(&wanted.bigquery),
        job: &wanted.job,
    };
    let services = services(log, sources).await?;
    let span = span(&wanted.hours)?;
    let request = RepairRequest {
        span,
        shortfalls: shortfalls(options, wanted, &repositories, span).await,
        repositories,
    };
    if wanted.dry_run {
        let planned = plan(&services, &request).await?;
        let prices = priced(&planned.plan, &services, &request).await?;
        return show_plan(&planned, &request.repositories, &prices, wanted.json);
    }
    let report = repair(&services, &request).await?;
    show_report(&report, wanted.json)?;
    let failures = report.failures();
    if !failures.is_empty() {
        bail!(
            "not all sources could be read; what they have stays open, and the same command goes on from here:\n{}",
            failures.join("\n")
        );
    }
    Ok(())
}

fn span(hours: &Hours) -> anyhow::Result<Span> {
    match (hours.first(), hours.end()) {
        (None, None) => Ok(None),
        (Some(from), Some(until)) if from < until => Ok(Some((from, until))),
        (Some(_), Some(_)) => bail!("--until is before --from"),
        _ => bail!("give both --from and --until, or neither"),
    }
}

/// What sources lack by comparison with others. It takes the query API to know
/// it; without one the rest is repaired all the same.
async fn shortfalls(
    options: &Options,
    wanted: &Repair,
    repositories: &[Repository],
    span: Span,
) -> Vec<Hole> {
    let comparison = options.api_url().and_then(|api| Ok(Comparison::at(&api)?));
    let comparison = match comparison {
        Ok(comparison) => comparison,
        Err(error) => {
            let told = with_causes(&error);
            eprintln!("what sources saw is not compared: {told}");
            return Vec::new();
        }
    };
    let named = !wanted.repository.is_empty();
    let found = comparison.shortfalls(repositories, named, span).await;
    for failure in &found.failures {
        eprintln!("{failure}");
    }
    found.holes
}

fn show_plan(
    planned: &Planned,
    repositories: &[Repository],
    prices: &BTreeMap<NaiveDate, u64>,
    as_json: bool,
) -> anyhow::Result<()> {
    let plan = &planned.plan;
    let name = |place: &usize| {
        let found = repositories.get(*place);
        found.map_or_else(String::new, |found| found.wanted.name.to_string())
    };
    if as_json {
        let ask = plan
            .ask
            .iter()
            .map(|ask| json!({"repository": name(&ask.repository), "since": ask.since}));
        let days = plan.days.iter().map(|day| {
            let names: Vec<String> = day.repositories.iter().map(name).collect();
            json!({"day": day.day, "repositories": names, "micros_at_most": prices.get(&day.day)})
        });
        return print(&json!({
            "holes": planned.holes,
            "files": plan.files,
            "api": ask.collect::<Vec<_>>(),
            "bigquery": days.collect::<Vec<_>>(),
        }));
    }
    if plan.is_empty() {
        println!("Nothing can be done about {} holes.", planned.holes.len());
        return Ok(());
    }
    println!("{} files from the archives: free", plan.files.len());
    for ask in &plan.ask {
        println!(
            "{} from GitHub's API, since {}",
            name(&ask.repository),
            ask.since
        );
    }
    for day in &plan.days {
        let names: Vec<String> = day.repositories.iter().map(name).collect();
        let price = prices.get(&day.day).map_or_else(
            || "--bigquery-project says who pays".to_owned(),
            |micros| format!("${} at most", dollars_of(*micros)),
        );
        println!(
            "{} from BigQuery, for {}: {price}",
            day.day,
            names.join(", ")
        );
    }
    println!("What one source turns out to have, the next is not asked for.");
    Ok(())
}

fn show_report(report: &RepairReport, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return print(&serde_json::to_value(report)?);
    }
    if report.did_nothing() {
        println!(
            "Nothing to do: {} holes, which nothing can be done about.",
            report.before.len()
        );
        return Ok(());
    }
    for file in &report.files {
        let hour = file.hour.format("%Y-%m-%dT%H");
        match &file.outcome {
            FileOutcome::Read {
                location,
                events,
                whole,
            } => {
                let how = if *whole { "" } else { ", in part" };
                println!("{hour}: {events} events from {location}{how}");
            }
            FileOutcome::Absent(reason) | FileOutcome::Failed(reason) => {
                println!("{hour}: {reason}");
            }
        }
    }
    for asked in &report.asked {
        println!(
            "{}: {} events, {} issues from GitHub's API",
            asked.repository, asked.events, asked.issues
        );
    }
    for day in &report.days {
        println!(
            "{}: {} contributions from BigQuery",
            day.day, day.contributions
        );
    }
    let hours: usize = report.after.iter().map(|hole| hole.hours().count()).sum();
    println!("{hours} hours are open still; see: leaderboard coverage --holes");
    Ok(())
}
