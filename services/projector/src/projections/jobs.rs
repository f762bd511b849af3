//! What became of jobs, and whom those who do them leave alone.

use chrono::{DateTime, Utc};
use domain::jobs::{
    JobCompleted, JobEntry, JobFailed, JobProgressed, JobQueued, JobRetrying, JobReturned,
    JobSkipped, JobStarted, QueuePaused, Severity,
};
use event_log::{Delivered, LogStream};
use events::{CircuitChanged, Event, job_entry};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Projection, Unreadable, circuits, job_steps, json, queues, read_events};
use crate::ProjectionError;

/// Namespace of the ids of dead letters of jobs.
const LETTERS: Uuid = Uuid::from_u128(0x8c1e_50a9_2d63_5f07_b4f1_7e2a_90d8_36cb);

/// What is said on the stream of jobs.
pub enum Said {
    /// What became of a job, or of a queue.
    Step(JobEntry),
    /// How a circuit of a worker stands.
    Circuit(CircuitChanged),
}

impl Said {
    fn of(event: Event) -> Option<Self> {
        match event {
            Event::CircuitChanged(changed) => Some(Self::Circuit(changed)),
            event => job_entry(&event).map(Self::Step),
        }
    }
}

/// The projection of jobs.
pub struct Jobs;

impl Projection for Jobs {
    const NAME: &'static str = "jobs";
    const STREAM: LogStream = LogStream::Jobs;
    const TABLES: &'static [&'static str] = &[
        "jobs",
        "job_steps",
        "paused_queues",
        "queue_actions",
        "circuits",
    ];
    // What is older may have been cleaned up.
    const EFFECTIVE_ROWS: &'static [(&'static str, &'static str)] = &[(
        "jobs",
        "(here.ended_at IS NULL OR here.ended_at >= now() - interval '90 days')",
    )];

    /// With the instant that each is of.
    type Facts = Vec<(u64, (DateTime<Utc>, Said))>;

    fn read(batch: &[Delivered]) -> (Self::Facts, Unreadable) {
        read_events(batch, "step of a job", |event| {
            let at = event.time();
            Said::of(event).map(|said| (at, said))
        })
    }

    async fn apply(
        &mut self,
        transaction: &mut PgConnection,
        entries: Self::Facts,
    ) -> Result<(), ProjectionError> {
        // Circuits are forgotten as if each message did so, wherever a batch ends: before
        // what is said of another, and after all.
        let mut latest = None;
        for (sequence, (at, said)) in &entries {
            match said {
                Said::Step(entry) => {
                    apply_step(transaction, *sequence, entry).await?;
                    latest = latest.max(Some(*at));
                }
                Said::Circuit(changed) => {
                    if let Some(latest) = latest {
                        circuits::forget(transaction, latest).await?;
                    }
                    circuits::change(transaction, changed).await?;
                    latest = Some(*at);
                }
            }
        }
        if let Some(latest) = latest {
            circuits::forget(transaction, latest).await?;
        }
        match entries.last() {
            Some((last, _)) => Ok(job_steps::forget(transaction, *last).await?),
            None => Ok(()),
        }
    }
}

async fn apply_step(
    transaction: &mut PgConnection,
    sequence: u64,
    entry: &JobEntry,
) -> Result<(), ProjectionError> {
    queues::note_action(transaction, sequence, entry).await?;
    match entry {
        JobEntry::Queued(queued) => insert(transaction, queued).await?,
        JobEntry::Skipped(skipped) => skip(transaction, skipped).await?,
        JobEntry::Started(started) => start(transaction, started).await?,
        JobEntry::Progressed(progressed) => hear(transaction, progressed).await?,
        JobEntry::Retrying(retrying) => retry(transaction, retrying).await?,
        JobEntry::Returned(returned) => give_back(transaction, returned).await?,
        JobEntry::Completed(completed) => complete(transaction, completed).await?,
        JobEntry::Failed(failed) => fail(transaction, failed).await?,
        JobEntry::Paused(paused) => queues::pause(transaction, paused).await?,
        JobEntry::Resumed(resumed) => queues::resume(transaction, resumed.queue).await?,
    }
    Ok(job_steps::remember(transaction, sequence, entry).await?)
}

