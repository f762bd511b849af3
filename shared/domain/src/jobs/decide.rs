//! What may be written down of a queue next.

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use super::{
    Failure, Job, JobCompleted, JobEntry, JobFailed, JobId, JobProgressed, JobQueue, JobQueued,
    JobRetrying, JobReturned, JobSkipped, JobStarted, JobState, Overlap, Progress, Severity,
    wait_before_retry,
};

/// Who works on a job, and since which attempt: what fences off a worker that
/// was silent for too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The job.
    pub job: JobId,
    /// The attempt.
    pub attempt: u32,
    /// The worker.
    pub worker: String,
}

/// What a worker asks for.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// Who asks.
    pub worker: &'a str,
    /// The names of the jobs it can do.
    pub able: &'a [&'a str],
    /// Jobs of the queue that may run at a time, over all workers.
    pub limit: usize,
    /// For how long it may be silent.
    pub lease: TimeDelta,
}

/// A worker was silent for too long: the job is another's, or done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("job {0} is not this worker's any more; it was silent for longer than its lease")]
pub struct JobLost(pub JobId);

impl JobQueue {
    /// What is to be written down of a job that somebody wants; `None` when
    /// that was done before.
    #[must_use]
    pub fn enqueue(&self, wanted: JobQueued) -> Option<JobEntry> {
        if self.knows(wanted.job) {
            return None;
        }
        let unfinished = self.unfinished();
        let same = unfinished.iter().find(|job| job.queued.name == wanted.name);
        match (wanted.overlap, same) {
            (Overlap::Forbidden, Some(same)) => Some(JobEntry::Skipped(JobSkipped {
                job: wanted.job,
                name: wanted.name,
                queue: wanted.queue,
                cause: wanted.cause,
                because_of: same.queued.job,
                skipped_at: wanted.queued_at,
            })),
            _ => Some(JobEntry::Queued(wanted)),
        }
    }

    /// What a worker that is free may write down: that it starts a job, or that
    /// a job failed whose workers went silent too often. `None` when there is
    /// nothing to do, or as much is done as may be.
    #[must_use]
    pub fn claim(&self, claim: &Claim<'_>, now: DateTime<Utc>) -> Option<JobEntry> {
        if self.paused.is_some() || self.running(now) >= claim.limit {
            return None;
        }
        let unfinished = self.unfinished();
        let mut free = unfinished.into_iter().filter(|job| match &job.state {
            JobState::Waiting { not_before } => *not_before <= now,
            JobState::Running { lease_until, .. } => *lease_until <= now,
            JobState::Completed(_) | JobState::Failed(_) => false,
        });
        let job = free.find(|job| claim.able.contains(&job.queued.name.as_str()))?;
        let silent = u32::from(matches!(job.state, JobState::Running { .. }));
        if job.failures + silent >= job.queued.attempts {
            let message = format!(
                "the worker was lost in each of {} attempts",
                job.queued.attempts
            );
            return Some(JobEntry::Failed(
                job.failed(Failure::new(Severity::High, message), now),
            ));
        }
        Some(JobEntry::Started(JobStarted {
            job: job.queued.job,
            queue: job.queued.queue,
            attempt: job.attempt + 1,
            worker: claim.worker.to_owned(),
            started_at: now,
            lease_until: now + claim.lease,
        }))
    }

    /// What a worker writes down to keep its job.
    ///
    /// # Errors
    /// [`JobLost`] when it was silent for too long: its place among the running
    /// may be another's.
    pub fn progress(
        &self,
        owner: &Owner,
        progress: Progress,
        note: &str,
        lease: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<JobEntry, JobLost> {
        let job = self.owned(owner)?;
        if matches!(&job.state, JobState::Running { lease_until, .. } if *lease_until <= now) {
            return Err(JobLost(owner.job));
        }
        Ok(JobEntry::Progressed(JobProgressed {
            job: owner.job,
            queue: job.queued.queue,
            attempt: owner.attempt,
            worker: owner.worker.clone(),
            done: progress.done,
            total: progress.total,
            note: note.to_owned(),
            progressed_at: now,
            lease_until: now + lease,
        }))
    }

    /// What a worker writes down when it has done its job.
    ///
    /// # Errors
    /// [`JobLost`] when another has the job.
    pub fn complete(
        &self,
        owner: &Owner,
        summary: &str,
        left_out: Vec<Failure>,
        now: DateTime<Utc>,
    ) -> Result<JobEntry, JobLost> {
        let job = self.owned(owner)?;
        Ok(JobEntry::Completed(JobCompleted {
            job: owner.job,
            queue: job.queued.queue,
            attempt: owner.attempt,
            summary: summary.to_owned(),
            left_out,
            completed_at: now,
        }))
    }

    /// What a worker writes down when its job failed: that it is tried again,
    /// or that it is not.
    ///
    /// # Errors
    /// [`JobLost`] when another has the job.
    pub fn fail(
        &self,
        owner: &Owner,
        failure: Failure,
        now: DateTime<Utc>,
    ) -> Result<JobEntry, JobLost> {
        let job = self.owned(owner)?;
        let failures = job.failures + 1;
        if failure.severity > Severity::Medium || failures >= job.queued.attempts {
            return Ok(JobEntry::Failed(job.failed(failure, now)));
        }
        let waited = now + wait_before_retry(owner.job, failures);
        let again_at = failure
            .retry_after
            .map_or(waited, |after| after.max(waited));
        Ok(JobEntry::Retrying(JobRetrying {
            job: owner.job,
            queue: job.queued.queue,
            attempt: owner.attempt,
            failure,
            failed_at: now,
            again_at,
        }))
    }

    /// What a worker writes down that has to stop.
    ///
    /// # Errors
    /// [`JobLost`] when another has the job.
    pub fn give_back(&self, owner: &Owner, now: DateTime<Utc>) -> Result<JobEntry, JobLost> {
        let job = self.owned(owner)?;
        Ok(JobEntry::Returned(JobReturned {
            job: owner.job,
            queue: job.queued.queue,
            attempt: owner.attempt,
            returned_at: now,
        }))
    }

    fn owned(&self, owner: &Owner) -> Result<&Job, JobLost> {
        let job = self.jobs.get(&owner.job);
        let mine = job.filter(|job| {
            job.attempt == owner.attempt
                && matches!(&job.state, JobState::Running { worker, .. } if *worker == owner.worker)
        });
        mine.ok_or(JobLost(owner.job))
    }
}

impl Job {
    fn failed(&self, failure: Failure, now: DateTime<Utc>) -> JobFailed {
        JobFailed {
            job: self.queued.job,
            name: self.queued.name.clone(),
            queue: self.queued.queue,
            attempt: self.attempt,
            failure,
            failed_at: now,
        }
    }
}
