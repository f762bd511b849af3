//! Single contributions: how each stands, and what was decided about it.

mod address;
mod standing;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use self::address::{AddressRequest, load_contributions_at};
pub(crate) use self::standing::{ContributionStanding, RetractionResource, retracted_words};
use crate::problem::Problem;
use crate::queries::disputes::standing;
use crate::queries::retractions::decided_about;
use crate::queries::snapshot::Snapshot;

/// The contributions that an address names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Contributions {
    /// Each as it stands now, the first that happened first.
    pub(crate) contributions: Vec<ContributionStanding>,
}

/// One contribution, and what was decided about it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContributionAnswer {
    /// The contribution as it stands now.
    pub(crate) contribution: ContributionStanding,
    /// Every decision about whether it counts, the latest, which holds, first.
    pub(crate) decisions: Vec<RetractionResource>,
}

/// Loads one contribution.
pub(crate) async fn load_contribution(
    snapshot: &mut Snapshot,
    id: Uuid,
) -> Result<ContributionAnswer, Problem> {
    let found = standing(snapshot.connection(), &[id]).await?;
    let row = found.into_iter().next().ok_or_else(|| {
        Problem::not_found(format!(
            "There is no contribution {id} now; what was known under a name of its repository \
             goes under another id once that has one, and is found by its address on GitHub"
        ))
    })?;
    let decisions = decided_about(snapshot.connection(), id).await?;
    Ok(ContributionAnswer {
        contribution: row.into(),
        decisions: decisions
            .into_iter()
            .map(RetractionResource::from)
            .collect(),
    })
}
