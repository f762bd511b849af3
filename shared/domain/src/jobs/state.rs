//! A queue as its entries make it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    JobCompleted, JobFailed, JobId, JobProgressed, JobQueued, JobRetrying, JobReturned, JobSkipped,
    JobStarted, QueuePaused, QueueResumed, Severity,
};

/// One entry of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum JobEntry {
    /// Something is to be done.
    Queued(JobQueued),
    /// Something is not done, because the same is not done yet.
    Skipped(JobSkipped),
    /// A worker does it.
    Started(JobStarted),
    /// The worker is still at it.
    Progressed(JobProgressed),
    /// It failed, and is tried again.
    Retrying(JobRetrying),
    /// The worker had to stop.
    Returned(JobReturned),
    /// It is done.
    Completed(JobCompleted),
    /// It cannot be done.
    Failed(JobFailed),
    /// No job is started any more.
    Paused(QueuePaused),
    /// Jobs are started again.
    Resumed(QueueResumed),
}

/// Messages about jobs, up to the last one read, whose steps read models
/// remember for those who follow along.
pub const STEPS_REMEMBERED: i64 = 10_000;

impl JobEntry {
    /// The job that it is a step of, and when; none of what is about a whole
    /// queue.
    #[must_use]
    pub fn step(&self) -> Option<(JobId, DateTime<Utc>)> {
        match self {
            Self::Queued(step) => Some((step.job, step.queued_at)),
            Self::Skipped(step) => Some((step.job, step.skipped_at)),
            Self::Started(step) => Some((step.job, step.started_at)),
            Self::Progressed(step) => Some((step.job, step.progressed_at)),
            Self::Retrying(step) => Some((step.job, step.failed_at)),
            Self::Returned(step) => Some((step.job, step.returned_at)),
            Self::Completed(step) => Some((step.job, step.completed_at)),
            Self::Failed(step) => Some((step.job, step.failed_at)),
            Self::Paused(_) | Self::Resumed(_) => None,
        }
    }
}

/// How far a job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Items done.
    pub done: u64,
    /// Items in all, where that is known.
    pub total: Option<u64>,
}

/// What a job is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It waits for a worker, until then at least.
    Waiting {
        /// When it may be started at the earliest.
        not_before: DateTime<Utc>,
    },
    /// A worker does it.
    Running {
        /// Who.
        worker: String,
        /// From when on another may take it.
        lease_until: DateTime<Utc>,
        /// How far it is.
        progress: Progress,
    },
    /// It is done.
    Completed(JobCompleted),
    /// It cannot be done.
    Failed(JobFailed),
}

/// A job as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What is to be done.
    pub queued: JobQueued,
    /// Its place among the jobs of its queue.
    pub place: u64,
    /// Attempts begun.
    pub attempt: u32,
    /// Attempts that failed, or whose worker went silent.
    pub failures: u32,
    /// What it is doing.
    pub state: JobState,
}

impl Job {
    /// Whether nothing more will become of it.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self.state, JobState::Completed(_) | JobState::Failed(_))
    }
}

/// A queue as its entries make it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobQueue {
    pub(super) jobs: BTreeMap<JobId, Job>,
    skipped: BTreeMap<JobId, JobSkipped>,
    pub(super) paused: Option<QueuePaused>,
    /// When it was last let go on.
    resumed_at: Option<DateTime<Utc>>,
    next_place: u64,
}

