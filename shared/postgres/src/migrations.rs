//! Forward-only migrations, embedded from `migrations/`.

use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::{AssertSqlSafe, Connection, PgPool};
use thiserror::Error;

use crate::generations::{generations, quoted};
use crate::pool::within;

/// How long the database may take to say what is applied.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// The schema could not be brought to the version this program needs.
#[derive(Debug, Error)]
#[error("cannot migrate the database: {0}")]
pub struct MigrationError(#[from] MigrateError);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

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
    let schemas = within(ANSWER_LIMIT, schemas(pool)).await;
    for schema in schemas.map_err(MigrateError::Execute)? {
        migrate_schema(pool, &schema).await?;
    }
    Ok(())
}

/// The schemas of all generations; before the first migration, the one that
/// tables are made in by default.
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
    let following = found.filter(|generation| generation.state.follows_the_log());
    Ok(following.map(|generation| generation.schema).collect())
}

/// Applies what is not applied yet in one schema, which is there.
///
/// # Errors
/// [`MigrationError`] with the statement's fault.
pub async fn migrate_schema(pool: &PgPool, schema: &str) -> Result<(), MigrationError> {
    // Applying a migration may take any time; finding that there is none to
    // apply may not, or a network that swallows the question would hold up a
    // program's start for ever.
    let applied = within(ANSWER_LIMIT, applied(pool, schema)).await;
    if applied.map_err(MigrateError::Execute)? {
        return Ok(());
    }
    // A connection that nobody gets after this: its path is the session's.
    let mut connection = pool
        .acquire()
        .await
        .map_err(MigrateError::Execute)?
        .detach();
    let path = AssertSqlSafe(format!("SET search_path TO {}", quoted(schema)));
    sqlx::raw_sql(path)
        .execute(&mut connection)
        .await
        .map_err(MigrateError::Execute)?;
    MIGRATIONS.run(&mut connection).await?;
    connection.close().await.map_err(MigrateError::Execute)?;
    Ok(())
}

/// Whether exactly the migrations that this program knows are applied.
async fn applied(pool: &PgPool, schema: &str) -> Result<bool, sqlx::Error> {
    let table = format!("{}._sqlx_migrations", quoted(schema));
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
