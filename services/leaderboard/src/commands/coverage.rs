//! `coverage`: what was read, what is missing, and filling that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, bail};
use chrono::{DateTime, NaiveDate, Utc};
use domain::coverage::{DayToRead, Gap, Hole, RepairPlan};
use event_log::EventLog;
use runtime::SystemClock;
use scraper::ingest::{IngestOptions, IngestServices};
use scraper::repair::{
    FileOutcome, Planned, RepairReport, RepairRequest, RepairServices, Repository, estimate, plan,
    repair,
};
use scraper::scrape::ScrapeServices;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::ask::{kinds, list, print, show_next};
use crate::api_client::get;
use crate::cli::Options;
use crate::cli::bigquery::BigQueryOptions;
use crate::cli::coverage::{Coverage, CoverageAction, Hours, Repair};
use crate::tables::{cell, table};

pub(super) async fn coverage(options: &Options, asked: &Coverage) -> anyhow::Result<()> {
    match (&asked.action, &asked.repository) {
        (Some(CoverageAction::Repair(wanted)), _) => repair_coverage(options, wanted).await,
        (None, _) if asked.holes => show_holes(options, asked).await,
        (None, Some(repository)) => show_hours(options, asked, repository).await,
        (None, None) => super::ask::coverage(options, &asked.page, span_query(&asked.hours)).await,
    }
}

/// The span as the API takes it.
fn span_query(hours: &Hours) -> Vec<(&'static str, String)> {
    let instant = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let from = hours.first().map(|at| ("from", instant(at)));
    let to = hours.end().map(|at| ("to", instant(at)));
    from.into_iter().chain(to).collect()
}

async fn show_holes(options: &Options, asked: &Coverage) -> anyhow::Result<()> {
    let mut query = span_query(&asked.hours);
    query.push(("limit", asked.page.limit.to_string()));
    query.extend(asked.page.cursor.clone().map(|cursor| ("cursor", cursor)));
    query.extend(asked.repository.clone().map(|name| ("repository", name)));
    let mut answer = get(&options.api_url()?, &["coverage", "holes"], &query).await?;
    let holes = holes_of(&answer)?;
    let prices = prices(
        options,
        &asked.bigquery,
        asked.repository.as_slice(),
        &holes,
    )
    .await?;
    if let Some(shown) = answer["holes"].as_array_mut() {
        for (shown, hole) in shown.iter_mut().zip(&holes) {
            shown["dollars_at_most"] = json!(dollars(hole, &prices));
        }
    }
    if asked.page.json {
        return print(&answer);
    }
    let rows = list(&answer["holes"]).map(|hole| {
        vec![
            hours_words(hole),
            cell(&hole["hours"]),
            cell(&hole["source"]),
            cell(&hole["repository"]),
            what_is_missing(hole),
            joined(&hole["had_by"]),
            ways(hole),
        ]
    });
    let columns = [
        ("hours", false),
        ("", true),
        ("source", false),
        ("repository", false),
        ("missing", false),
        ("had by", false),
        ("can be filled from", false),
    ];
    println!("{}", table(&columns, rows));
    show_next(&answer["meta"]);
    Ok(())
}

fn holes_of(answer: &Value) -> anyhow::Result<Vec<Hole>> {
    let holes = serde_json::from_value(answer["holes"].clone());
    holes.context("the API is of another version: its holes cannot be read")
}

fn hours_words(hole: &Value) -> String {
    let hour = |at: &Value| {
        at.as_str()
            .unwrap_or_default()
            .chars()
            .take(13)
            .collect::<String>()
    };
    match hole["hours"].as_u64() {
        Some(1) => hour(&hole["from"]),
        _ => format!("{} to {}", hour(&hole["from"]), hour(&hole["until"])),
    }
}

fn what_is_missing(hole: &Value) -> String {
    match hole["gap"].as_str() {
        Some("whole") => "everything".to_owned(),
        Some("part") => format!("a part: {}", joined(&hole["losses"]).replace('_', " ")),
        _ => kinds(&hole["kinds"]),
    }
}

fn joined(values: &Value) -> String {
    list(values).map(cell).collect::<Vec<_>>().join(", ")
}

fn ways(hole: &Value) -> String {
    let way = |way: &Value| match way["source"].as_str() {
        Some("api") => format!("api: {} requests or more", cell(&way["requests"])),
        Some("bigquery") => match hole["dollars_at_most"].as_str() {
            Some(dollars) => format!("bigquery: ${dollars} at most"),
            None => format!("bigquery: {} days are paid for", cell(&way["paid_days"])),
        },
        other => format!("{}: free", other.unwrap_or_default()),
    };
    list(&hole["ways"]).map(way).collect::<Vec<_>>().join("; ")
}

