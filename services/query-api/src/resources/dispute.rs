//! Disputes as they are answered.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::contribution::ContributionStanding;
use crate::cursor::{InstantCursor, List};
use crate::problem::Problem;
use crate::queries::disputes::{self, DisputeRow};
use crate::queries::snapshot::Snapshot;

/// A page of disputes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Disputes {
    /// The disputes, newest first.
    pub(crate) disputes: Vec<Dispute>,
    /// Where the next page begins.
    pub(crate) meta: DisputesMeta,
}

/// Where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DisputesMeta {
    /// The `cursor` of the next page; null on the last.
    pub(crate) next_cursor: Option<String>,
}

/// One dispute, and how what it comes to stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DisputeAnswer {
    /// The dispute.
    pub(crate) dispute: Dispute,
    /// The contributions that it comes to, as they stand now.
    pub(crate) contributions: Vec<ContributionStanding>,
}

/// Something that somebody misses, and what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Dispute {
    /// Its id.
    pub(crate) id: Uuid,
    /// What is missed, as an address on GitHub.
    #[schema(example = "https://github.com/octo-org/hello/pull/7")]
    pub(crate) url: String,
    /// Who raised it.
    #[schema(example = "ann")]
    pub(crate) actor: String,
    /// Why, in words.
    #[schema(example = "my pull request is not counted")]
    pub(crate) reason: String,
    /// When it was raised last.
    pub(crate) raised_at: DateTime<Utc>,
    /// `recorded`, `not_counted` or `not_found`; null until GitHub was asked.
    #[schema(example = "recorded")]
    pub(crate) outcome: Option<String>,
    /// The same in words.
    pub(crate) detail: Option<String>,
    /// When GitHub was asked.
    pub(crate) answered_at: Option<DateTime<Utc>>,
}

impl From<DisputeRow> for Dispute {
    fn from(row: DisputeRow) -> Self {
        Self {
            id: row.dispute,
            url: row.url,
            actor: row.actor,
            reason: row.reason,
            raised_at: row.raised_at,
            outcome: row.outcome,
            detail: row.detail,
            answered_at: row.answered_at,
        }
    }
}

/// Loads a page of disputes.
pub(crate) async fn load_disputes(
    snapshot: &mut Snapshot,
    after: Option<&InstantCursor>,
    limit: u32,
) -> Result<Disputes, Problem> {
    let wanted = i64::from(limit) + 1;
    let mut rows = disputes::list_after(snapshot.connection(), after, wanted).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = rows.last().filter(|_| more).map(|row| {
        let (at, id) = (row.raised_at, row.dispute);
        Disputes::cursor_after(&InstantCursor { at, id })
    });
    Ok(Disputes {
        disputes: rows.into_iter().map(Dispute::from).collect(),
        meta: DisputesMeta { next_cursor },
    })
}

/// Loads one dispute.
pub(crate) async fn load_dispute(
    snapshot: &mut Snapshot,
    id: Uuid,
) -> Result<DisputeAnswer, Problem> {
    let found = disputes::find(snapshot.connection(), id).await?;
    let row = found.ok_or_else(|| {
        Problem::not_found(format!(
            "There is no dispute {id}; see /api/v1/disputes for those there are"
        ))
    })?;
    let standing = disputes::standing(snapshot.connection(), &row.contributions).await?;
    Ok(DisputeAnswer {
        dispute: row.into(),
        contributions: standing
            .into_iter()
            .map(ContributionStanding::from)
            .collect(),
    })
}
