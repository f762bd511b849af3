//! Disputes as they are answered.

use chrono::{DateTime, Utc};
use domain::AccountReference;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::cursor::{Cursor, InstantCursor};
use crate::problem::Problem;
use crate::queries::disputes::{self, DisputeRow, StandingRow};
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
    pub(crate) contributions: Vec<DisputedContribution>,
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

/// How a contribution stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DisputedContribution {
    /// Its id.
    pub(crate) id: Uuid,
    /// What was done.
    #[schema(example = "pull_request_merged")]
    pub(crate) kind: String,
    /// Its semantic key.
    #[schema(example = "pull_request_merged:8514:7")]
    pub(crate) key: String,
    /// When it happened.
    pub(crate) occurred_at: DateTime<Utc>,
    /// Who is credited; null while the credit is pending.
    #[schema(value_type = Option<String>)]
    pub(crate) account: Option<AccountReference>,
    /// The same by login.
    pub(crate) login: Option<String>,
    /// Why: the basis of the credit.
    #[schema(example = "pull_request_author")]
    pub(crate) basis: String,
    /// How many it counts for.
    pub(crate) counted: i32,
    /// Why it counts so, in words.
    #[schema(example = "it counts for octocat")]
    pub(crate) because: String,
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

impl From<StandingRow> for DisputedContribution {
    fn from(row: StandingRow) -> Self {
        let because = because(&row).to_owned();
        // Who is not shown is not named here either.
        let shown = row.class.as_deref() != Some("hidden");
        Self {
            id: row.id,
            kind: row.kind,
            key: row.semantic_key,
            occurred_at: row.occurred_at,
            account: row
                .contributor
                .filter(|_| shown)
                .map(AccountReference::from_stored),
            login: row.login.filter(|_| shown),
            basis: row.basis,
            counted: row.counted,
            because,
        }
    }
}

fn because(row: &StandingRow) -> &'static str {
    match (row.contributor.is_some(), row.class.as_deref()) {
        _ if row.superseded => {
            "others that are known better stand in its place, or it was retracted"
        }
        (false, _) => "nobody is known yet who gets the credit",
        (_, Some("bot")) => "it counts for a bot, which boards of people do not show",
        (_, Some("agent")) => "it counts for an AI agent, which boards of people do not show",
        (_, Some("hidden")) => "it counts for somebody who does not want to be shown",
        _ if row.kind == "self_review" => "a review of one's own pull request is worth no points",
        _ => "it counts",
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
        InstantCursor { at, id }.encode()
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
            .map(DisputedContribution::from)
            .collect(),
    })
}
