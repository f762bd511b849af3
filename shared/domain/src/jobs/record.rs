//! What is written down of jobs: the data of the events of a queue.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Failure, Queue, Severity};

/// Names one run of a job.
pub type JobId = Uuid;

/// Why a job is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// The schedule says so.
    Schedule {
        /// When it was due, in UTC.
        due_at: DateTime<Utc>,
        /// Earlier due times that nobody was there for, and that this one
        /// stands for.
        missed: u32,
    },
    /// Somebody wants it now.
    Hand {
        /// Who.
        actor: String,
        /// Why.
        reason: String,
    },
    /// It failed before, and somebody wants it tried again.
    Redrive {
        /// The dead letter of the job that failed.
        letter: Uuid,
        /// Who.
        actor: String,
        /// Why.
        reason: String,
    },
}

impl Cause {
    /// Who wants it, and why.
    #[must_use]
    pub fn author(&self) -> (&str, &str) {
        match self {
            Self::Schedule { .. } => ("schedule", ""),
            Self::Hand { actor, reason } | Self::Redrive { actor, reason, .. } => (actor, reason),
        }
    }
}

/// Whether a job may be done while the same is done already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// It is skipped while another of its name waits or runs.
    #[default]
    Forbidden,
    /// It may.
    Allowed,
}

/// `job.queued`, version 1: something is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobQueued {
    /// Names this run.
    pub job: JobId,
    /// What is to be done, such as `refresh-stale`.
    pub name: String,
    /// The queue.
    pub queue: Queue,
    /// Why.
    pub cause: Cause,
    /// What to do it with, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, String>,
    /// How often it is tried at most.
    pub attempts: u32,
    /// How long one attempt may take, in seconds.
    pub time_limit: u32,
    /// Whether it may be done while the same is done already.
    pub overlap: Overlap,
    /// When, in UTC.
    pub queued_at: DateTime<Utc>,
}

impl JobQueued {
    /// A whole number among the arguments; `usual` where none is given.
    ///
    /// # Errors
    /// A [`Failure`] for good that names the argument, when it is something
    /// else.
    pub fn number(&self, name: &str, usual: u32) -> Result<u32, Failure> {
        let Some(text) = self.arguments.get(name) else {
            return Ok(usual);
        };
        text.parse().map_err(|_| {
            let message = format!("{name} must be a whole number, not {text:?}");
            Failure::new(Severity::High, message)
        })
    }
}

/// `job.skipped`, version 1: something is not done, because the same waits or
/// runs already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobSkipped {
    /// What would have been the run.
    pub job: JobId,
    /// What would have been done.
    pub name: String,
    /// The queue.
    pub queue: Queue,
    /// Why it would have been.
    pub cause: Cause,
    /// The run that is not done yet.
    pub because_of: JobId,
    /// When, in UTC.
    pub skipped_at: DateTime<Utc>,
}

/// `job.started`, version 1: a worker does it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobStarted {
    /// The run.
    pub job: JobId,
    /// The queue.
    pub queue: Queue,
    /// The how manyth time, from 1.
    pub attempt: u32,
    /// Who does it.
    pub worker: String,
    /// When, in UTC.
    pub started_at: DateTime<Utc>,
    /// From when on another may take it, unless something is heard before.
    pub lease_until: DateTime<Utc>,
}

/// `job.progressed`, version 1: the worker is still at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobProgressed {
    /// The run.
    pub job: JobId,
    /// The queue.
    pub queue: Queue,
    /// The attempt.
    pub attempt: u32,
    /// Who does it.
    pub worker: String,
    /// Items done.
    pub done: u64,
    /// Items in all, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// What it is at.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// When, in UTC.
    pub progressed_at: DateTime<Utc>,
    /// From when on another may take it.
    pub lease_until: DateTime<Utc>,
}

/// `job.retrying`, version 1: it failed for a reason that may pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobRetrying {
    /// The run.
    pub job: JobId,
    /// The queue.
    pub queue: Queue,
    /// The attempt that failed.
    pub attempt: u32,
    /// What went wrong.
    pub failure: Failure,
    /// When it failed, in UTC.
    pub failed_at: DateTime<Utc>,
    /// When it is tried again at the earliest.
    pub again_at: DateTime<Utc>,
}

/// `job.returned`, version 1: the worker was told to stop; another may do it
/// at once. It does not count as a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobReturned {
    /// The run.
    pub job: JobId,
    /// The queue.
    pub queue: Queue,
    /// The attempt that was broken off.
    pub attempt: u32,
    /// When, in UTC.
    pub returned_at: DateTime<Utc>,
}

/// `job.completed`, version 1: it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobCompleted {
    /// The run.
    pub job: JobId,
    /// The queue.
    pub queue: Queue,
    /// The attempt that did it.
    pub attempt: u32,
    /// What was done, in a sentence.
    pub summary: String,
    /// Items that could not be done, a hundred at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Failure>,
    /// When, in UTC.
    pub completed_at: DateTime<Utc>,
}

/// `job.failed`, version 1: it cannot be done, or was tried often enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobFailed {
    /// The run.
    pub job: JobId,
    /// What was to be done.
    pub name: String,
    /// The queue.
    pub queue: Queue,
    /// The attempt that failed.
    pub attempt: u32,
    /// What went wrong.
    pub failure: Failure,
    /// When, in UTC.
    pub failed_at: DateTime<Utc>,
}

/// `queue.paused`, version 1: no job of a queue is started any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueuePaused {
    /// The queue.
    pub queue: Queue,
    /// Who decided; of a critical failure the job.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When, in UTC.
    pub paused_at: DateTime<Utc>,
}

/// `queue.resumed`, version 1: jobs of a queue are started again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueueResumed {
    /// The queue.
    pub queue: Queue,
    /// Who decided.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When, in UTC.
    pub resumed_at: DateTime<Utc>,
}
