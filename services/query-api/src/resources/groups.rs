//! Groups of repositories, as they are answered.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::addresses::path_segment;
use crate::cursor::{GroupCursor, List};
use crate::problem::Problem;
use crate::queries::groups::{GroupRow, groups_after};
use crate::queries::snapshot::Snapshot;

/// A page of groups.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Groups {
    /// The groups that have repositories, by name.
    pub(crate) groups: Vec<Group>,
    /// Where the next page begins.
    pub(crate) meta: GroupsMeta,
}

/// A named group of repositories.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Group {
    /// Its name.
    #[schema(example = "web")]
    pub(crate) group: String,
    /// Its repositories, by the names they go by now.
    #[schema(example = json!(["rails/rails", "rails/webpacker"]))]
    pub(crate) repositories: Vec<String>,
    /// When it was last decided which they are.
    pub(crate) decided_at: DateTime<Utc>,
    /// Its leaderboard.
    #[schema(example = "/api/v1/leaderboards/groups/web")]
    pub(crate) leaderboard: String,
}

/// Where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupsMeta {
    /// The `cursor` of the next page; null on the last.
    #[schema(example = json!(null))]
    pub(crate) next_cursor: Option<String>,
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        Self {
            leaderboard: format!("/api/v1/leaderboards/groups/{}", path_segment(&row.name)),
            group: row.name,
            repositories: row.repositories,
            decided_at: row.decided_at,
        }
    }
}

/// Loads a page of groups.
pub(crate) async fn load_groups(
    snapshot: &mut Snapshot,
    after: Option<&GroupCursor>,
    limit: u32,
) -> Result<Groups, Problem> {
    let after = after.map_or("", |cursor| cursor.group.as_str());
    let mut rows = groups_after(snapshot.connection(), after, i64::from(limit) + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let last = rows.last().filter(|_| more).map(|row| row.name.clone());
    Ok(Groups {
        groups: rows.into_iter().map(Group::from).collect(),
        meta: GroupsMeta {
            next_cursor: last.map(|group| Groups::cursor_after(&GroupCursor { group })),
        },
    })
}
