//! What operators see of each unit: log lines and metrics.

use std::time::Duration;

use super::{IngestError, IngestReport, UnitOutcome, UnitReport, UnitSummary};

/// Event types that GitHub is known to have. All others count as one, so that
/// no file can bring up any number of time series.
const KNOWN_TYPES: [&str; 18] = [
    "CommitCommentEvent",
    "CreateEvent",
    "DeleteEvent",
    "DiscussionEvent",
    "ForkEvent",
    "GollumEvent",
    "IssueCommentEvent",
    "IssuesEvent",
    "MemberEvent",
    "PublicEvent",
    "PullRequestEvent",
    "PullRequestReviewCommentEvent",
    "PullRequestReviewEvent",
    "PullRequestReviewThreadEvent",
    "PushEvent",
    "ReleaseEvent",
    "SponsorshipEvent",
    "WatchEvent",
];

/// Logs what became of a job.
pub(super) fn observe_job(outcome: &Result<IngestReport, IngestError>) {
    match outcome {
        Ok(report) => tracing::info!(
            units = report.units.len(),
            failed = report.failed().count(),
            events = report.events(),
            contributions = report.contributions(),
            cancelled = report.is_cancelled(),
            "pipeline_completed"
        ),
        Err(error) => tracing::error!(%error, "pipeline_failed"),
    }
}

impl UnitOutcome {
    /// The outcome in one word.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Self::Completed(_) => "completed",
            Self::Skipped => "skipped",
            Self::Failed(_) => "failed",
            Self::Absent(_) => "absent",
            Self::Cancelled => "cancelled",
        }
    }
}

impl UnitReport {
    /// Logs and counts what became of the unit.
    pub(super) fn observe(&self, elapsed: Duration) {
        let unit = &self.name;
        let status = self.outcome.status();
        metrics::counter!("scrape_jobs_total", "status" => status).increment(1);
        metrics::histogram!("scrape_duration_seconds").record(elapsed.as_secs_f64());
        match &self.outcome {
            UnitOutcome::Completed(summary) => summary.observe(unit, elapsed),
            UnitOutcome::Skipped => tracing::info!(%unit, "scrape_skipped"),
            UnitOutcome::Failed(error) => tracing::error!(%unit, %error, "scrape_failed"),
            UnitOutcome::Absent(reason) => tracing::info!(%unit, %reason, "scrape_absent"),
            UnitOutcome::Cancelled => tracing::info!(%unit, "scrape_cancelled"),
        }
    }
}

impl UnitSummary {
    fn observe(&self, unit: &str, elapsed: Duration) {
        for (event_type, count) in &self.coverage.types {
            let known = KNOWN_TYPES.iter().find(|known| **known == event_type);
            let label = known.copied().unwrap_or("other");
            metrics::counter!("scrape_events_processed_total", "event_type" => label)
                .increment(*count);
        }
        for disagreement in &self.disagreements {
            tracing::warn!(%unit, %disagreement, "scrape_manifest_disagrees");
        }
        let coverage = &self.coverage;
        tracing::info!(
            %unit,
            location = %coverage.location,
            events = coverage.events,
            contributions = coverage.contributions,
            damaged = coverage.damaged,
            repaired = self.repaired,
            whole = coverage.whole,
            stored = self.published.stored,
            duplicates = self.published.duplicates,
            seconds = elapsed.as_secs_f64(),
            "scrape_completed"
        );
    }
}
