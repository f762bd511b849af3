//! Issues and pull requests that were updated since the last time: what the
//! feed of events lost, or was never asked for.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::objects::Told;
use super::outgoing::{Gathered, Unit, end_of};
use super::{Place, RepositoryReport, ScrapeError, ScrapeServices};
use crate::sources::github::GithubError;

/// Issues on a page.
const PER_PAGE: usize = 100;

/// What is read of a repository here.
const KIND: &str = "issues";

pub(super) async fn read(
    place: &Place,
    services: &ScrapeServices,
    since: Option<DateTime<Utc>>,
    report: &mut RepositoryReport,
) -> Result<(), ScrapeError> {
    let last = services.last_range(place, KIND).await?;
    let last = last.and_then(|range| end_of(&range));
    let Some(mut since) = since.or(last) else {
        return Ok(());
    };
    // By instant, not by page: what is updated meanwhile moves to the end, and
    // a page would be skipped. Only what was updated at one instant, by whoever
    // closed a hundred at once, is read page by page.
    let mut number = 1;
    loop {
        services.check()?;
        let Some(end) = read_page(place, services, (since, number), report).await? else {
            return Ok(());
        };
        if end > since {
            (since, number) = (end, 1);
        } else {
            number += 1;
        }
    }
}

/// Reads and publishes a page, by the instant and number it begins at; returns
/// the instant it ends at when it is full.
async fn read_page(
    place: &Place,
    services: &ScrapeServices,
    (since, number): (DateTime<Utc>, u64),
    report: &mut RepositoryReport,
) -> Result<Option<DateTime<Utc>>, ScrapeError> {
    let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
    let path = format!(
        "/repos/{}/issues?state=all&sort=updated&direction=asc&since={since}&per_page={PER_PAGE}&page={number}",
        place.name
    );
    let page = match services.client.get(&path).await {
        // Issues are switched off.
        Err(GithubError::NotFound(_)) => return Ok(None),
        page => page?,
    };
    let issues: Vec<Value> = page.read()?;
    let mut gathered = Gathered::default();
    for issue in &issues {
        take(issue, place, services, &mut gathered, report).await?;
    }
    let updated = issues
        .iter()
        .rev()
        .find_map(|issue| issue["updated_at"].as_str());
    let end = updated.and_then(|at| at.parse().ok());
    let tally = gathered.tally.clone();
    let plain = format!("/repos/{}/issues", place.name);
    services
        .publish(gathered.into_events(&services.source(&plain)))
        .await?;
    report.issues += issues.len() as u64;
    // Of nothing that was updated it is known, too, that it was asked for.
    let unit = Unit {
        kind: KIND,
        range: format!("{since}..{}", updated.unwrap_or(&since)),
        path: &plain,
        whole: true,
    };
    services
        .publish(vec![place.coverage(&unit, &tally, services)])
        .await?;
    Ok(end.filter(|_| issues.len() == PER_PAGE))
}

/// That an issue or pull request was opened; that it was closed, by whom that
/// is known; that it was merged.
async fn take(
    issue: &Value,
    place: &Place,
    services: &ScrapeServices,
    gathered: &mut Gathered,
    report: &mut RepositoryReport,
) -> Result<(), ScrapeError> {
    let Some(number) = issue["number"].as_u64() else {
        return Ok(());
    };
    let as_pull_request = issue["pull_request"].is_object();
    let path = format!("/repos/{}/issues/{number}", place.name);
    let user = &issue["user"];
    // The id of the issue that a pull request is, is not that of the latter.
    let pull_request = json!({
        "number": number, "user": user, "created_at": issue["created_at"],
        "closed_at": issue["closed_at"], "merged": false,
    });
    let (kind, object) = if as_pull_request {
        ("pull_request", &pull_request)
    } else {
        ("issues", issue)
    };
    let told = |action, sender| Told {
        kind,
        action,
        sender,
        object,
        path: &path,
    };
    gathered.take(told("opened", user).translate(place, services)?);
    if issue["pull_request"]["merged_at"].is_string() {
        if let Some(merged) = merged(number, place, services).await? {
            gathered.take(merged);
            report.merges += 1;
        }
    } else if issue["closed_at"].is_string() && issue["closed_by"].is_object() {
        gathered.take(told("closed", &issue["closed_by"]).translate(place, services)?);
    }
    Ok(())
}

/// A merge with its author and lines; `None` when GitHub does not have it.
pub(super) async fn merged(
    number: u64,
    place: &Place,
    services: &ScrapeServices,
) -> Result<Option<translation::Translation>, ScrapeError> {
    services.check()?;
    let path = format!("/repos/{}/pulls/{number}", place.name);
    let pull_request: Value = match services.client.get(&path).await {
        Err(GithubError::NotFound(_)) => return Ok(None),
        page => page?.read()?,
    };
    told_merge(&pull_request, &path, place, services)
}

/// A merge by its pull request; `None` when it was not merged.
pub(super) fn told_merge(
    pull_request: &Value,
    path: &str,
    place: &Place,
    services: &ScrapeServices,
) -> Result<Option<translation::Translation>, ScrapeError> {
    if pull_request["merged"] != json!(true) {
        return Ok(None);
    }
    let told = Told {
        kind: "pull_request",
        action: "closed",
        sender: &pull_request["merged_by"],
        object: pull_request,
        path,
    };
    Ok(Some(told.translate(place, services)?))
}
