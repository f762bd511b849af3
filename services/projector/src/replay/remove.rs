//! Throwing a generation away.

use std::time::{Duration, Instant};

use postgres::{Generation, GenerationState, generations, quoted};
use sqlx::{AssertSqlSafe, PgPool};

use super::ReplayError;
use super::pair::{find, statement};
use super::start::move_on;

/// How long it waits for locks before it lets others go first.
const LOCK_LIMIT: &str = "SET LOCAL lock_timeout = '2s'";

/// How often it tries to get the locks.
const ATTEMPTS: usize = 30;

/// How long readers that began before are waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Gives the replay up: throws the generation away that is being built.
/// Returns its number.
///
/// # Errors
/// [`ReplayError::Nothing`] when none is being built, and what the database
/// answers.
pub async fn abort(pool: &PgPool) -> Result<i32, ReplayError> {
    let found = generations(pool).await?;
    let building = [
        GenerationState::Building,
        GenerationState::Creating,
        GenerationState::Dropping,
    ];
    let building = building.iter().find_map(|state| find(&found, *state));
    let building = building.ok_or(ReplayError::Nothing("being built"))?;
    remove(pool, &building).await?;
    Ok(building.number)
}

/// Throws the generation away that is kept for a rollback. Returns its number.
///
/// # Errors
/// [`ReplayError::Nothing`] when none is kept, and what the database answers.
pub async fn drop_kept(pool: &PgPool) -> Result<i32, ReplayError> {
    let found = generations(pool).await?;
    let kept = [GenerationState::Kept, GenerationState::Dropping];
    let kept = kept.iter().find_map(|state| find(&found, *state));
    let kept = kept.ok_or(ReplayError::Nothing("kept"))?;
    remove(pool, &kept).await?;
    Ok(kept.number)
}

/// Finishes what somebody who was killed began.
pub(super) async fn finish_dropping(pool: &PgPool) -> Result<(), ReplayError> {
    let found = generations(pool).await?;
    match find(&found, GenerationState::Dropping) {
        Some(half_dropped) => remove(pool, &half_dropped).await,
        None => Ok(()),
    }
}

pub(super) async fn remove(pool: &PgPool, generation: &Generation) -> Result<(), ReplayError> {
    if generation.state != GenerationState::Dropping {
        let mut connection = pool.acquire().await?;
        move_on(&mut connection, generation, GenerationState::Dropping).await?;
    }
    send_projectors_away(pool, generation).await?;
    if generation.state == GenerationState::Kept {
        wait_for_readers(pool).await?;
    }
    drop_tables(pool, generation).await?;
    let dropping = Generation {
        state: GenerationState::Dropping,
        ..generation.clone()
    };
    let mut connection = pool.acquire().await?;
    move_on(&mut connection, &dropping, GenerationState::Dropped).await?;
    tracing::info!(generation = generation.number, "generation_dropped");
    Ok(())
}

/// Takes the leases for ever: what projectors have under way cannot be
/// committed any more.
async fn send_projectors_away(pool: &PgPool, generation: &Generation) -> Result<(), sqlx::Error> {
    let table = format!("{}.projections", quoted(&generation.schema));
    let exists: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(&table)
        .fetch_one(pool)
        .await?;
    if exists {
        let take = format!("UPDATE {table} SET epoch = epoch + 1, lease_expires_at = 'infinity'");
        sqlx::raw_sql(statement(take)).execute(pool).await?;
    }
    Ok(())
}

/// Waits for transactions that may have begun to read the generation while it
/// was the active one. Those that have read something of it hold locks that
/// dropping it waits for; this is for those that have not yet.
async fn wait_for_readers(pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut looks = tokio::time::interval(Duration::from_millis(50));
    let began = Instant::now();
    let since: chrono::DateTime<chrono::Utc> = sqlx::query_scalar("SELECT clock_timestamp()")
        .fetch_one(pool)
        .await?;
    while began.elapsed() < PATIENCE {
        looks.tick().await;
        let older: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()
               AND backend_type = 'client backend' AND xact_start < $1",
        )
        .bind(since)
        .fetch_one(pool)
        .await?;
        if older == 0 {
            break;
        }
    }
    Ok(())
}

async fn drop_tables(pool: &PgPool, generation: &Generation) -> Result<(), ReplayError> {
    for _ in 0..ATTEMPTS {
        match try_drop(pool, generation).await {
            Ok(()) => return Ok(()),
            Err(error) if is_contention(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ReplayError::Busy)
}

/// Whether somebody else had the locks (55P03), or waited for ours while we
/// waited for theirs (40P01).
pub(super) fn is_contention(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| matches!(code.as_ref(), "55P03" | "40P01"))
}

async fn try_drop(pool: &PgPool, generation: &Generation) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::raw_sql(LOCK_LIMIT).execute(&mut *transaction).await?;
    // The schema that a database has from the beginning is not ours to drop,
    // only what the migrations made in it.
    let drop = if generation.schema == "public" {
        contents_of_public(&mut transaction).await?
    } else {
        format!(
            "DROP SCHEMA IF EXISTS {} CASCADE",
            quoted(&generation.schema)
        )
    };
    sqlx::raw_sql(AssertSqlSafe(drop))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// Statements that drop all tables, views and types of the schema `public`
/// that belong to no extension.
async fn contents_of_public(connection: &mut sqlx::PgConnection) -> Result<String, sqlx::Error> {
    let statements: Option<String> = sqlx::query_scalar(
        "WITH ours AS (
             SELECT 1 AS place, format('DROP %s IF EXISTS %s CASCADE',
                 CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass) AS statement,
                 'pg_class'::regclass AS class, oid
             FROM pg_class
             WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
               AND NOT relispartition
             UNION ALL
             SELECT 2, format('DROP TYPE IF EXISTS %s CASCADE', oid::regtype), 'pg_type'::regclass, oid
             FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e')
         SELECT string_agg(statement, '; ' ORDER BY place) FROM ours
         WHERE NOT EXISTS (SELECT FROM pg_depend
                           WHERE classid = ours.class AND objid = ours.oid AND deptype = 'e')",
    )
    .fetch_one(connection)
    .await?;
    Ok(statements.unwrap_or_default())
}
