//! Giving readers another generation, and back.

use postgres::{GenerationState, quoted};
use serde::Serialize;
use sqlx::{Connection, PgConnection, PgPool};

use super::exchange::exchange;
use super::hold::{Positions, hold, release};
use super::pair::{Pair, statement};
use super::start::move_on;
use super::status::status;
use super::{ParityReport, ReplayError};

/// Who switches, and why.
#[derive(Clone, Debug)]
pub struct Author {
    /// A person or a job.
    pub actor: String,
    /// Why; may be empty.
    pub reason: String,
}

/// What a switch did.
#[derive(Clone, Debug, Serialize)]
pub struct Switched {
    /// The generation that readers read before.
    pub from: i32,
    /// The one they read now.
    pub to: i32,
    /// The one projection whose tables were exchanged; null where readers
    /// were given the whole generation.
    pub projection: Option<String>,
    /// The sequence of each projection's stream that both were at.
    pub positions: Positions,
}

/// Gives readers the generation that was built (or that is kept) in one
/// transaction, in which both are at the same place of the log. The one they
/// read before is kept and goes on following the log.
///
/// # Errors
/// [`ReplayError::NotCompared`] and [`ReplayError::Differs`] unless
/// differences are accepted, [`ReplayError::Behind`] and
/// [`ReplayError::NotAligned`] when it has not caught up, and what the
/// database answers.
pub async fn switch(
    pool: &PgPool,
    author: &Author,
    accept_differences: bool,
) -> Result<Switched, ReplayError> {
    let states = [GenerationState::Building, GenerationState::Kept];
    let pair = Pair::find(pool, &states, "built or kept").await?;
    let differences = differences(&pair).await;
    let differences = match differences {
        Ok(0) => 0,
        Ok(count) if accept_differences => count,
        Ok(count) => {
            return Err(ReplayError::Differs(pair.other.generation().number, count));
        }
        Err(ReplayError::NotCompared(_)) if accept_differences => 0,
        Err(error) => return Err(error),
    };
    give(&pair, author, differences).await
}

/// Gives readers back the generation that is kept. Nothing is lost: it has
/// followed the log all the time.
///
/// # Errors
/// [`ReplayError::Nothing`] when none is kept; else as [`switch`].
pub async fn rollback(pool: &PgPool, author: &Author) -> Result<Switched, ReplayError> {
    let pair = Pair::find(pool, &[GenerationState::Kept], "kept").await?;
    give(&pair, author, 0).await
}

/// Rows that differed when the two were compared.
async fn differences(pair: &Pair) -> Result<i64, ReplayError> {
    let number = pair.other.generation().number;
    let now = status(pair.pool()).await?;
    let report: Option<ParityReport> = now
        .generations
        .into_iter()
        .find(|generation| generation.generation == number)
        .and_then(|generation| generation.parity);
    let is_of_now = |report: &ParityReport| {
        report.active == pair.active.generation().number && report.switches == now.switches
    };
    report
        .filter(is_of_now)
        .map(|report| report.differences)
        .ok_or(ReplayError::NotCompared(number))
}

async fn give(pair: &Pair, author: &Author, differences: i64) -> Result<Switched, ReplayError> {
    let positions = hold(pair).await?;
    let given = match pair.only() {
        Some(projection) => exchange(pair, projection, &positions, author, differences).await,
        None => point_elsewhere(pair, &positions, author, differences).await,
    };
    release(pair).await?;
    given?;
    let switched = Switched {
        from: pair.active.generation().number,
        to: pair.other.generation().number,
        projection: pair.only().map(str::to_owned),
        positions,
    };
    tracing::info!(from = switched.from, to = switched.to, projection = ?switched.projection, "generation_switched");
    Ok(switched)
}

/// Names the other generation the active one.
async fn point_elsewhere(
    pair: &Pair,
    positions: &Positions,
    author: &Author,
    differences: i64,
) -> Result<(), ReplayError> {
    let mut transaction = pair.pool().begin().await?;
    require_positions(&mut transaction, pair, positions).await?;
    let [active, other] = pair.both().map(postgres::GenerationPool::generation);
    move_on(&mut transaction, active, GenerationState::Kept).await?;
    move_on(&mut transaction, other, GenerationState::Active).await?;
    note_switch(&mut transaction, pair, author, differences).await?;
    set_default_path(&mut transaction, &other.schema).await?;
    transaction.commit().await?;
    Ok(())
}

/// Locks the checkpoints of both generations, which must be where they were
/// brought.
pub(super) async fn require_positions(
    transaction: &mut PgConnection,
    pair: &Pair,
    positions: &Positions,
) -> Result<(), ReplayError> {
    for home in pair.both() {
        let schema = quoted(&home.generation().schema);
        let lock = format!(
            "SELECT projection, sequence FROM {schema}.projections ORDER BY projection FOR UPDATE"
        );
        let found: Vec<(String, i64)> = sqlx::query_as(statement(lock))
            .fetch_all(&mut *transaction)
            .await?;
        let found: Positions = found.into_iter().collect();
        let is_there = |(projection, at): (&String, &i64)| found.get(projection) == Some(at);
        if !positions.iter().all(is_there) {
            return Err(ReplayError::Changed);
        }
    }
    Ok(())
}

/// Writes the switch down, and tells readers.
pub(super) async fn note_switch(
    transaction: &mut PgConnection,
    pair: &Pair,
    author: &Author,
    differences: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO control.switches
             (switch, from_generation, to_generation, projection, actor, reason, differences)
         SELECT coalesce(max(switch), 0) + 1, $1, $2, $3, $4, $5, $6 FROM control.switches",
        pair.active.generation().number,
        pair.other.generation().number,
        pair.only(),
        author.actor,
        author.reason,
        differences,
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!("SELECT pg_notify('leaderboard_changes', 'switch')")
        .execute(transaction)
        .await?;
    Ok(())
}

/// Lets sessions of people and of other programs read the generation, too,
/// from their next connection on. Only the database's owner may say so; our
/// own programs do not rely on it.
async fn set_default_path(transaction: &mut PgConnection, schema: &str) -> Result<(), sqlx::Error> {
    let mut attempt = transaction.begin().await?;
    let database: String = sqlx::query_scalar("SELECT current_database()")
        .fetch_one(&mut *attempt)
        .await?;
    let path = format!(
        "ALTER DATABASE {} SET search_path TO {}",
        quoted(&database),
        quoted(schema)
    );
    match sqlx::raw_sql(statement(path)).execute(&mut *attempt).await {
        Ok(_) => attempt.commit().await,
        Err(error) => {
            tracing::warn!(%error, schema, "default_search_path_not_set");
            attempt.rollback().await
        }
    }
}
