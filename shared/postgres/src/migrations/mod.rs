//! Forward-only migrations, embedded from `migrations/`.
//!
//! They are applied while others read and write. A migration that waits for a lock
//! holds up everybody who comes after it, so it waits for a moment only, lets the
//! others go first, and tries again. Indexes of large tables are built beside what
//! goes on (`concurrent`).

mod concurrent;

use std::time::Duration;

use sqlx::migrate::{Migrate, MigrateError, Migration, Migrator};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use thiserror::Error;

use crate::generations::{GenerationState, generations, quoted};
use crate::pool::within;

/// How long the database may take to say what is applied.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// How long a migration waits for a lock, and so how long others wait behind it.
const LOCK_LIMIT: &str = "SET lock_timeout = '2s'";

/// That something is there already is what is wanted, and no news.
const WARNINGS_ONLY: &str = "SET client_min_messages = warning";

/// How long others are let go first.
const PAUSE: Duration = Duration::from_secs(1);

/// How often it is tried to get the locks: five minutes' worth.
const ATTEMPTS: u32 = 100;

/// How often it is looked whether another process is done with its migrations.
const LOOK: Duration = Duration::from_millis(200);

/// Where it is written down what is applied.
const TABLE: &str = "_sqlx_migrations";

/// Postgres' code for a lock that was not got in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// The schema could not be brought to the version this program needs.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// A migration is wrong, or the database refused it.
    #[error("cannot migrate the database: {0}")]
    Failed(#[from] MigrateError),
    /// Somebody holds what a migration needs.
    #[error(
        "cannot migrate the database: migration {version} was tried {attempts} times, and others \
         held the tables it changes each time; pg_stat_activity shows who has been in a \
         transaction for long; run it again when they have ended: leaderboard migrate"
    )]
    Busy {
        /// The migration's number.
        version: i64,
        /// How often it was tried.
        attempts: u32,
    },
}

impl From<sqlx::Error> for MigrationError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(MigrateError::Execute(error))
    }
}

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// How many migrations this program knows.
#[must_use]
pub fn known_migrations() -> usize {
    MIGRATIONS.iter().count()
}

/// Applies what is not applied yet, in every generation there is. Several
/// processes may do so at once: one does, the others wait.
///
/// It needs sessions of its own: behind a pooler that hands sessions on after
/// each transaction, give it the database's own address.
///
/// # Errors
/// [`MigrationError`] with the statement's fault.
pub async fn migrate(pool: &PgPool) -> Result<(), MigrationError> {
    for schema in within(ANSWER_LIMIT, schemas(pool)).await? {
        migrate_schema(pool, &schema).await?;
    }
    Ok(within(ANSWER_LIMIT, recall_again(pool)).await?)
}

/// The schemas of all generations that have tables; before the first migration,
/// the one that tables are made in by default.
async fn schemas(pool: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('control.generations') IS NOT NULL")
        .fetch_one(pool)
        .await?;
    if !exists {
        let default: Option<String> = sqlx::query_scalar("SELECT current_schema()")
            .fetch_one(pool)
            .await?;
        return Ok(vec![default.unwrap_or_else(|| "public".to_owned())]);
    }
    let found = generations(pool).await?.into_iter();
    // What is of the past is read by the same statements as the present.
    let read = found.filter(|generation| {
        generation.state.follows_the_log() || generation.state == GenerationState::Past
    });
    Ok(read.map(|generation| generation.schema).collect())
}

/// A migration may have let projections start again from the beginning of the log.
/// Generations of the past that no longer hold all they are to hold are filled
/// again, and cannot be read until they are.
async fn recall_again(pool: &PgPool) -> Result<(), sqlx::Error> {
    for generation in generations(pool).await? {
        if generation.state != GenerationState::Past {
            continue;
        }
        let statement = format!(
            "UPDATE control.generations SET state = 'recalling'
             WHERE generation = $1 AND state = 'past'
               AND EXISTS (SELECT FROM {}.projections WHERE sequence < pause_at)",
            quoted(&generation.schema)
        );
        let begun = sqlx::query(AssertSqlSafe(statement)).bind(generation.number);
        if begun.execute(pool).await?.rows_affected() > 0 {
            tracing::info!(
                generation = generation.number,
                "past_generation_started_again"
            );
        }
    }
    Ok(())
}

