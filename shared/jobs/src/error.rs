//! What can go wrong with queues.

use domain::WordsFault;
use domain::jobs::{JobId, JobLost};
use event_log::LogError;
use thiserror::Error;

/// Why a step of a job could not be written down.
#[derive(Debug, Error)]
pub enum JobsError {
    /// The log cannot be read or written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The job is another worker's.
    #[error(transparent)]
    Lost(#[from] JobLost),
    /// Words of whoever asks for something that cannot be kept.
    #[error(transparent)]
    Words(#[from] WordsFault),
    /// Nothing is known of a job.
    #[error("there is no job {0}")]
    Unknown(JobId),
}
