//! What can go wrong with the schedule.

use event_log::LogError;
use jobs::JobsError;
use thiserror::Error;

use crate::CalendarError;

/// Why the schedule could not be kept.
#[derive(Debug, Error)]
pub enum SchedulerError {
    /// The log cannot be read or written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A job cannot be asked for.
    #[error(transparent)]
    Jobs(#[from] JobsError),
    /// A definition on the log cannot be kept.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// There is no such job.
    #[error("there is no job {0:?}; `leaderboard job list` shows those there are")]
    Unknown(String),
}
