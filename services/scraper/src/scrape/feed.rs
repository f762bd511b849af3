//! A repository's events: the newest 300, with the ids and shapes that
//! archives have them in.

use std::collections::HashSet;

use chrono::{DateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};
use serde_json::value::RawValue;
use translation::translate_mended;

use super::outgoing::{Gathered, Unit, dead_letter, end_of};
use super::{Place, RepositoryReport, ScrapeError, ScrapeServices};
use crate::ingest::Tally;
use crate::sources::github::{Answer, Page};

/// Pages there are, and events on each: "this endpoint is limited to 300
/// events" ("REST API endpoints for events", read in November 2026).
const PAGES: usize = 3;
const PER_PAGE: usize = 100;

/// Events may appear in the feed this much later than they happened (same
/// page): what is older than that before the last reading was in it.
const LATENCY: TimeDelta = TimeDelta::hours(6);

/// How far a feed goes back that is not full (same page).
const WINDOW: TimeDelta = TimeDelta::days(30);

/// What is read of a repository here.
const KIND: &str = "events";

pub(super) async fn read(
    place: &Place,
    services: &ScrapeServices,
    report: &mut RepositoryReport,
) -> Result<(), ScrapeError> {
    let first = page_path(place, 1);
    services.check()?;
    let Answer::Fresh(page) = services.client.get_if_changed(&first).await? else {
        return Ok(());
    };
    let validator = page.validator.clone();
    read_changed(place, services, page, report).await?;
    // Only now: what was answered is on the log, and need not be answered again.
    services.client.remember(&first, validator.as_deref());
    Ok(())
}

fn page_path(place: &Place, page: usize) -> String {
    format!(
        "/repos/{}/events?per_page={PER_PAGE}&page={page}",
        place.name
    )
}

async fn read_changed(
    place: &Place,
    services: &ScrapeServices,
    first: Page,
    report: &mut RepositoryReport,
) -> Result<(), ScrapeError> {
    let before = services.last_range(place, KIND).await?;
    let before = before.and_then(|range| end_of(&range));
    let path = format!("/repos/{}/events", place.name);
    let source = services.source(&path);
    let mut feed = Feed::new(before);
    let mut page = first;
    let mut number = 1;
    loop {
        let documents: Vec<Box<RawValue>> = page.read()?;
        let is_last = documents.len() < PER_PAGE || !page.has_next || number == PAGES;
        for document in &documents {
            match translate_mended(document.get().as_bytes(), &source) {
                Ok(translation) => feed.take(translation, document.get()),
                Err(error) => {
                    let letter = dead_letter(&path, document.get(), error.to_string(), services);
                    feed.gathered.events.push(letter);
                    feed.gathered.tally.damaged += 1;
                }
            }
        }
        feed.ended |= documents.len() < PER_PAGE;
        if is_last || feed.reached_before() {
            break;
        }
        number += 1;
        services.check()?;
        page = services.client.get(&page_path(place, number)).await?;
    }
    feed.publish(place, services, &path, report).await
}

/// What was read of a feed so far.
struct Feed {
    gathered: Gathered,
    seen: HashSet<String>,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
    /// The newest event of the last reading.
    before: Option<DateTime<Utc>>,
    /// Whether the feed ended: there was no older event.
    ended: bool,
}

impl Feed {
    fn new(before: Option<DateTime<Utc>>) -> Self {
        Self {
            gathered: Gathered::default(),
            seen: HashSet::new(),
            first: None,
            last: None,
            before,
            ended: false,
        }
    }

    /// Takes an event, unless it slid to the next page in between, or was in
    /// the last reading.
    fn take(&mut self, translation: translation::Translation, document: &str) {
        let Some(at) = translation.occurred_at else {
            return;
        };
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        let is_new = self.before.is_none_or(|before| at >= before - LATENCY);
        if is_new && self.seen.insert(document.to_owned()) {
            self.gathered.take(translation);
        }
    }

    fn reached_before(&self) -> bool {
        self.first
            .zip(self.before)
            .is_some_and(|(first, before)| first <= before - LATENCY)
    }

    /// Whether something may have happened between the readings that is in
    /// neither: a full feed that begins after the last one ended.
    fn gap(&self) -> Option<String> {
        let (first, before) = self.first.zip(self.before)?;
        let lost = !self.ended && first > before;
        lost.then(|| range(before, first))
    }

    async fn publish(
        self,
        place: &Place,
        services: &ScrapeServices,
        path: &str,
        report: &mut RepositoryReport,
    ) -> Result<(), ScrapeError> {
        let tally = self.gathered.tally.clone();
        let gap = self.gap();
        // A feed that is not full at the first reading shows all of its window.
        let beginning = (self.ended && self.before.is_none())
            .then(|| services.client.now().trunc_subsecs(0) - WINDOW);
        let first = self.first.into_iter().chain(beginning).min();
        let span = first.zip(self.last.or(beginning));
        // The first reading of a full feed cannot know what was before it.
        let whole = gap.is_none() && (self.ended || self.before.is_some());
        report.events = Some(tally.events);
        report.gap = gap.is_some();
        let source = services.source(path);
        services.publish(self.gathered.into_events(&source)).await?;
        let Some((first, last)) = span else {
            return Ok(());
        };
        let mut coverage = Vec::new();
        if let Some(range) = gap {
            tracing::warn!(repository = %place.name, %range, "github_feed_gap");
            let kind = "gap";
            let unit = Unit {
                kind,
                range,
                path,
                whole: false,
            };
            coverage.push(place.coverage(&unit, &Tally::default(), services));
        }
        let unit = Unit {
            kind: KIND,
            range: range(first, last),
            path,
            whole,
        };
        coverage.push(place.coverage(&unit, &tally, services));
        services.publish(coverage).await
    }
}

fn range(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let written = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!("{}..{}", written(from), written(to))
}
