//! The scraper's jobs: what is read by the schedule, or when somebody asks.

mod answer_dispute;
mod bigquery;
mod circuit_changes;
mod read_archive;
mod read_bigquery;
mod refresh_stale;
mod repair_coverage;
mod resolve_dead_letters;
mod set_budget;
mod severity;

use std::sync::Arc;

use ::bigquery::BigQuerySettings;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use event_log::EventLog;
use jobs::Handler;
use runtime::{CircuitBreaker, Clock};

use crate::repair::Comparison;
use crate::sources::archive::ArchiveBases;
use crate::sources::github::GithubClient;

pub use answer_dispute::AnswerDispute;
pub use circuit_changes::publish_circuit_changes;
pub use read_archive::ReadArchive;
pub use read_bigquery::ReadBigQuery;
pub use refresh_stale::RefreshStale;
pub use repair_coverage::RepairCoverage;
pub use resolve_dead_letters::ResolveDeadLetters;
pub use set_budget::SetBudget;

/// What the scraper's jobs need from the rest of the system.
#[derive(Clone)]
pub struct ScrapingParts {
    /// The log.
    pub log: EventLog,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
    /// GitHub; kept from job to job, for it remembers what it was answered.
    pub github: Arc<GithubClient>,
    /// Where hours of the archive are.
    pub archives: ArchiveBases,
    /// How BigQuery is reached, where somebody pays for it.
    pub bigquery: Option<BigQuerySettings>,
    /// Whether it may be asked; kept from job to job, for failures add up.
    pub bigquery_circuit: Arc<CircuitBreaker>,
    /// The first day that is read there.
    pub floor: Option<NaiveDate>,
    /// Who tells what sources lack by comparison with others; `None`: nobody.
    pub comparison: Option<Comparison>,
}

/// So many hours before an instant; the beginning of the Unix epoch, before all
/// archives, where that is before any calendar.
fn hours_before(instant: DateTime<Utc>, hours: u32) -> DateTime<Utc> {
    let before = instant.checked_sub_signed(TimeDelta::hours(hours.into()));
    before.unwrap_or(DateTime::UNIX_EPOCH)
}

/// What does the scraper's jobs.
#[must_use]
pub fn handlers(parts: &ScrapingParts) -> Vec<Arc<dyn Handler>> {
    begin_counting();
    vec![
        Arc::new(AnswerDispute(parts.clone())),
        Arc::new(RefreshStale(parts.clone())),
        Arc::new(RepairCoverage(parts.clone())),
        Arc::new(ReadArchive(parts.clone())),
        Arc::new(ReadBigQuery(parts.clone())),
        Arc::new(SetBudget(parts.clone())),
    ]
}

/// Counts none of what alerts and dashboards ask the growth of: the first of
/// something is seen as a change only if there was none before.
fn begin_counting() {
    for status in ["completed", "failed"] {
        metrics::counter!("scrape_jobs_total", "status" => status).increment(0);
    }
    metrics::counter!("dead_letters_total", "service" => "scraper").increment(0);
    metrics::counter!("bigquery_bytes_billed_total").increment(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_of_hours_is_too_many() {
        let now = "2026-11-26T18:30:00Z".parse().unwrap();
        let before: DateTime<Utc> = "2026-11-25T18:30:00Z".parse().unwrap();
        assert_eq!(hours_before(now, 24), before);
        assert_eq!(hours_before(now, u32::MAX), DateTime::UNIX_EPOCH);
    }
}
