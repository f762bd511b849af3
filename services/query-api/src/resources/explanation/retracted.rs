//! What was taken back of a contributor's work.

use chrono::{DateTime, Utc};
use domain::{ContributionKind, Metric};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::ExplainRequest;
use super::listing::Listing;
use crate::addresses::github_url;
use crate::problem::Problem;
use crate::queries::accounts::Account;
use crate::queries::retractions::{RetractedRow, retracted_of};
use crate::queries::snapshot::Snapshot;
use crate::target::Target;

/// So many are told at most.
const MOST: i64 = 100;

/// A contribution that counts no more, because somebody decided so.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetractedResource {
    /// The contribution's id.
    pub(crate) id: Uuid,
    /// When it happened.
    pub(crate) occurred_at: DateTime<Utc>,
    /// What was done.
    #[schema(value_type = String, example = "pull_request_merged")]
    pub(crate) kind: ContributionKind,
    /// The present name of the repository.
    #[schema(example = "rails/rails")]
    pub(crate) repository: String,
    /// What makes it the one it is.
    #[schema(example = "pull_request_merged:8514:7")]
    pub(crate) semantic_key: String,
    /// Where to look at it.
    #[schema(example = "https://github.com/rails/rails/pull/7")]
    pub(crate) github_url: String,
    /// Who retracted it.
    #[schema(example = "ann")]
    pub(crate) actor: String,
    /// Why, in words.
    #[schema(example = "recorded from a test repository")]
    pub(crate) reason: String,
    /// When that was decided.
    pub(crate) retracted_at: DateTime<Utc>,
}

/// Loads what would be listed had nobody taken it back. No cap took anything
/// from what earns nothing.
pub(super) async fn load_retracted(
    snapshot: &mut Snapshot,
    account: &Account,
    target: &Target,
    listing: &Listing,
    request: &ExplainRequest,
) -> Result<Vec<RetractedResource>, Problem> {
    if request.capped == Some(true) {
        return Ok(Vec::new());
    }
    let own: Option<Vec<String>> = listing.repository().map(|own| vec![own.to_string()]);
    let within = target.repositories();
    if let (Some(own), Some(within)) = (&own, within)
        && !own.iter().all(|own| within.contains(own))
    {
        return Ok(Vec::new());
    }
    let kind = match request.metric {
        Metric::Score => None,
        Metric::Kind(kind) => Some(kind.as_str()),
    };
    let rows = retracted_of(
        snapshot.connection(),
        &account.reference,
        own.as_deref().or(within),
        request.period,
        kind,
        MOST,
    )
    .await?;
    rows.into_iter().map(resource).collect()
}

/// A kind that this version does not know.
#[derive(Debug, thiserror::Error)]
#[error("a contribution is of the kind {0:?}, which is not known to this version")]
struct UnknownKind(String);

fn resource(row: RetractedRow) -> Result<RetractedResource, Problem> {
    let parsed = row.kind.parse();
    let kind = parsed.map_err(|_| Problem::internal(&UnknownKind(row.kind)))?;
    let repository = row
        .repository_name
        .unwrap_or_else(|| row.repository.trim_start_matches('@').to_owned());
    let mut sightings = row.sightings.0;
    sightings.sort_by_key(|sighting| sighting.sequence);
    Ok(RetractedResource {
        id: row.id,
        occurred_at: row.occurred_at,
        kind,
        github_url: github_url(&repository, kind, &row.semantic_key, &sightings),
        semantic_key: row.semantic_key,
        repository,
        actor: row.actor,
        reason: row.reason,
        retracted_at: row.decided_at,
    })
}
