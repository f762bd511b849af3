//! Boards and their orders, made when a generation has nearly caught up.
//!
//! Rows of boards, and the orders for readers, one for each metric, are written at
//! random places, and with each batch anew for whoever was in it. Nobody reads a
//! generation that is being built, and no projection reads by these orders. So it is
//! filled without them, and when little of the log is left the boards are made from
//! the counts, and each order by sorting the rows once.

use std::time::Duration;

use event_log::{EventLog, LogStream};
use postgres::{Generation, GenerationPool, GenerationState, active_generation, quoted};
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

use super::ReplayError;
use super::hold::FURTHEST_BEHIND;
use super::pair::statement;
use super::past::is_complete;
use crate::projections::{is_held, leave_boards_out, make_boards};

/// The projection whose tables they are.
const PROJECTION: &str = "contributions";

/// The names of the orders: indexes of whole tables, not of partitions, which come and go with them.
const NAMES: &str = r"board\_rows\_by\_%";

/// Held while they are made: of several projectors one makes them.
const LOCK: i64 = 0x6c61_7465_2069_6478;

/// How often it is looked whether the generation has nearly caught up.
const LOOK: Duration = Duration::from_millis(250);

/// Leaves them out of a generation that is being made and holds nothing yet.
pub(super) async fn leave_out(pool: &PgPool, generation: &Generation) -> Result<(), sqlx::Error> {
    if !is_held(generation, PROJECTION) {
        return Ok(());
    }
    let home = GenerationPool::new(pool.clone(), generation.clone());
    let mut transaction = home.begin().await?;
    leave_boards_out(&mut transaction).await?;
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = to_regnamespace($1) AND relkind = 'I' AND relname LIKE $2",
    )
    .bind(quoted(&generation.schema))
    .bind(NAMES)
    .fetch_all(&mut *transaction)
    .await?;
    for name in names {
        let drop = format!(
            "DROP INDEX {}.{}",
            quoted(&generation.schema),
            quoted(&name)
        );
        sqlx::raw_sql(statement(drop))
            .execute(&mut *transaction)
            .await?;
    }
    postgres::commit(transaction).await
}

/// Whether a generation still lacks them.
pub(super) async fn are_missing(
    pool: &PgPool,
    generation: &Generation,
) -> Result<bool, sqlx::Error> {
    if !is_held(generation, PROJECTION) {
        return Ok(false);
    }
    let home = GenerationPool::new(pool.clone(), generation.clone());
    let mut transaction = home.begin().await?;
    let boards_follow = sqlx::query_scalar!("SELECT boards_follow FROM counting");
    let boards_follow = boards_follow.fetch_one(&mut *transaction).await?;
    let are_missing = !boards_follow || !lacking(&mut transaction, generation).await?.is_empty();
    postgres::commit(transaction).await?;
    Ok(are_missing)
}

/// Makes what a generation lacks, if anything. Its contributions wait meanwhile; nobody
/// else does.
pub(super) async fn make(pool: &PgPool, generation: &Generation) -> Result<(), ReplayError> {
    if !are_missing(pool, generation).await? {
        return Ok(());
    }
    let home = GenerationPool::new(pool.clone(), generation.clone());
    let mut transaction = home.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *transaction)
        .await?;
    make_boards(&mut transaction).await?;
    for order in lacking(&mut transaction, generation).await? {
        sqlx::raw_sql(statement(order))
            .execute(&mut *transaction)
            .await?;
    }
    postgres::commit(transaction).await?;
    tracing::info!(generation = generation.number, "boards_made");
    Ok(())
}

/// Statements that make the orders which the active generation has and another lacks.
async fn lacking(
    connection: &mut PgConnection,
    generation: &Generation,
) -> Result<Vec<String>, sqlx::Error> {
    let active = active_generation(&mut *connection).await?;
    let indexes: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT theirs.relname::text, indexed.relname::text, pg_get_indexdef(theirs.oid)
         FROM pg_class AS theirs
         JOIN pg_index ON indexrelid = theirs.oid
         JOIN pg_class AS indexed ON indexed.oid = indrelid
         WHERE theirs.relnamespace = to_regnamespace($1) AND theirs.relkind = 'I'
           AND theirs.relname LIKE $3
           AND NOT EXISTS (SELECT FROM pg_class AS ours
                           WHERE ours.relnamespace = to_regnamespace($2)
                             AND ours.relname = theirs.relname)
         ORDER BY 1",
    )
    .bind(quoted(&active.schema))
    .bind(quoted(&generation.schema))
    .bind(NAMES)
    .fetch_all(connection)
    .await?;
    let statements = indexes.into_iter().filter_map(|(name, table, definition)| {
        // What stands before it names the other generation's table, without partitions.
        let (_, how) = definition.split_once(" USING ")?;
        let (name, schema, table) = (quoted(&name), quoted(&generation.schema), quoted(&table));
        Some(format!(
            "CREATE INDEX {name} ON {schema}.{table} USING {how}"
        ))
    });
    Ok(statements.collect())
}

/// Makes them as soon as a generation that is being built has nearly caught up, or one
/// of the past is as far as it will come.
pub(crate) async fn make_boards_when_near(
    home: &GenerationPool,
    log: &EventLog,
    stop: &CancellationToken,
) {
    let generation = home.generation();
    let is_filled = matches!(
        generation.state,
        GenerationState::Building | GenerationState::Recalling
    );
    if !is_filled || !is_held(generation, PROJECTION) {
        return;
    }
    let mut looks = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let attempt = stop.run_until_cancelled(make_if_near(home, log));
        match attempt.await {
            Some(Ok(false)) => {}
            Some(Ok(true)) | None => return,
            Some(Err(error)) => {
                let generation = generation.number;
                tracing::warn!(generation, %error, "boards_not_made");
            }
        }
    }
}

/// Returns whether nothing is left to make.
async fn make_if_near(home: &GenerationPool, log: &EventLog) -> Result<bool, ReplayError> {
    let is_near = match home.generation().state {
        GenerationState::Recalling => is_complete(home).await?,
        _ => {
            let end = log.last_sequence(LogStream::Contributions).await?;
            let reached = reached(home).await?;
            reached.is_some_and(|reached| end.cast_signed() - reached < FURTHEST_BEHIND / 2)
        }
    };
    if is_near {
        make(home.pool(), home.generation()).await?;
    }
    Ok(is_near)
}

async fn reached(home: &GenerationPool) -> Result<Option<i64>, sqlx::Error> {
    let mut transaction = home.begin().await?;
    let reached = sqlx::query_scalar!(
        "SELECT sequence FROM projections WHERE projection = $1",
        PROJECTION
    );
    let reached = reached.fetch_optional(&mut *transaction).await?;
    postgres::commit(transaction).await?;
    Ok(reached)
}
