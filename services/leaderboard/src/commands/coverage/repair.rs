//! Filling holes.

use std::collections::BTreeMap;

use anyhow::bail;
use chrono::{DateTime, NaiveDate, Utc};
use domain::coverage::{Gap, Hole};
use event_log::EventLog;
use scraper::repair::{
    FileOutcome, Planned, RepairReport, RepairRequest, Repository, plan, repair,
};
use serde_json::json;

use super::prices::{dollars_of, priced};
use super::sources::{Sources, services};
use super::{holes_of, span_query};
use crate::api_client::get;
use crate::cli::Options;
use crate::cli::coverage::{Hours, Repair};
use crate::commands::ask::print;
use crate::commands::tracking::repairable;

/// Repositories that the API compares when none is asked for.
const COMPARED: usize = 100;

pub(super) async fn repair_coverage(options: &Options, wanted: &Repair) -> anyhow::Result<()> {
    let log = EventLog::connect(&options.log_settings()?).await?;
    log.declare_streams().await?;
    let repositories = repairable(&wanted.repository, &log).await?;
    let sources = Sources {
        archives: &wanted.archive,
        github: Some(&wanted.github),
        bigquery: Some(&wanted.bigquery),
        job: &wanted.job,
    };
    let services = services(log, sources).await?;
    let request = RepairRequest {
        span: span(&wanted.hours)?,
        shortfalls: shortfalls(options, wanted, &repositories).await,
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

fn span(hours: &Hours) -> anyhow::Result<Option<(DateTime<Utc>, DateTime<Utc>)>> {
    match (hours.first(), hours.end()) {
        (None, None) => Ok(None),
        (Some(from), Some(until)) if from < until => Ok(Some((from, until))),
        (Some(_), Some(_)) => bail!("--until is before --from"),
        _ => bail!("give both --from and --until, or neither"),
    }
}

/// What sources lack by comparison with others. It takes the query API to know
/// it; without one the rest is repaired all the same.
async fn shortfalls(options: &Options, wanted: &Repair, repositories: &[Repository]) -> Vec<Hole> {
    let all = wanted.repository.is_empty() && repositories.len() <= COMPARED;
    let singly = repositories
        .iter()
        .map(|known| Some(known.wanted.name.as_str()));
    let asked: Vec<Option<&str>> = if all { vec![None] } else { singly.collect() };
    let mut found = Vec::new();
    for repository in asked {
        match compared_holes(options, &wanted.hours, repository).await {
            Ok(holes) => found.extend(holes),
            Err(error) => eprintln!("what sources saw is not compared: {error:#}"),
        }
    }
    found
}

async fn compared_holes(
    options: &Options,
    hours: &Hours,
    repository: Option<&str>,
) -> anyhow::Result<Vec<Hole>> {
    let api = options.api_url()?;
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = span_query(hours);
        query.push(("limit", "200".to_owned()));
        query.extend(repository.map(|name| ("repository", name.to_owned())));
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let answer = get(&api, &["coverage", "holes"], &query).await?;
        let holes = holes_of(&answer)?.into_iter();
        found.extend(holes.filter(|hole| hole.gap == Gap::Kinds));
        cursor = answer["meta"]["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return Ok(found);
        }
    }
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