/// Applies what is not applied yet in one schema, which is there.
///
/// # Errors
/// [`MigrationError`] with the statement's fault.
pub async fn migrate_schema(pool: &PgPool, schema: &str) -> Result<(), MigrationError> {
    // Applying a migration may take any time; finding that there is none to
    // apply may not, or a network that swallows the question would hold up a
    // program's start for ever.
    if within(ANSWER_LIMIT, applied(pool, schema)).await? {
        return Ok(());
    }
    // A connection that nobody gets after this: its path is the session's.
    let mut connection = pool.acquire().await?.detach();
    let path = format!("SET search_path TO {}", quoted(schema));
    run(&mut connection, path).await?;
    let outcome = apply_all(&mut connection).await;
    connection.close().await?;
    outcome
}

async fn apply_all(connection: &mut PgConnection) -> Result<(), MigrationError> {
    wait_for_others(connection).await?;
    run(connection, WARNINGS_ONLY.to_owned()).await?;
    run(connection, LOCK_LIMIT.to_owned()).await?;
    connection.ensure_migrations_table(TABLE).await?;
    let known = connection.list_applied_migrations(TABLE).await?;
    for migration in MIGRATIONS.iter() {
        if known.iter().all(|known| known.version != migration.version) {
            apply(connection, migration).await?;
        }
    }
    // Says so when what is applied is not what this program knows.
    Ok(MIGRATIONS.run_direct(None, connection, false).await?)
}

/// Waits until no other process migrates. It asks again and again rather than to
/// stand in line: whoever stands in line is in a transaction, for whose end an index
/// that is built concurrently would wait.
async fn wait_for_others(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let mut looks = tokio::time::interval(LOOK);
    loop {
        looks.tick().await;
        let got = sqlx::query_scalar(
            "SELECT pg_try_advisory_lock(hashtextextended('leaderboard migrations', 0))",
        );
        if got.fetch_one(&mut *connection).await? {
            return Ok(());
        }
    }
}

/// Applies a migration, giving way to whoever holds what it needs.
async fn apply(connection: &mut PgConnection, migration: &Migration) -> Result<(), MigrationError> {
    let version = migration.version;
    let mut attempts = tokio::time::interval(PAUSE);
    attempts.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for attempt in 1..=ATTEMPTS {
        attempts.tick().await;
        match try_apply(connection, migration).await {
            Err(MigrationError::Failed(error)) if is_busy(&error) => {
                tracing::warn!(version, attempt, "migration_gives_way");
            }
            outcome => return outcome,
        }
    }
    Err(MigrationError::Busy {
        version,
        attempts: ATTEMPTS,
    })
}

async fn try_apply(
    connection: &mut PgConnection,
    migration: &Migration,
) -> Result<(), MigrationError> {
    // It blocks nobody, and may have to wait until everybody's transactions are over.
    run(connection, "SET lock_timeout = 0".to_owned()).await?;
    concurrent::build(connection, migration).await?;
    if !migration.no_tx {
        run(connection, LOCK_LIMIT.to_owned()).await?;
    }
    // As `run_to` does it, which takes whatever gives a connection and can therefore be
    // part of no task that moves between threads.
    let applied = MIGRATIONS.run_direct(Some(migration.version), &mut *connection, false);
    applied.await?;
    Ok(run(connection, LOCK_LIMIT.to_owned()).await?)
}

async fn run(connection: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
    // Made of our own words and quoted identifiers.
    let statement = sqlx::raw_sql(AssertSqlSafe(statement));
    statement.execute(connection).await?;
    Ok(())
}

fn is_busy(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else {
        return false;
    };
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == LOCK_NOT_AVAILABLE)
}

/// Whether exactly the migrations that this program knows are applied.
async fn applied(pool: &PgPool, schema: &str) -> Result<bool, sqlx::Error> {
    let table = format!("{}.{TABLE}", quoted(schema));
    let exists: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(&table)
        .fetch_one(pool)
        .await?;
    if !exists {
        return Ok(false);
    }
    let statement = format!("SELECT version, checksum FROM {table} WHERE success ORDER BY version");
    let found: Vec<(i64, Vec<u8>)> = sqlx::query_as(AssertSqlSafe(statement))
        .fetch_all(pool)
        .await?;
    let known = MIGRATIONS
        .iter()
        .map(|migration| (migration.version, migration.checksum.as_ref()));
    Ok(known.eq(found
        .iter()
        .map(|(version, checksum)| (*version, checksum.as_slice()))))
}
