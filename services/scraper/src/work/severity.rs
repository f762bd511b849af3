//! How bad it is when a source cannot be read.

use domain::jobs::{Failure, JobQueued, Severity};
use event_log::LogError;

use crate::passes::PassError;
use crate::scrape::ScrapeError;

/// Of the log: it may be back soon, or a message on it cannot be read.
pub(super) fn of_log(error: &LogError) -> Failure {
    let severity = if error.is_transient() {
        Severity::Low
    } else {
        Severity::High
    };
    Failure::new(severity, error)
}

/// Of a repository that GitHub's API was asked for.
pub(super) fn of_scrape(error: &ScrapeError) -> Failure {
    match error {
        ScrapeError::Github(github) if github.until().is_some() => {
            Failure::new(Severity::Low, error).not_before(github.until())
        }
        ScrapeError::Log(log) => of_log(log),
        ScrapeError::Cancelled => Failure::new(Severity::Low, error),
        _ => Failure::new(Severity::Medium, error),
    }
}

/// Of a day of BigQuery's tables.
pub(super) fn of_pass(error: &PassError) -> Failure {
    let severity = match error {
        PassError::BigQuery(error) if error.is_transient() => Severity::Low,
        PassError::CircuitOpen(until) => {
            return Failure::new(Severity::Low, error).not_before(Some(*until));
        }
        PassError::Log(log) => return of_log(log),
        PassError::Cancelled => Severity::Low,
        PassError::Failed { .. } => Severity::Medium,
        // What the budget does not allow is not asked for again by itself.
        PassError::BigQuery(_)
        | PassError::Budget(_)
        | PassError::Refused(_)
        | PassError::Encode(_) => Severity::High,
    };
    Failure::new(severity, error)
}

/// A whole number among the arguments of a job.
pub(super) fn number(job: &JobQueued, name: &str, usual: u32) -> Result<u32, Failure> {
    let Some(text) = job.arguments.get(name) else {
        return Ok(usual);
    };
    text.parse().map_err(|_| {
        let message = format!("{name} must be a whole number, not {text:?}");
        Failure::new(Severity::High, message)
    })
}
