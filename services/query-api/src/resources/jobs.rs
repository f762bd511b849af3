//! Jobs and the schedule as they are answered.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::cursor::{InstantCursor, List};
use crate::problem::Problem;
use crate::queries::jobs::{self, JobFilter, JobRow, PausedQueue, ScheduleRow};
use crate::queries::snapshot::Snapshot;

/// A page of jobs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Jobs {
    /// The jobs, newest first.
    pub(crate) jobs: Vec<Job>,
    /// How many there are, and queues that stand still.
    pub(crate) meta: JobsMeta,
}

/// One job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobAnswer {
    /// The job.
    pub(crate) job: Job,
}

/// One run of a job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Job {
    /// Its id.
    pub(crate) id: Uuid,
    /// What is done.
    #[schema(example = "refresh-stale")]
    pub(crate) name: String,
    /// Its queue.
    #[schema(example = "scraping")]
    pub(crate) queue: String,
    /// `waiting`, `running`, `retrying`, `completed`, `failed` or `skipped`.
    #[schema(example = "completed")]
    pub(crate) state: String,
    /// Why it was asked for.
    #[schema(value_type = Object, example = json!({"cause": "schedule", "due_at": "2026-11-01T06:00:00Z", "missed": 0}))]
    pub(crate) cause: Value,
    /// What it is done with.
    #[schema(value_type = Object)]
    pub(crate) arguments: Value,
    /// The present attempt, from 1; 0 before the first.
    pub(crate) attempt: i32,
    /// How often it is tried at most.
    pub(crate) attempts: i32,
    /// Who does it, or did.
    pub(crate) worker: Option<String>,
    /// When it was asked for.
    pub(crate) queued_at: DateTime<Utc>,
    /// When the present attempt began.
    pub(crate) started_at: Option<DateTime<Utc>>,
    /// The last sign of life.
    pub(crate) heard_at: Option<DateTime<Utc>>,
    /// When it is tried again at the earliest.
    pub(crate) again_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub(crate) ended_at: Option<DateTime<Utc>>,
    /// Items done.
    pub(crate) done: i64,
    /// Items in all, where that is known.
    pub(crate) total: Option<i64>,
    /// What it is at.
    #[schema(example = "3 of 12 repositories are read")]
    pub(crate) note: String,
    /// What was done, in a sentence.
    pub(crate) summary: Option<String>,
    /// What went wrong last.
    #[schema(value_type = Option<Object>)]
    pub(crate) failure: Option<Value>,
    /// Items that could not be done.
    #[schema(value_type = Vec<Object>)]
    pub(crate) left_out: Value,
    /// The run because of which it was skipped.
    pub(crate) because_of: Option<Uuid>,
}

/// How many jobs there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobsMeta {
    /// Number by queue and state.
    #[schema(example = json!({"scraping": {"completed": 12, "running": 1}}))]
    pub(crate) totals: BTreeMap<String, BTreeMap<String, i64>>,
    /// Queues that stand still.
    pub(crate) paused: Vec<Paused>,
    /// The `cursor` of the next page; null on the last.
    pub(crate) next_cursor: Option<String>,
}

/// A queue that stands still.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Paused {
    /// The queue.
    #[schema(example = "scraping")]
    pub(crate) queue: String,
    /// Who decided; of a critical failure the job.
    #[schema(example = "ann")]
    pub(crate) actor: String,
    /// Why.
    #[schema(example = "GitHub is being asked too often")]
    pub(crate) reason: String,
    /// Since when.
    pub(crate) paused_at: DateTime<Utc>,
}

/// When every job is due.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScheduleAnswer {
    /// The jobs, by name.
    pub(crate) schedule: Vec<ScheduledJob>,
}

/// When a job is due.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScheduledJob {
    /// The job.
    #[schema(example = "refresh-stale")]
    pub(crate) name: String,
    /// When and how it is done: cron expression, time zone, jitter, rules.
    #[schema(value_type = Option<Object>)]
    pub(crate) definition: Option<Value>,
    /// When it is due next.
    pub(crate) next_due_at: Option<DateTime<Utc>>,
    /// When it was last asked for.
    pub(crate) last_fired_at: Option<DateTime<Utc>>,
    /// The run that came of that.
    pub(crate) last_job: Option<Uuid>,
    /// What became of it; see jobs.
    pub(crate) last_state: Option<String>,
    /// Due times that nobody was there for, and that were not caught up.
    pub(crate) missed: i64,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.job,
            name: row.name,
            queue: row.queue,
            state: row.state,
            cause: row.cause,
            arguments: row.arguments,
            attempt: row.attempt,
            attempts: row.attempts,
            worker: row.worker,
            queued_at: row.queued_at,
            started_at: row.started_at,
            heard_at: row.heard_at,
            again_at: row.again_at,
            ended_at: row.ended_at,
            done: row.done,
            total: row.total,
            note: row.note,
            summary: row.summary,
            failure: row.failure,
            left_out: row.left_out,
            because_of: row.because_of,
        }
    }
}

impl From<PausedQueue> for Paused {
    fn from(row: PausedQueue) -> Self {
        Self {
            queue: row.queue,
            actor: row.actor,
            reason: row.reason,
            paused_at: row.paused_at,
        }
    }
}

impl From<ScheduleRow> for ScheduledJob {
    fn from(row: ScheduleRow) -> Self {
        Self {
            name: row.job,
            definition: row.definition,
            next_due_at: row.next_due_at,
            last_fired_at: row.last_fired_at,
            last_job: row.last_trigger,
            last_state: row.last_state,
            missed: row.missed,
        }
    }
}

/// Loads a page of jobs.
pub(crate) async fn load_jobs(
    snapshot: &mut Snapshot,
    filter: &JobFilter,
    after: Option<&InstantCursor>,
    limit: u32,
) -> Result<Jobs, Problem> {
    let connection = snapshot.connection();
    let mut rows = jobs::list_after(connection, filter, after, i64::from(limit) + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = rows.last().filter(|_| more).map(|row| {
        let (at, id) = (row.queued_at, row.job);
        Jobs::cursor_after(&InstantCursor { at, id })
    });
    let mut totals: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for count in jobs::count(connection).await? {
        let queue = totals.entry(count.queue).or_default();
        queue.insert(count.state, count.jobs);
    }
    let paused = jobs::paused(connection).await?;
    Ok(Jobs {
        jobs: rows.into_iter().map(Job::from).collect(),
        meta: JobsMeta {
            totals,
            paused: paused.into_iter().map(Paused::from).collect(),
            next_cursor,
        },
    })
}

/// Loads one job.
pub(crate) async fn load_job(snapshot: &mut Snapshot, id: Uuid) -> Result<JobAnswer, Problem> {
    let found = jobs::find(snapshot.connection(), id).await?;
    let row = found.ok_or_else(|| {
        Problem::not_found(format!(
            "There is no job {id}; see /api/v1/jobs for those there are"
        ))
    })?;
    Ok(JobAnswer { job: row.into() })
}

/// Loads the schedule.
pub(crate) async fn load_schedule(snapshot: &mut Snapshot) -> Result<ScheduleAnswer, Problem> {
    let rows = jobs::schedule(snapshot.connection()).await?;
    Ok(ScheduleAnswer {
        schedule: rows.into_iter().map(ScheduledJob::from).collect(),
    })
}
