//! Making a backup.

use chrono::{DateTime, Utc};
use event_log::EventLog;
use sqlx::PgPool;

use super::database::{Programs, dump};
use super::files::{Shelf, StoredBackup};
use super::log::save;
use super::manifest::{Manifest, SavedDatabase};

/// The dump of the database within a backup.
pub(super) const DUMP: &str = "database.dump";

/// Saves everything; then deletes all backups but so many, and returns which. One
/// that is broken off is no backup, and deletes none.
pub(crate) async fn make(
    shelf: &Shelf,
    (pool, url): (&PgPool, &str),
    log: &EventLog,
    programs: &Programs,
    now: DateTime<Utc>,
    keep: usize,
) -> anyhow::Result<(StoredBackup, Vec<String>)> {
    let partial = shelf.begin(now)?;
    let file = partial.directory().join(DUMP);
    let positions = dump(pool, url, programs, &file).await?;
    let database = SavedDatabase {
        file: partial.written(DUMP)?,
        positions,
    };
    // After the database, so that the log is not behind it.
    let streams = save(log, &partial).await?;
    let manifest = Manifest::new(now, database, streams)?;
    let made = partial.finish(manifest)?;
    let deleted = shelf.keep(keep)?;
    Ok((made, deleted))
}
