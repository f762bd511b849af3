//! One page of an explanation, and its totals.

use std::collections::HashMap;

use domain::{Metric, Policy, SightingRecord, SourceReference, Thousandths};
use uuid::Uuid;

use super::listing::Listing;
use super::{
    ExplainRequest, ExplainedResource, Explanation, ExplanationTotals, SourceResource, rule_text,
};
use crate::addresses::github_url;
use crate::api::Api;
use crate::computed::{computed_board, is_computed};
use crate::cursor::List;
use crate::explained::Earned;
use crate::points::decimal;
use crate::problem::Problem;
use crate::queries::accounts::Account;
use crate::queries::board::standings_of;
use crate::queries::contributions::{ContributionDetails, details_of};
use crate::queries::snapshot::Snapshot;
use crate::target::Target;

/// What the board itself says, to be compared with.
pub(super) async fn board_value(
    api: &Api,
    snapshot: &mut Snapshot,
    account: &Account,
    target: &Target,
    request: &ExplainRequest,
) -> Result<i64, Problem> {
    let ExplainRequest { period, metric, .. } = *request;
    if !is_computed(target, period) {
        let connection = snapshot.connection();
        let found = standings_of(connection, &account.reference, metric, &[period]).await?;
        return Ok(found.into_values().next().map_or(0, |place| place.value));
    }
    let everyone = domain::ClassFilter::Everyone;
    let board = computed_board(api, snapshot, target, period, metric, everyone).await?;
    let member = board.tally.members.get(&account.reference);
    Ok(member.map_or(0, |member| member.value(metric)))
}

pub(super) fn total(listing: &Listing, metric: Metric, board_value: i64) -> ExplanationTotals {
    let (mut contributions, mut quantity, mut points, mut capped) = (0, 0, 0, 0);
    for (earned, _) in listing.listed() {
        contributions += 1;
        quantity += u64::from(earned.quantity);
        points += earned.points.points();
        capped += usize::from(earned.points.capped);
    }
    let worth = |earned: &Earned| match metric {
        Metric::Score => earned.points.points(),
        Metric::Kind(_) => i64::from(earned.quantity),
    };
    let explained_value = listing.of_metric().map(worth).sum();
    ExplanationTotals {
        contributions,
        quantity,
        points: decimal(points),
        points_thousandths: points,
        capped,
        explained_value,
        board_value,
        agrees: explained_value == board_value,
    }
}

/// The contributions of one page, each with the sum up to it.
pub(super) fn page_of<'a>(
    listed: impl Iterator<Item = (&'a Earned, Thousandths)>,
    request: &ExplainRequest,
) -> (Vec<(&'a Earned, Thousandths)>, Option<String>) {
    let is_after = |(earned, _): &(&Earned, Thousandths)| {
        let after = request.after.as_ref();
        after.is_none_or(|after| earned.place() > *after)
    };
    let limit = request.limit as usize;
    let mut page: Vec<_> = listed.filter(is_after).take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more);
    let next_cursor = next.map(|(earned, _)| Explanation::cursor_after(&earned.place()));
    (page, next_cursor)
}

/// A contribution that counts and is not there, which none is.
#[derive(Debug, thiserror::Error)]
#[error("contribution {0} counts, and is not there")]
struct NotThere(Uuid);

/// Everything that is known of some contributions.
pub(super) async fn describe(
    snapshot: &mut Snapshot,
    policy: &Policy,
    page: &[(&Earned, Thousandths)],
) -> Result<Vec<ExplainedResource>, Problem> {
    let ids: Vec<Uuid> = page.iter().map(|(earned, _)| earned.id).collect();
    let instants: Vec<_> = page.iter().map(|(earned, _)| earned.occurred_at).collect();
    let details = details_of(snapshot.connection(), &ids, &instants).await?;
    let mut details: HashMap<Uuid, ContributionDetails> = details
        .into_iter()
        .map(|details| (details.id, details))
        .collect();
    page.iter()
        .map(|(earned, sum)| {
            let details = details.remove(&earned.id);
            // Left out, it would be missing in the sum.
            let details = details.ok_or_else(|| Problem::internal(&NotThere(earned.id)))?;
            Ok(explained_resource(policy, earned, *sum, details))
        })
        .collect()
}

fn explained_resource(
    policy: &Policy,
    earned: &Earned,
    running_thousandths: Thousandths,
    details: ContributionDetails,
) -> ExplainedResource {
    let name = details
        .repository_name
        .unwrap_or_else(|| details.repository.trim_start_matches('@').to_owned());
    let mut sightings = details.sightings.0;
    sightings.sort_by_key(|sighting| sighting.sequence);
    let first = sightings.first();
    ExplainedResource {
        id: earned.id,
        occurred_at: earned.occurred_at,
        kind: earned.kind,
        rule: rule_text(policy, earned.kind),
        points: decimal(earned.points.points()),
        points_thousandths: earned.points.points(),
        line_points_thousandths: earned.points.line_points,
        running_thousandths,
        capped: earned.points.capped,
        quantity: earned.quantity,
        stated_quantity: details.quantity,
        additions: details.additions,
        deletions: details.deletions,
        basis: details.basis,
        sequence: first.map(|sighting| sighting.sequence),
        recorded_at: first.map(|sighting| sighting.recorded_at),
        github_url: github_url(&name, earned.kind, &details.semantic_key, &sightings),
        semantic_key: details.semantic_key,
        repository: name,
        sources: sightings.into_iter().map(SourceResource::from).collect(),
    }
}

impl From<SightingRecord> for SourceResource {
    fn from(sighting: SightingRecord) -> Self {
        let SourceReference { source, reference } = sighting.source;
        Self {
            source,
            reference,
            sequence: sighting.sequence,
            recorded_at: sighting.recorded_at,
        }
    }
}
