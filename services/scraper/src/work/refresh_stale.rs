//! Tracked repositories that were not read for a while, from GitHub's API.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use decisions::Author;
use decisions::tracking::{follow_rename, tracking};
use domain::Source;
use domain::jobs::{Failure, JobQueued, Severity};
use event_log::{EventLog, LogError, LogStream};
use events::{Event, Subject};
use jobs::{Done, Handler, Run};

use super::ScrapingParts;
use super::severity::{number, of_log, of_scrape};
use crate::scrape::{ScrapeOptions, ScrapeServices, ScrapedRepository, Wanted, scrape};

/// Hours after which a repository is stale, unless `stale_hours` says otherwise.
const STALE_HOURS: u32 = 6;

/// Reads every tracked repository whose events were not read for some hours,
/// what is unknown of it too, and follows renames.
pub struct RefreshStale(pub ScrapingParts);

#[async_trait]
impl Handler for RefreshStale {
    fn name(&self) -> &'static str {
        "refresh-stale"
    }

    async fn run(&self, job: &JobQueued, run: &Run) -> Result<Done, Failure> {
        let hours = number(job, "stale_hours", STALE_HOURS)?;
        let since = self.0.clock.now() - TimeDelta::hours(hours.into());
        let stale = self.stale(since).await?;
        let total = stale.len();
        for (done, wanted) in stale.iter().enumerate() {
            run.progress(done as u64, Some(total as u64), wanted.name.to_string());
            self.read(wanted, run).await?;
        }
        let left_out = run.left_out().len();
        Ok(Done::new(format!(
            "{} of {total} stale repositories were read",
            total - left_out.min(total)
        )))
    }
}

impl RefreshStale {
    /// Tracked repositories that were last read before an instant.
    async fn stale(&self, since: DateTime<Utc>) -> Result<Vec<Wanted>, Failure> {
        let log = &self.0.log;
        let tracked = tracking(log)
            .await
            .map_err(|error| Failure::new(Severity::Low, error))?;
        let mut stale = Vec::new();
        for known in tracked.tracked() {
            let wanted = Wanted {
                id: known.latest.id,
                name: known.latest.name.clone(),
            };
            let read = last_read(log, &wanted)
                .await
                .map_err(|error| of_log(&error))?;
            if read.is_none_or(|read| read < since) {
                stale.push(wanted);
            }
        }
        Ok(stale)
    }

    async fn read(&self, wanted: &Wanted, run: &Run) -> Result<(), Failure> {
        let services = ScrapeServices {
            client: self.0.github.clone(),
            publisher: self.0.log.publisher(),
            log: self.0.log.clone(),
            cancellation: run.cancellation().clone(),
        };
        let options = ScrapeOptions {
            since: None,
            enrich: true,
        };
        for one in scrape(std::slice::from_ref(wanted), &services, options).await {
            self.follow(&one).await?;
            let Some(error) = &one.error else { continue };
            let failure = of_scrape(error).at("repository", &wanted.name);
            if failure.severity != Severity::Medium {
                return Err(failure);
            }
            run.leave_out(failure);
        }
        Ok(())
    }

    /// A tracked repository that was renamed stays tracked under its new name.
    async fn follow(&self, one: &ScrapedRepository) -> Result<(), Failure> {
        let found = one.found.as_ref().filter(|found| **found != one.wanted);
        let Some((found, id)) = found.and_then(|found| Some((found, found.id?))) else {
            return Ok(());
        };
        let author = Author {
            actor: "github".to_owned(),
            reason: "the id, or another name, as GitHub's API has it".to_owned(),
            at: self.0.clock.now(),
        };
        follow_rename(&self.0.log, &one.wanted.name, id, &found.name, &author)
            .await
            .map_err(|error| Failure::new(Severity::Low, error))?;
        Ok(())
    }
}

/// When a repository's feed was last read.
async fn last_read(log: &EventLog, wanted: &Wanted) -> Result<Option<DateTime<Utc>>, LogError> {
    let subject = Subject::of_repository_coverage(Source::Api, &wanted.name, "events");
    let last = log.last_on(LogStream::Coverage, &subject).await?;
    Ok(last.and_then(|recorded| match recorded.envelope.event {
        Event::CoverageObserved(observed) => Some(observed.observed_at),
        _ => None,
    }))
}
