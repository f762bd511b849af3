//! What people did.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use crate::cursor::NamedInstantCursor;

/// Something that somebody did.
#[derive(Clone, Debug)]
pub(crate) struct AuditRow {
    pub(crate) at: DateTime<Utc>,
    pub(crate) id: String,
    pub(crate) what: String,
    pub(crate) subject: String,
    pub(crate) actor: String,
    pub(crate) reason: String,
    pub(crate) detail: Value,
}

/// Which entries are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct AuditFilter {
    pub(crate) actor: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) what: Option<String>,
}

/// The entries after a place, newest first.
pub(crate) async fn list_after(
    connection: &mut PgConnection,
    filter: &AuditFilter,
    after: Option<&NamedInstantCursor>,
    limit: i64,
) -> Result<Vec<AuditRow>, sqlx::Error> {
    sqlx::query_file_as!(
        AuditRow,
        "src/queries/audit.sql",
        filter.actor,
        filter.subject,
        filter.what,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id.as_str()),
        limit,
    )
    .fetch_all(connection)
    .await
}
