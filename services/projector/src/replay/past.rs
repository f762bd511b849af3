//! Generations of the past: what was known at an instant, made by projecting
//! the log up to there.
//!
//! Everything is as it was then: contributions, names and credit as far as they
//! were known, the policy, who was taken for whom. A generation of the past is
//! filled by the projectors like any other; each of its projections is held
//! for ever at the last message that was recorded before the instant.

use chrono::{DateTime, SubsecRound, Utc};
use event_log::{EventLog, LogStream};
use postgres::{Generation, GenerationPool, GenerationState, generations};
use sqlx::PgPool;

use super::ReplayError;
use super::late_boards::{are_missing, leave_out};
use super::remove::remove;
use super::start::{make_tables, set_state};
use crate::projections::PROJECTIONS;

/// Where a projection ends.
type End = (&'static str, LogStream, u64);

/// Begins to make the generation of an instant, unless there is one. Returns
/// its number.
///
/// # Errors
/// [`ReplayError::NotYet`] of an instant that is not over,
/// [`ReplayError::Changed`] when somebody else begins a generation at the same
/// time, and what the log and the database answer.
pub async fn recall(
    pool: &PgPool,
    log: &EventLog,
    as_of: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<i32, ReplayError> {
    // As precise as the database is.
    let as_of = as_of.trunc_subsecs(6);
    if as_of > now {
        return Err(ReplayError::NotYet(as_of));
    }
    let known = sqlx::query_scalar!(
        "SELECT generation FROM control.generations
         WHERE as_of = $1 AND state IN ('recalling', 'past')",
        as_of,
    );
    if let Some(known) = known.fetch_optional(pool).await? {
        return Ok(known);
    }
    let mut ends: Vec<End> = Vec::with_capacity(PROJECTIONS.len());
    for (projection, stream) in PROJECTIONS {
        ends.push((projection, stream, log.last_before(stream, as_of).await?));
    }
    let generation = make_tables(pool, None, None).await?;
    leave_out(pool, &generation).await?;
    hold(pool, &generation, &ends).await?;
    let mut transaction = pool.begin().await?;
    sqlx::query!(
        "UPDATE control.generations SET as_of = $2 WHERE generation = $1",
        generation.number,
        as_of,
    )
    .execute(&mut *transaction)
    .await?;
    let (from, to) = (GenerationState::Creating, GenerationState::Recalling);
    set_state(&mut transaction, generation.number, from, to).await?;
    postgres::commit(transaction).await?;
    tracing::info!(generation = generation.number, %as_of, "past_generation_started");
    Ok(generation.number)
}

/// Holds each projection where it ends.
async fn hold(pool: &PgPool, generation: &Generation, ends: &[End]) -> Result<(), ReplayError> {
    let home = GenerationPool::new(pool.clone(), generation.clone());
    let mut transaction = home.begin().await?;
    for (projection, stream, end) in ends {
        sqlx::query!(
            "INSERT INTO projections (projection, stream, pause_at, paused_until)
             VALUES ($1, $2, $3, 'infinity')
             ON CONFLICT (projection) DO UPDATE
             SET pause_at = excluded.pause_at, paused_until = excluded.paused_until",
            projection,
            stream.name(),
            end.cast_signed(),
        )
        .execute(&mut *transaction)
        .await?;
    }
    Ok(postgres::commit(transaction).await?)
}

/// Whether every projection is as far as it will come.
pub(super) async fn is_complete(home: &GenerationPool) -> Result<bool, sqlx::Error> {
    let mut transaction = home.begin().await?;
    let complete = sqlx::query_scalar!(
        r#"SELECT bool_and(sequence >= pause_at) AS "complete!" FROM projections"#
    );
    let complete = complete.fetch_one(&mut *transaction).await?;
    postgres::commit(transaction).await?;
    Ok(complete)
}

/// Says that a generation is complete, once it is and has its boards: from then on
/// it follows the log no more, and can be read.
pub(crate) async fn finish(pool: &PgPool, generation: &Generation) -> Result<(), ReplayError> {
    let home = GenerationPool::new(pool.clone(), generation.clone());
    if is_complete(&home).await? && !are_missing(pool, generation).await? {
        let (from, to) = (GenerationState::Recalling, GenerationState::Past);
        set_state(&mut *pool.acquire().await?, generation.number, from, to).await?;
        tracing::info!(generation = generation.number, "past_generation_complete");
    }
    Ok(())
}

/// Throws the generation of an instant away. Returns its number.
///
/// # Errors
/// [`ReplayError::Nothing`] when there is none, and what the database answers.
pub async fn forget(pool: &PgPool, as_of: DateTime<Utc>) -> Result<i32, ReplayError> {
    let as_of = as_of.trunc_subsecs(6);
    let of_the_past = [GenerationState::Recalling, GenerationState::Past];
    let found = generations(pool).await?.into_iter().find(|generation| {
        generation.as_of == Some(as_of) && of_the_past.contains(&generation.state)
    });
    let found = found.ok_or(ReplayError::Nothing("of that instant"))?;
    remove(pool, &found).await?;
    Ok(found.number)
}

/// Throws all generations of the past away.
pub(super) async fn forget_all(pool: &PgPool) -> Result<(), ReplayError> {
    for generation in generations(pool).await? {
        if generation.as_of.is_some() && generation.state != GenerationState::Dropped {
            remove(pool, &generation).await?;
        }
    }
    Ok(())
}
