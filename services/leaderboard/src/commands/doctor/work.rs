//! Whether jobs are done: that they come due, that workers take them, and that
//! they succeed.

use anyhow::bail;
use sqlx::PgPool;

use super::read_generation;

/// How late something may be before somebody should look, in minutes.
const LATE: i32 = 15;

/// A schedule of which nothing was heard is one that no scheduler has.
pub(super) async fn scheduler(pool: &PgPool) -> anyhow::Result<String> {
    let mut transaction = read_generation(pool).await?;
    let (jobs, late): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(*) FILTER (
             WHERE next_due_at < now() - make_interval(mins => $1)
               AND coalesce((definition ->> 'enabled')::boolean, true))
         FROM schedule",
    )
    .bind(LATE)
    .fetch_one(&mut *transaction)
    .await?;
    if late > 0 {
        bail!("{late} jobs are overdue; start a scheduler: leaderboard serve scheduler");
    }
    if jobs == 0 {
        bail!("no job is on the schedule; start a scheduler: leaderboard serve scheduler");
    }
    Ok(format!("{jobs} jobs are on the schedule, none is overdue"))
}

/// Jobs that wait although nothing keeps them are taken by no worker.
pub(super) async fn worker(pool: &PgPool) -> anyhow::Result<String> {
    let mut transaction = read_generation(pool).await?;
    let paused: Vec<String> = sqlx::query_scalar("SELECT queue FROM paused_queues ORDER BY 1")
        .fetch_all(&mut *transaction)
        .await?;
    if !paused.is_empty() {
        let queue = paused.join(", ");
        bail!("{queue} stands still; let it go on: leaderboard job resume QUEUE");
    }
    let (waiting, lost): (i64, i64) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE state = 'waiting'
                    AND queued_at < now() - make_interval(mins => $1)),
                count(*) FILTER (WHERE state = 'running'
                    AND lease_until < now() - make_interval(mins => $1))
         FROM jobs",
    )
    .bind(LATE)
    .fetch_one(&mut *transaction)
    .await?;
    if waiting + lost > 0 {
        bail!(
            "{waiting} jobs wait and {lost} were left by their worker; start one: leaderboard serve worker"
        );
    }
    Ok("no job waits for a worker".to_owned())
}

/// Jobs that failed within a day.
pub(super) async fn failures(pool: &PgPool) -> anyhow::Result<String> {
    let mut transaction = read_generation(pool).await?;
    let failed: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT name FROM jobs
         WHERE state = 'failed' AND ended_at > now() - interval '1 day' ORDER BY 1",
    )
    .fetch_all(&mut *transaction)
    .await?;
    if !failed.is_empty() {
        bail!(
            "{} failed within a day; see why: leaderboard job status --state failed",
            failed.join(", ")
        );
    }
    Ok("none failed within a day".to_owned())
}
