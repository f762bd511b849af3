//! What people did, as it is answered.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::cursor::{List, NamedInstantCursor};
use crate::problem::Problem;
use crate::queries::audit::{AuditFilter, AuditRow, list_after};
use crate::queries::snapshot::Snapshot;

/// A page of what people did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Audit {
    /// The entries, newest first.
    pub(crate) entries: Vec<AuditEntry>,
    /// Where the next page begins.
    pub(crate) meta: AuditMeta,
}

/// Something that somebody did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Its id, by what remembers it.
    #[schema(example = "decision-17")]
    pub(crate) id: String,
    /// When it was done.
    pub(crate) at: DateTime<Utc>,
    /// What was done.
    #[schema(example = "policy.published")]
    pub(crate) what: String,
    /// To what: an account, a contribution, a list, a group, a repository, a
    /// job, a queue, a service; empty for all boards.
    #[schema(example = "583231")]
    pub(crate) subject: String,
    /// Who did it.
    #[schema(example = "ann")]
    pub(crate) actor: String,
    /// Why, in words.
    #[schema(example = "too many reviews of one kind")]
    pub(crate) reason: String,
    /// What else is known of it.
    pub(crate) detail: Value,
}

/// Where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditMeta {
    /// The `cursor` of the next page; null on the last.
    pub(crate) next_cursor: Option<String>,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        Self {
            id: row.id,
            at: row.at,
            what: row.what,
            subject: row.subject,
            actor: row.actor,
            reason: row.reason,
            detail: row.detail,
        }
    }
}

/// Loads a page of what people did.
pub(crate) async fn load_audit(
    snapshot: &mut Snapshot,
    filter: &AuditFilter,
    after: Option<&NamedInstantCursor>,
    limit: u32,
) -> Result<Audit, Problem> {
    let wanted = i64::from(limit) + 1;
    let mut rows = list_after(snapshot.connection(), filter, after, wanted).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = rows.last().filter(|_| more).map(|row| {
        let (at, id) = (row.at, row.id.clone());
        Audit::cursor_after(&NamedInstantCursor { at, id })
    });
    Ok(Audit {
        entries: rows.into_iter().map(AuditEntry::from).collect(),
        meta: AuditMeta { next_cursor },
    })
}
