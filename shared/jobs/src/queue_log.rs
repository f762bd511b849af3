//! One queue on the log.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::check_words;
use domain::jobs::{
    Cause, Claim, Failure, JobCompleted, JobEntry, JobFailed, JobId, JobQueue, JobQueued,
    JobSkipped, JobStarted, JobState, Owner, Progress, Queue, QueuePaused, QueueResumed,
};
use event_log::{Book, EventLog, LogStream};
use events::{Event, Subject, job_event};
use runtime::Clock;

use crate::JobsError;

/// What became of a job in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It was done.
    Completed(JobCompleted),
    /// It could not be done.
    Failed(JobFailed),
    /// It was not begun, because the same was not done yet.
    Skipped(JobSkipped),
}

/// A queue, as it was read last, and the way to write to it.
#[derive(Clone)]
pub struct QueueLog {
    log: EventLog,
    queue: Queue,
    book: Book<JobQueue>,
    clock: Arc<dyn Clock>,
}

impl QueueLog {
    /// A queue of which nothing was read yet.
    #[must_use]
    pub fn new(log: EventLog, queue: Queue, clock: Arc<dyn Clock>) -> Self {
        let subject = Subject::of_queue(queue);
        Self {
            log,
            queue,
            book: Book::new(LogStream::Jobs, subject, JobQueue::default()),
            clock,
        }
    }

    /// The queue as it was read last.
    #[must_use]
    pub fn state(&self) -> &JobQueue {
        self.book.state()
    }

    /// Which queue it is.
    #[must_use]
    pub fn queue(&self) -> Queue {
        self.queue
    }

    /// Reads what is new.
    ///
    /// # Errors
    /// [`JobsError::Log`].
    pub async fn catch_up(&mut self) -> Result<(), JobsError> {
        Ok(self.book.catch_up(&self.log).await?)
    }

