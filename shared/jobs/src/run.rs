//! A job being done: what its handler may ask and say.

use std::sync::{Mutex, PoisonError};

use domain::jobs::{Failure, Progress};
use tokio_util::sync::CancellationToken;

/// Items that are named of those that were left out.
const NAMED: usize = 100;

#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) progress: Progress,
    pub(crate) note: String,
    pub(crate) left_out: Vec<Failure>,
}

/// A job being done.
#[derive(Debug)]
pub struct Run {
    said: Mutex<Said>,
    cancellation: CancellationToken,
}

impl Run {
    /// A run that ends early when the token is cancelled.
    #[must_use]
    pub fn new(cancellation: CancellationToken) -> Self {
        Self {
            said: Mutex::default(),
            cancellation,
        }
    }

    /// Cancelled when the job is to be broken off: because the worker stops, or
    /// because the job is another's.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.cancellation
    }

    /// Says how far the job is. It is written down with the next sign of life.
    pub fn progress(&self, done: u64, total: Option<u64>, note: impl Into<String>) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.progress = Progress { done, total };
        said.note = note.into();
    }

    /// Says that one item cannot be done, and the job goes on without it.
    pub fn leave_out(&self, failure: Failure) {
        tracing::warn!(message = failure.message, context = ?failure.context, "job_item_left_out");
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.left_out.len() < NAMED {
            said.left_out.push(failure);
        }
    }

    pub(crate) fn said(&self) -> (Progress, String) {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        (said.progress, said.note.clone())
    }

    /// The items that were left out so far, a hundred at most.
    #[must_use]
    pub fn left_out(&self) -> Vec<Failure> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.left_out.clone()
    }
}
