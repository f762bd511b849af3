//! Jobs, queues that stand still, and the schedule.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::cursor::InstantCursor;

/// A job as its queue tells it.
#[derive(Clone, Debug)]
pub(crate) struct JobRow {
    pub(crate) job: Uuid,
    pub(crate) name: String,
    pub(crate) queue: String,
    pub(crate) state: String,
    pub(crate) cause: Value,
    pub(crate) arguments: Value,
    pub(crate) attempts: i32,
    pub(crate) attempt: i32,
    pub(crate) worker: Option<String>,
    pub(crate) queued_at: DateTime<Utc>,
    pub(crate) started_at: Option<DateTime<Utc>>,
    pub(crate) heard_at: Option<DateTime<Utc>>,
    pub(crate) again_at: Option<DateTime<Utc>>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
    pub(crate) done: i64,
    pub(crate) total: Option<i64>,
    pub(crate) note: String,
    pub(crate) summary: Option<String>,
    pub(crate) failure: Option<Value>,
    pub(crate) left_out: Value,
    pub(crate) because_of: Option<Uuid>,
}

/// What jobs are wanted; empty texts want all.
#[derive(Clone, Debug, Default)]
pub(crate) struct JobFilter {
    pub(crate) name: String,
    pub(crate) queue: String,
    pub(crate) state: String,
}

/// The jobs after a place, newest first.
pub(crate) async fn list_after(
    connection: &mut PgConnection,
    filter: &JobFilter,
    after: Option<&InstantCursor>,
    limit: i64,
) -> Result<Vec<JobRow>, sqlx::Error> {
    sqlx::query_as!(
        JobRow,
        "SELECT job, name, queue, state, cause, arguments, attempts, attempt, worker, queued_at,
                started_at, heard_at, again_at, ended_at, done, total, note, summary, failure,
                left_out, because_of
         FROM jobs
         WHERE ($1 = '' OR name = $1) AND ($2 = '' OR queue = $2) AND ($3 = '' OR state = $3)
           AND ($4::timestamptz IS NULL
                OR queued_at <= $4 AND (queued_at < $4 OR job > $5))
         ORDER BY queued_at DESC, job
         LIMIT $6",
        filter.name,
        filter.queue,
        filter.state,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(connection)
    .await
}

/// One job.
pub(crate) async fn find(
    connection: &mut PgConnection,
    job: Uuid,
) -> Result<Option<JobRow>, sqlx::Error> {
    sqlx::query_as!(
        JobRow,
        "SELECT job, name, queue, state, cause, arguments, attempts, attempt, worker, queued_at,
                started_at, heard_at, again_at, ended_at, done, total, note, summary, failure,
                left_out, because_of
         FROM jobs WHERE job = $1",
        job,
    )
    .fetch_optional(connection)
    .await
}

/// How many jobs of a queue are in each state.
#[derive(Clone, Debug)]
pub(crate) struct StateCount {
    pub(crate) queue: String,
    pub(crate) state: String,
    pub(crate) jobs: i64,
}

/// How many jobs there are, by queue and state.
pub(crate) async fn count(connection: &mut PgConnection) -> Result<Vec<StateCount>, sqlx::Error> {
    sqlx::query_as!(
        StateCount,
        r#"SELECT queue, state, count(*) AS "jobs!" FROM jobs GROUP BY 1, 2 ORDER BY 1, 2"#
    )
    .fetch_all(connection)
    .await
}

/// A queue that stands still.
#[derive(Clone, Debug)]
pub(crate) struct PausedQueue {
    pub(crate) queue: String,
    pub(crate) actor: String,
    pub(crate) reason: String,
    pub(crate) paused_at: DateTime<Utc>,
}

/// The queues that stand still.
pub(crate) async fn paused(connection: &mut PgConnection) -> Result<Vec<PausedQueue>, sqlx::Error> {
    sqlx::query_as!(
        PausedQueue,
        "SELECT queue, actor, reason, paused_at FROM paused_queues ORDER BY queue"
    )
    .fetch_all(connection)
    .await
}

/// A job's times, and what became of its last run.
#[derive(Clone, Debug)]
pub(crate) struct ScheduleRow {
    pub(crate) job: String,
    pub(crate) definition: Option<Value>,
    pub(crate) next_due_at: Option<DateTime<Utc>>,
    pub(crate) last_trigger: Option<Uuid>,
    pub(crate) last_fired_at: Option<DateTime<Utc>>,
    pub(crate) missed: i64,
    pub(crate) last_state: Option<String>,
}

/// The schedule, by name.
pub(crate) async fn schedule(
    connection: &mut PgConnection,
) -> Result<Vec<ScheduleRow>, sqlx::Error> {
    sqlx::query_as!(
        ScheduleRow,
        r#"SELECT schedule.job, definition, next_due_at, last_trigger, last_fired_at, missed,
                  jobs.state AS "last_state?"
           FROM schedule
           LEFT JOIN jobs ON jobs.job = last_trigger
           ORDER BY schedule.job"#
    )
    .fetch_all(connection)
    .await
}
