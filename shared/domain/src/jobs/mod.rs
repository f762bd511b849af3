//! Work that is asked for, and what becomes of it.
//!
//! A queue is what was written down of its jobs, in order. Who wants to work
//! on a job writes down that it is started, for so long; who has gone silent
//! loses it to another. So at any entry no more jobs run than the queue's
//! limit allows, and a job has one worker at a time.

mod backoff;
mod decide;
mod errand;
mod failure;
mod queue;
mod record;
mod state;

pub use backoff::wait_before_retry;
pub use decide::{Claim, JobLost, Owner};
pub use errand::{ANSWER_DISPUTE, REPLAY, RESOLVE_DEAD_LETTERS, SET_BUDGET, errand, is_errand};
pub use failure::{Failure, Severity};
pub use queue::{ParseQueueError, Queue};
pub use record::{
    Cause, JobCompleted, JobFailed, JobId, JobProgressed, JobQueued, JobRetrying, JobReturned,
    JobSkipped, JobStarted, Overlap, QueuePaused, QueueResumed,
};
pub use state::{Job, JobEntry, JobQueue, JobState, Progress, STEPS_REMEMBERED};
