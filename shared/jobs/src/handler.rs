//! What knows how to do a job.

use async_trait::async_trait;
use domain::jobs::{Failure, JobQueued};

use crate::Run;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// In a sentence.
    pub summary: String,
}

impl Done {
    /// Something was done.
    #[must_use]
    pub fn new(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
        }
    }
}

/// Knows how to do the jobs of one name. It does everything that is due since
/// it last succeeded, and may be broken off and begun again at any instant.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// The name of the jobs.
    fn name(&self) -> &'static str;

    /// Does one. It should stop soon when the run is cancelled.
    ///
    /// # Errors
    /// The [`Failure`], whose severity says what is done about it. What only
    /// concerns one item is left out ([`Run::leave_out`]) instead.
    async fn run(&self, job: &JobQueued, run: &Run) -> Result<Done, Failure>;
}
