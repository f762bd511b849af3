//! Forward-only migrations, embedded from `migrations/`.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::migrate::MigrateError;
use thiserror::Error;

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

/// Applies what is not applied yet. Several processes may do so at once: one
/// does, the others wait.
///
/// # Errors
/// [`MigrationError`] with the statement's fault.
pub async fn migrate(pool: &PgPool) -> Result<(), MigrationError> {
    // Applying a migration may take any time; finding that there is none to
    // apply may not, or a network that swallows the question would hold up a
    // program's start for ever.
    let applied = within(ANSWER_LIMIT, applied(pool)).await;
    if !applied.map_err(MigrateError::Execute)? {
        MIGRATIONS.run(pool).await?;
    }
    Ok(())
}

/// Whether exactly the migrations that this program knows are applied.
async fn applied(pool: &PgPool) -> Result<bool, sqlx::Error> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(pool)
        .await?;
    if !exists {
        return Ok(false);
    }
    let found: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version",
    )
    .fetch_all(pool)
    .await?;
    let known = MIGRATIONS
        .iter()
        .map(|migration| (migration.version, migration.checksum.as_ref()));
    Ok(known.eq(found
        .iter()
        .map(|(version, checksum)| (*version, checksum.as_slice()))))
}