impl JobQueue {
    /// A job by its id.
    #[must_use]
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.get(&id)
    }

    /// Why a run was not done at all.
    #[must_use]
    pub fn skipped(&self, id: JobId) -> Option<&JobSkipped> {
        self.skipped.get(&id)
    }

    /// Whether it was decided on a run before.
    #[must_use]
    pub fn knows(&self, id: JobId) -> bool {
        self.jobs.contains_key(&id) || self.skipped.contains_key(&id)
    }

    /// Jobs that are not finished, in their order.
    #[must_use]
    pub fn unfinished(&self) -> Vec<&Job> {
        let mut jobs: Vec<_> = self
            .jobs
            .values()
            .filter(|job| !job.is_finished())
            .collect();
        jobs.sort_by_key(|job| job.place);
        jobs
    }

    /// Why no job is started, if so.
    #[must_use]
    pub fn paused(&self) -> Option<&QueuePaused> {
        self.paused.as_ref()
    }

    /// Jobs with a worker that is not silent for too long.
    #[must_use]
    pub fn running(&self, now: DateTime<Utc>) -> usize {
        let is_running = |job: &&Job| matches!(&job.state, JobState::Running { lease_until, .. } if *lease_until > now);
        self.jobs.values().filter(is_running).count()
    }

    /// When something may be started or taken over next; the past if at once.
    #[must_use]
    pub fn next_change(&self) -> Option<DateTime<Utc>> {
        let when = |job: &Job| match &job.state {
            JobState::Waiting { not_before } => Some(*not_before),
            JobState::Running { lease_until, .. } => Some(*lease_until),
            JobState::Completed(_) | JobState::Failed(_) => None,
        };
        self.jobs.values().filter_map(when).min()
    }

    /// Takes an entry in. Entries that cannot be, such as the end of a job that
    /// nobody asked for, change nothing.
    pub fn apply(&mut self, entry: &JobEntry) {
        match entry {
            JobEntry::Queued(queued) => self.add(queued),
            JobEntry::Skipped(skipped) => _ = self.skipped.insert(skipped.job, skipped.clone()),
            JobEntry::Started(started) => self.change(started.job, |job| {
                job.failures += u32::from(matches!(job.state, JobState::Running { .. }));
                job.attempt = started.attempt;
                job.state = JobState::Running {
                    worker: started.worker.clone(),
                    lease_until: started.lease_until,
                    progress: Progress::default(),
                };
            }),
            JobEntry::Progressed(progressed) => self.change(progressed.job, |job| {
                job.state = JobState::Running {
                    worker: progressed.worker.clone(),
                    lease_until: progressed.lease_until,
                    progress: Progress {
                        done: progressed.done,
                        total: progressed.total,
                    },
                };
            }),
            JobEntry::Retrying(retrying) => self.change(retrying.job, |job| {
                job.failures += 1;
                job.state = JobState::Waiting {
                    not_before: retrying.again_at,
                };
            }),
            JobEntry::Returned(returned) => self.change(returned.job, |job| {
                job.state = JobState::Waiting {
                    not_before: returned.returned_at,
                };
            }),
            JobEntry::Completed(completed) => self.change(completed.job, |job| {
                job.state = JobState::Completed(completed.clone());
            }),
            JobEntry::Failed(failed) => {
                self.change(failed.job, |job| {
                    job.state = JobState::Failed(failed.clone());
                });
                self.stop_if_critical(failed);
            }
            JobEntry::Paused(paused) => self.paused = Some(paused.clone()),
            JobEntry::Resumed(resumed) => {
                self.paused = None;
                self.resumed_at = self.resumed_at.max(Some(resumed.resumed_at));
            }
        }
    }

    /// After a critical failure the queue stands still, without another word, until it is
    /// let go on. That may be before the failure is told of once more.
    fn stop_if_critical(&mut self, failed: &JobFailed) {
        let is_news = self
            .resumed_at
            .is_none_or(|resumed| resumed < failed.failed_at);
        if failed.failure.severity == Severity::Critical && is_news && self.paused.is_none() {
            self.paused = Some(QueuePaused {
                queue: failed.queue,
                actor: format!("job {}", failed.name),
                reason: failed.failure.message.clone(),
                paused_at: failed.failed_at,
            });
        }
    }

    fn add(&mut self, queued: &JobQueued) {
        let place = self.next_place;
        self.next_place += 1;
        self.jobs.entry(queued.job).or_insert_with(|| Job {
            queued: queued.clone(),
            place,
            attempt: 0,
            failures: 0,
            state: JobState::Waiting {
                not_before: queued.queued_at,
            },
        });
    }

    fn change(&mut self, id: JobId, change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.jobs.get_mut(&id).filter(|job| !job.is_finished()) {
            change(job);
        }
    }
}
