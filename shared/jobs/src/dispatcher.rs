//! Asking for a job by its name.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::jobs::{Cause, JobId, JobQueued, errand};
use domain::schedule::Times;
use event_log::{Book, EventLog, LogError, LogStream};
use events::Subject;
use runtime::Clock;
use thiserror::Error;
use uuid::Uuid;

use crate::{JobsError, QueueLog};

/// Why a job was not asked for.
#[derive(Debug, Error)]
pub enum DispatchError {
    /// Neither is it an errand, nor did a scheduler ever say when it is due.
    #[error(
        "there is no job {0:?}; GET /api/v1/schedule and `leaderboard job list` show those there are"
    )]
    Unknown(String),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The queue cannot be written to.
    #[error(transparent)]
    Queue(#[from] JobsError),
}

/// Asks for jobs of the schedule as schedulers have defined them, and for
/// errands, which no schedule has. It says nothing of due times, so it needs no
/// right to.
#[derive(Clone)]
pub struct Dispatcher {
    log: EventLog,
    clock: Arc<dyn Clock>,
}

impl Dispatcher {
    /// Asks for jobs on a log.
    #[must_use]
    pub fn new(log: EventLog, clock: Arc<dyn Clock>) -> Self {
        Self { log, clock }
    }

    /// Asks for a job now; returns the run that comes of it.
    ///
    /// # Errors
    /// [`DispatchError`]; when the queue cannot be written to it may be asked
    /// for.
    pub async fn dispatch(
        &self,
        name: &str,
        arguments: &BTreeMap<String, String>,
        cause: Cause,
    ) -> Result<JobId, DispatchError> {
        let wanted = match errand(name, arguments.clone(), cause.clone(), self.clock.now()) {
            Some(errand) => errand,
            None => self.of_schedule(name, arguments, cause).await?,
        };
        let mut queue = QueueLog::new(self.log.clone(), wanted.queue, Arc::clone(&self.clock));
        queue.enqueue(&wanted).await?;
        Ok(wanted.job)
    }

    async fn of_schedule(
        &self,
        name: &str,
        arguments: &BTreeMap<String, String>,
        cause: Cause,
    ) -> Result<JobQueued, DispatchError> {
        let subject = Subject::of_schedule(name);
        let mut book = Book::new(LogStream::Schedule, subject, Times::default());
        book.catch_up(&self.log).await?;
        let defined = book.state().defined.as_ref();
        let unknown = || DispatchError::Unknown(name.to_owned());
        let schedule = &defined.ok_or_else(unknown)?.schedule;
        let mut all = schedule.arguments.clone();
        all.extend(arguments.clone());
        Ok(JobQueued {
            job: Uuid::now_v7(),
            name: schedule.name.clone(),
            queue: schedule.queue,
            cause,
            arguments: all,
            attempts: schedule.attempts,
            time_limit: schedule.time_limit,
            overlap: schedule.overlap,
            queued_at: self.clock.now(),
        })
    }
}