async fn show_hours(options: &Options, asked: &Coverage, repository: &str) -> anyhow::Result<()> {
    let mut query = span_query(&asked.hours);
    if query.len() < 2 {
        bail!(
            "which hours? --from and --until say it, such as --from 2024-09-11 --until 2024-09-11"
        );
    }
    query.push(("repository", repository.to_owned()));
    let answer = get(&options.api_url()?, &["coverage", "hours"], &query).await?;
    if asked.page.json {
        return print(&answer);
    }
    let rows = list(&answer["hours"]).flat_map(|hour| {
        let sources = list(&hour["sources"]);
        let known = sources.filter(|source| {
            source["read"] != "unread" || source["observed"].as_u64().is_some_and(|seen| seen > 0)
        });
        known.map(|source| {
            vec![
                cell(&hour["hour"]).chars().take(13).collect(),
                cell(&source["source"]),
                cell(&source["verdict"]),
                cell(&source["observed"]),
                cell(&source["expected"]),
                kinds(&source["missing"]),
            ]
        })
    });
    let columns = [
        ("hour", false),
        ("source", false),
        ("verdict", false),
        ("seen", true),
        ("expected", true),
        ("missing", false),
    ];
    println!("{}", table(&columns, rows));
    Ok(())
}

/// What days of BigQuery cost at most, by dry runs; none where it is not asked.
async fn prices(
    options: &Options,
    bigquery: &BigQueryOptions,
    named: &[String],
    holes: &[Hole],
) -> anyhow::Result<BTreeMap<NaiveDate, u64>> {
    if bigquery.project.is_none() {
        return Ok(BTreeMap::new());
    }
    let log = EventLog::connect(&options.log_settings()?).await?;
    let repositories = super::tracking::repairable(named, &log).await?;
    let services = services(log, Sources::bigquery_alone(bigquery)).await?;
    let request = RepairRequest {
        repositories,
        ..RepairRequest::default()
    };
    let today = runtime::Clock::now(&SystemClock).date_naive();
    let days: BTreeSet<NaiveDate> = holes
        .iter()
        .flat_map(Hole::hours)
        .map(|hour| hour.date_naive())
        .filter(|day| *day < today)
        .collect();
    let all: Vec<usize> = (0..request.repositories.len()).collect();
    let days = days.into_iter().map(|day| DayToRead {
        day,
        repositories: all.clone(),
    });
    let asked = RepairPlan {
        days: days.collect(),
        ..RepairPlan::default()
    };
    priced(&asked, &services, &request).await
}

/// What the days of a plan cost at most when no free bytes are left, in
/// millionths of a dollar.
async fn priced(
    asked: &RepairPlan,
    services: &RepairServices,
    request: &RepairRequest,
) -> anyhow::Result<BTreeMap<NaiveDate, u64>> {
    let Some(passes) = &services.passes else {
        return Ok(BTreeMap::new());
    };
    let ledger = passes.ledger.ledger(passes.clock.now()).await?;
    let price = ledger.definition().map(|defined| defined.price.clone());
    let price = price.unwrap_or_default();
    let estimates = estimate(asked, services, request).await?.into_iter();
    Ok(estimates
        .map(|day| (day.day, price.of(day.bytes).micros()))
        .collect())
}

/// Dollars for the days of a hole; `None` where nobody asked.
fn dollars(hole: &Hole, prices: &BTreeMap<NaiveDate, u64>) -> Option<String> {
    let days: BTreeSet<NaiveDate> = hole.hours().map(|hour| hour.date_naive()).collect();
    let known: Vec<u64> = days
        .iter()
        .filter_map(|day| prices.get(day).copied())
        .collect();
    (!known.is_empty()).then(|| dollars_of(known.iter().sum()))
}

fn dollars_of(micros: u64) -> String {
    domain::budget::Money::from_micros(micros).to_string()
}

/// Where things are repaired from.
struct Sources<'a> {
    archives: &'a [String],
    github: Option<&'a crate::cli::scrape::GithubOptions>,
    bigquery: Option<&'a BigQueryOptions>,
    job: &'a str,
}

impl<'a> Sources<'a> {
    fn bigquery_alone(bigquery: &'a BigQueryOptions) -> Self {
        Self {
            archives: &[],
            github: None,
            bigquery: Some(bigquery),
            job: "",
        }
    }
}

async fn services(log: EventLog, sources: Sources<'_>) -> anyhow::Result<RepairServices> {
    let cancellation = CancellationToken::new();
    let interrupted = cancellation.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let scrape = match sources.github {
        Some(github) => Some(ScrapeServices {
            client: Arc::new(super::scrape::github_client(github)?),
            log: log.clone(),
            publisher: log.publisher(),
            cancellation: cancellation.clone(),
        }),
        None => None,
    };
    let passes = match sources.bigquery {
        Some(bigquery) if bigquery.project.is_some() => {
            Some(super::bigquery::services(log.clone(), bigquery).await?)
        }
        _ => None,
    };
    Ok(RepairServices {
        archives: super::ingest::archives(sources.archives)?,
        ingest: IngestServices {
            publisher: log.publisher(),
            log,
            clock: Arc::new(SystemClock),
            cancellation,
        },
        options: IngestOptions::default(),
        scrape,
        passes,
        job: sources.job.to_owned(),
    })
}

async fn repair_coverage(options: &Options, wanted: &Repair) -> anyhow::Result<()> {
    let log = EventLog::connect(&options.log_settings()?).await?;
    log.declare_streams().await?;
    let repositories = super::tracking::repairable(&wanted.repository, &log).await?;
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

/// Repositories that the API compares when none is asked for.
const COMPARED: usize = 100;

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
                println!("{hour}: {reason}")
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
