//! How bad it is when a source cannot be read.

use bigquery::BigQueryError;
use decisions::DecisionError;
use domain::jobs::{Failure, Severity};
use event_log::LogError;

use crate::ingest::IngestError;
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

/// Of what is tracked.
pub(super) fn of_decision(error: &DecisionError) -> Failure {
    match error {
        DecisionError::Log(log) => of_log(log),
        DecisionError::Contested => Failure::new(Severity::Low, error),
        // Trying again makes no other decision of it.
        _ => Failure::new(Severity::High, error),
    }
}

/// Of files of an archive.
pub(super) fn of_ingest(error: &IngestError) -> Failure {
    match error {
        IngestError::Log(log) => of_log(log),
        IngestError::Encode(_) | IngestError::Fetch(_) => Failure::new(Severity::High, error),
    }
}

/// Of a repository that GitHub's API was asked for.
pub(super) fn of_scrape(error: &ScrapeError) -> Failure {
    match error {
        ScrapeError::Github(github) if github.until().is_some() => {
            Failure::new(Severity::Low, error).not_before(github.until())
        }
        ScrapeError::Log(log) => of_log(log),
        ScrapeError::Decision(error) => of_decision(error),
        ScrapeError::Cancelled => Failure::new(Severity::Low, error),
        _ => Failure::new(Severity::Medium, error),
    }
}

/// Of a day of BigQuery's tables.
pub(super) fn of_pass(error: &PassError) -> Failure {
    let severity = match error {
        PassError::BigQuery(error) if error.is_transient() => Severity::Low,
        // A table that is late, or that nobody ever made, is no reason to leave
        // out the days after it.
        PassError::BigQuery(BigQueryError::NotFound(_)) => Severity::Medium,
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
