//! `scrape`: repositories from GitHub's API.

use std::sync::Arc;

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use runtime::{Clock, SystemClock};
use scraper::scrape::{
    ScrapeError, ScrapeOptions, ScrapeServices, ScrapedRepository, follow_renames,
    scrape as run_scrape,
};
use scraper::sources::github::{GithubClient, GithubSettings, Token};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::cli::Options;
use crate::cli::scrape::{GithubOptions, Scrape};

pub(super) async fn scrape(options: &Options, scrape: &Scrape) -> anyhow::Result<()> {
    let log = options.connect_log().await?;
    log.declare_streams().await?;
    let cancellation = CancellationToken::new();
    let interrupted = cancellation.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let services = ScrapeServices {
        client: Arc::new(github_client(&scrape.github)?),
        publisher: log.publisher(),
        log,
        cancellation,
    };
    let mut wanted = super::tracking::wanted(&scrape.repositories, &services.log).await?;
    let what = ScrapeOptions {
        since: scrape.since,
        enrich: scrape.enrich,
    };
    let mut failures = Vec::new();
    loop {
        let scraped = run_scrape(&wanted, &services, what).await;
        follow_renames(&scraped, &services.log, SystemClock.now()).await?;
        scraped.iter().for_each(|one| show(one, scrape.json));
        let done = scraped.iter().filter(|one| !waits(one)).count();
        failures.extend(scraped.iter().filter(|one| !waits(one)).filter_map(failure));
        let Some(until) = scraped.iter().find_map(until) else {
            break;
        };
        if !scrape.wait {
            failures.extend(scraped.iter().filter(|one| waits(one)).filter_map(failure));
            break;
        }
        wanted.drain(..done);
        wait(until, &services.cancellation).await?;
    }
    if !failures.is_empty() {
        bail!("not all could be read:\n{}", failures.join("\n"));
    }
    Ok(())
}

/// A client of GitHub's API, as it is told to be reached.
pub(crate) fn github_client(options: &GithubOptions) -> anyhow::Result<GithubClient> {
    // Compose files set variables to nothing.
    let given = options.tokens.iter().filter(|token| !token.is_empty());
    let tokens = given.map(|token| Token::new(token));
    let settings = GithubSettings {
        url: options.url.clone(),
        tokens: tokens.collect(),
        ..GithubSettings::default()
    };
    Ok(GithubClient::new(settings, Arc::new(SystemClock))?)
}

fn until(one: &ScrapedRepository) -> Option<DateTime<Utc>> {
    match &one.error {
        Some(ScrapeError::Github(error)) => error.until(),
        _ => None,
    }
}

fn waits(one: &ScrapedRepository) -> bool {
    until(one).is_some()
}

fn failure(one: &ScrapedRepository) -> Option<String> {
    let error = one.error.as_ref()?;
    Some(format!("{}: {error}", one.wanted.name))
}

async fn wait(until: DateTime<Utc>, cancellation: &CancellationToken) -> anyhow::Result<()> {
    let wait = (until - SystemClock.now()).to_std().unwrap_or_default();
    eprintln!("GitHub may be asked again at {until}; waiting");
    cancellation
        .run_until_cancelled(tokio::time::sleep(wait))
        .await
        .context("interrupted; the same command goes on from here")
}

fn show(one: &ScrapedRepository, as_json: bool) {
    let report = &one.report;
    let name = one
        .found
        .as_ref()
        .map_or(&one.wanted.name, |found| &found.name);
    if as_json {
        let error = one.error.as_ref().map(ToString::to_string);
        println!(
            "{}",
            json!({
                "repository": name,
                "id": one.found.as_ref().and_then(|found| found.id),
                "events": report.events,
                "gap": report.gap,
                "issues": report.issues,
                "merges": report.merges,
                "pushes": report.pushes,
                "gone": report.gone,
                "error": error,
            })
        );
        return;
    }
    let events = report.events.map_or("nothing new".to_owned(), |events| {
        format!("{events} events")
    });
    println!(
        "{name}: {events}, {} issues, {} merges and {} pushes known better",
        report.issues, report.merges, report.pushes
    );
    if report.gap {
        println!("{name}: more happened than GitHub's feed keeps; archives or --since may fill it");
    }
}
