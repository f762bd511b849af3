//! The reporter: tells people how things stand, and what failed.
//!
//! Its jobs read the log and nothing else. A report of a day is an event that
//! is made once; whoever wants it elsewhere is sent it from there.

mod delivery;
mod notices;
mod reports;

use std::sync::Arc;

use event_log::EventLog;
use jobs::Handler;
use runtime::Clock;

pub use delivery::Webhook;
pub use notices::{Issues, TellFailures};
pub use reports::{BudgetReport, PipelineSummary};

/// What the reporter's jobs need from the rest of the system.
#[derive(Clone)]
pub struct ReporterParts {
    /// The log.
    pub log: EventLog,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
    /// Where reports are sent, too.
    pub webhook: Option<Webhook>,
    /// Where failures are told.
    pub issues: Option<Issues>,
}

/// What does the reporter's jobs.
#[must_use]
pub fn handlers(parts: &ReporterParts) -> Vec<Arc<dyn Handler>> {
    vec![
        Arc::new(BudgetReport(parts.clone())),
        Arc::new(PipelineSummary(parts.clone())),
        Arc::new(TellFailures::new(parts.clone())),
    ]
}