    /// Asks for a job. Asking again under the same id changes nothing.
    ///
    /// # Errors
    /// [`JobsError::Log`]; then it may be asked for, and asking again is safe.
    pub async fn enqueue(&mut self, wanted: &JobQueued) -> Result<(), JobsError> {
        if let Cause::Hand { actor, reason } = &wanted.cause {
            check_words(actor, reason)?;
        }
        self.catch_up().await?;
        let decide = |queue: &JobQueue| Ok(queue.enqueue(wanted.clone()));
        let written = self.write(decide).await?;
        let (job, name) = (wanted.job, &wanted.name);
        match written {
            Some(Event::JobQueued(_)) => tracing::info!(%job, name, "job_queued"),
            Some(Event::JobSkipped(skipped)) => {
                let because_of = skipped.because_of;
                tracing::warn!(%job, name, %because_of, "job_skipped");
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes a job to be done, if there is one and the limit allows.
    ///
    /// # Errors
    /// [`JobsError::Log`].
    pub(crate) async fn claim(
        &mut self,
        claim: &Claim<'_>,
    ) -> Result<Option<JobStarted>, JobsError> {
        loop {
            let clock = Arc::clone(&self.clock);
            let decide = |queue: &JobQueue| Ok(queue.claim(claim, clock.now()));
            match self.write(decide).await? {
                Some(Event::JobStarted(started)) => return Ok(Some(started)),
                // A job whose workers were lost too often: the next one, then.
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }

    /// Keeps a job.
    ///
    /// # Errors
    /// [`JobsError::Lost`] when it is another's, [`JobsError::Log`].
    pub(crate) async fn progress(
        &mut self,
        owner: &Owner,
        progress: Progress,
        note: &str,
        lease: TimeDelta,
    ) -> Result<(), JobsError> {
        let clock = Arc::clone(&self.clock);
        let decide = |queue: &JobQueue| {
            let entry = queue.progress(owner, progress, note, lease, clock.now())?;
            Ok(Some(entry))
        };
        self.write(decide).await?;
        Ok(())
    }

    /// Says that a job is done.
    ///
    /// # Errors
    /// As [`Self::progress`].
    pub(crate) async fn complete(
        &mut self,
        owner: &Owner,
        summary: &str,
        left_out: &[Failure],
    ) -> Result<(), JobsError> {
        let clock = Arc::clone(&self.clock);
        let decide = |queue: &JobQueue| {
            let entry = queue.complete(owner, summary, left_out.to_vec(), clock.now())?;
            Ok(Some(entry))
        };
        self.write(decide).await?;
        Ok(())
    }

    /// Says that a job failed; returns what becomes of it.
    ///
    /// # Errors
    /// As [`Self::progress`].
    pub(crate) async fn fail(
        &mut self,
        owner: &Owner,
        failure: &Failure,
    ) -> Result<Option<Event>, JobsError> {
        let clock = Arc::clone(&self.clock);
        let decide = |queue: &JobQueue| {
            let entry = queue.fail(owner, failure.clone(), clock.now())?;
            Ok(Some(entry))
        };
        self.write(decide).await
    }

    /// Gives a job back, to be done by another.
    ///
    /// # Errors
    /// As [`Self::progress`].
    pub(crate) async fn give_back(&mut self, owner: &Owner) -> Result<(), JobsError> {
        let clock = Arc::clone(&self.clock);
        let decide = |queue: &JobQueue| Ok(Some(queue.give_back(owner, clock.now())?));
        self.write(decide).await?;
        Ok(())
    }

    /// Lets no job of the queue be started any more. Those that run go on.
    ///
    /// # Errors
    /// [`JobsError::Words`], [`JobsError::Log`].
    pub async fn pause(&mut self, actor: &str, reason: &str) -> Result<(), JobsError> {
        check_words(actor, reason)?;
        self.catch_up().await?;
        let (clock, queue) = (Arc::clone(&self.clock), self.queue);
        let decide = |state: &JobQueue| {
            let paused = QueuePaused {
                queue,
                actor: actor.to_owned(),
                reason: reason.to_owned(),
                paused_at: clock.now(),
            };
            Ok(state.paused().is_none().then_some(JobEntry::Paused(paused)))
        };
        self.write(decide).await?;
        Ok(())
    }

    /// Lets jobs of the queue be started again.
    ///
    /// # Errors
    /// [`JobsError::Words`], [`JobsError::Log`].
    pub async fn resume(&mut self, actor: &str, reason: &str) -> Result<(), JobsError> {
        check_words(actor, reason)?;
        self.catch_up().await?;
        let (clock, queue) = (Arc::clone(&self.clock), self.queue);
        let decide = |state: &JobQueue| {
            let resumed = QueueResumed {
                queue,
                actor: actor.to_owned(),
                reason: reason.to_owned(),
                resumed_at: clock.now(),
            };
            Ok(state.paused().map(|_| JobEntry::Resumed(resumed)))
        };
        self.write(decide).await?;
        Ok(())
    }

    /// Waits until a job is finished.
    ///
    /// # Errors
    /// [`JobsError::Unknown`] when nobody asked for it, [`JobsError::Log`].
    pub async fn wait(&mut self, job: JobId) -> Result<Finished, JobsError> {
        let mut said = crate::wake::Wake::on(&self.log);
        loop {
            self.catch_up().await?;
            match self.finished(job) {
                Some(finished) => return Ok(finished),
                None if self.state().knows(job) => said.wait().await,
                None => return Err(JobsError::Unknown(job)),
            }
        }
    }

    fn finished(&self, job: JobId) -> Option<Finished> {
        if let Some(skipped) = self.state().skipped(job) {
            return Some(Finished::Skipped(skipped.clone()));
        }
        match &self.state().job(job)?.state {
            JobState::Completed(completed) => Some(Finished::Completed(completed.clone())),
            JobState::Failed(failed) => Some(Finished::Failed(failed.clone())),
            JobState::Waiting { .. } | JobState::Running { .. } => None,
        }
    }

    async fn write(
        &mut self,
        mut decide: impl FnMut(&JobQueue) -> Result<Option<JobEntry>, JobsError>,
    ) -> Result<Option<Event>, JobsError> {
        let decide = |queue: &JobQueue| Ok(decide(queue)?.map(job_event));
        self.book.write(&self.log, "/jobs", decide).await
    }
}