async fn insert(transaction: &mut PgConnection, queued: &JobQueued) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO jobs (job, name, queue, state, cause, arguments, attempts, queued_at)
         VALUES ($1, $2, $3, 'waiting', $4, $5, $6, $7)
         ON CONFLICT (job) DO NOTHING",
        queued.job,
        queued.name,
        queued.queue.as_str(),
        json(&queued.cause)?,
        json(&queued.arguments)?,
        queued.attempts.cast_signed(),
        queued.queued_at,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

async fn skip(transaction: &mut PgConnection, skipped: &JobSkipped) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO jobs (job, name, queue, state, cause, arguments, attempts, queued_at,
                           ended_at, because_of)
         VALUES ($1, $2, $3, 'skipped', $4, '{}', 0, $5, $5, $6)
         ON CONFLICT (job) DO NOTHING",
        skipped.job,
        skipped.name,
        skipped.queue.as_str(),
        json(&skipped.cause)?,
        skipped.skipped_at,
        skipped.because_of,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

async fn start(transaction: &mut PgConnection, started: &JobStarted) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE jobs SET state = 'running', attempt = $2, worker = $3, started_at = $4,
                         heard_at = $4, lease_until = $5, again_at = NULL, done = 0, total = NULL,
                         note = ''
         WHERE job = $1",
        started.job,
        started.attempt.cast_signed(),
        started.worker,
        started.started_at,
        started.lease_until,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

async fn hear(
    transaction: &mut PgConnection,
    progressed: &JobProgressed,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE jobs SET heard_at = $2, lease_until = $3, done = $4, total = $5, note = $6
         WHERE job = $1",
        progressed.job,
        progressed.progressed_at,
        progressed.lease_until,
        progressed.done.cast_signed(),
        progressed.total.map(u64::cast_signed),
        progressed.note,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

async fn retry(transaction: &mut PgConnection, retrying: &JobRetrying) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE jobs SET state = 'retrying', failure = $2, again_at = $3, lease_until = NULL
         WHERE job = $1",
        retrying.job,
        json(&retrying.failure)?,
        retrying.again_at,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

async fn give_back(
    transaction: &mut PgConnection,
    returned: &JobReturned,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE jobs SET state = 'waiting', worker = NULL, lease_until = NULL WHERE job = $1",
        returned.job,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

async fn complete(
    transaction: &mut PgConnection,
    completed: &JobCompleted,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE jobs SET state = 'completed', summary = $2, left_out = $3, ended_at = $4,
                         lease_until = NULL, failure = NULL
         WHERE job = $1",
        completed.job,
        completed.summary,
        json(&completed.left_out)?,
        completed.completed_at,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// A job that failed is a dead letter, too: there it can be asked for again.
async fn fail(transaction: &mut PgConnection, failed: &JobFailed) -> Result<(), ProjectionError> {
    let job = sqlx::query!(
        "UPDATE jobs SET state = 'failed', failure = $2, ended_at = $3, lease_until = NULL
         WHERE job = $1
         RETURNING cause, arguments",
        failed.job,
        json(&failed.failure)?,
        failed.failed_at,
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let arguments = job.map_or(serde_json::Value::Null, |job| job.arguments);
    let content = serde_json::json!({ "job": failed.name, "arguments": arguments }).to_string();
    sqlx::query!(
        "INSERT INTO dead_letters (id, recorded_at, service, origin, line, error, content, bytes)
         VALUES ($1, $2, 'worker', $3, NULL, $4, $5, $6)
         ON CONFLICT (id) DO NOTHING",
        Uuid::new_v5(&LETTERS, failed.job.as_bytes()),
        failed.failed_at,
        format!("job {} {}", failed.name, failed.job),
        failed.failure.message.replace('\0', "\u{fffd}"),
        content,
        i64::try_from(content.len()).unwrap_or(i64::MAX),
    )
    .execute(&mut *transaction)
    .await?;
    let goes_on = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM queue_actions
                          WHERE queue = $1 AND action = 'resumed' AND acted_at >= $2) AS "goes_on!""#,
        failed.queue.as_str(),
        failed.failed_at,
    );
    // That it failed may be told once more after somebody let the queue go on.
    if failed.failure.severity == Severity::Critical
        && !goes_on.fetch_one(&mut *transaction).await?
    {
        let paused = QueuePaused {
            queue: failed.queue,
            actor: format!("job {}", failed.name),
            reason: failed.failure.message.clone(),
            paused_at: failed.failed_at,
        };
        queues::pause(transaction, &paused).await?;
    }
    Ok(())
}
