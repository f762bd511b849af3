//! Restoring a backup to servers that hold nothing.

use anyhow::Context;
use event_log::EventLog;

use super::database::{self, Programs};
use super::files::StoredBackup;
use super::log;

/// What is restored, and to where.
pub(crate) struct Target<'a> {
    /// The log, unless it is left as it is.
    pub(crate) log: Option<&'a EventLog>,
    /// The database's address, unless it is left as it is.
    pub(crate) database: Option<&'a str>,
    pub(crate) with_privileges: bool,
}

/// Restores a backup that was looked through, and brings it to this version's
/// schema and declarations.
pub(crate) async fn restore(
    backup: &StoredBackup,
    programs: &Programs,
    target: Target<'_>,
) -> anyhow::Result<()> {
    let manifest = &backup.manifest;
    manifest.check(&backup.directory)?;
    // Both are looked at before either is written to: what is refused changes nothing.
    if let Some(event_log) = target.log {
        log::ensure_empty(event_log).await?;
    }
    if let Some(url) = target.database {
        database::ensure_empty(url).await?;
    }
    // The log first: a database without its log would be ahead of it.
    if let Some(event_log) = target.log {
        log::restore(event_log, &backup.directory, manifest).await?;
        event_log.declare_streams().await?;
    }
    if let Some(url) = target.database {
        let file = backup.directory.join(&manifest.database.file.name);
        database::restore(url, programs, &file, target.with_privileges).await?;
        let pool = crate::services::open_pool(url).await?;
        let migrated = postgres::migrate(&pool).await;
        migrated.context("the restored database cannot be brought to this version")?;
        pool.close().await;
    }
    Ok(())
}
