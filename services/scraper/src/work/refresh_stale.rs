//! Tracked repositories that were not read for a while, from GitHub's API.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use decisions::tracking::tracking;
use domain::Source;
use domain::jobs::{Failure, JobQueued, Severity};
use event_log::{EventLog, LogError, LogStream};
use events::{Event, Subject};
use jobs::{Done, Handler, Run};

use super::severity::{of_decision, of_log, of_scrape};
use super::{ScrapingParts, hours_before};
use crate::scrape::{ScrapeOptions, ScrapeServices, Wanted, follow_renames, scrape};

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
        let hours = job.number("stale_hours", STALE_HOURS)?;
        let since = hours_before(self.0.clock.now(), hours);
        let stale = self.stale(since).await?;
        let total = stale.len();
        let mut read = 0;
        for (done, wanted) in stale.iter().enumerate() {
            run.progress(done as u64, Some(total as u64), wanted.name.to_string());
            read += u64::from(self.read(wanted, run).await?);
        }
        Ok(Done::new(format!(
            "{read} of {total} stale repositories were read"
        )))
    }
}

impl RefreshStale {
    /// Tracked repositories that were last read before an instant.
    async fn stale(&self, since: DateTime<Utc>) -> Result<Vec<Wanted>, Failure> {
        let log = &self.0.log;
        let tracked = tracking(log).await.map_err(|error| of_decision(&error))?;
        let mut stale = Vec::new();
        for wanted in tracked.tracked().into_iter().map(Wanted::from) {
            let read = last_read(log, &wanted)
                .await
                .map_err(|error| of_log(&error))?;
            if read.is_none_or(|read| read < since) {
                stale.push(wanted);
            }
        }
        Ok(stale)
    }

    /// Reads a repository; whether it could be read to its end. One that could
    /// not is left out, unless none can be read now.
    async fn read(&self, wanted: &Wanted, run: &Run) -> Result<bool, Failure> {
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
        let scraped = scrape(std::slice::from_ref(wanted), &services, options).await;
        follow_renames(&scraped, &self.0.log, self.0.clock.now())
            .await
            .map_err(|error| of_decision(&error))?;
        let Some(error) = scraped.iter().find_map(|one| one.error.as_ref()) else {
            return Ok(true);
        };
        let failure = of_scrape(error).at("repository", &wanted.name);
        if failure.severity != Severity::Medium {
            return Err(failure);
        }
        run.leave_out(failure);
        Ok(false)
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
