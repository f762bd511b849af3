//! Forward-only migrations, embedded from `migrations/`.

use sqlx::PgPool;
use thiserror::Error;

/// The schema could not be brought to the version this program needs.
#[derive(Debug, Error)]
#[error("cannot migrate the database: {0}")]
pub struct MigrationError(#[from] sqlx::migrate::MigrateError);

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
    Ok(MIGRATIONS.run(pool).await?)
}
