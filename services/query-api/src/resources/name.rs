//! Names over time.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::queries::accounts::NameRow;

/// A name that was borne, and when it was seen in use.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NameOverTime {
    /// The login, or `owner/name`.
    #[schema(example = "octocat")]
    pub(crate) name: String,
    /// When it was first seen.
    pub(crate) first_seen: DateTime<Utc>,
    /// When it was last seen.
    pub(crate) last_seen: DateTime<Utc>,
}

impl From<NameRow> for NameOverTime {
    fn from(row: NameRow) -> Self {
        Self {
            name: row.name,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
        }
    }
}
