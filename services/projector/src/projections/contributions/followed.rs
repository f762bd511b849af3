//! Which contributions each batch changed, for readers who follow along.

use domain::Resolution;
use sqlx::PgConnection;
use uuid::Uuid;

use super::changes::{Changes, Contribution};

/// Changes that are remembered: most of an hour of all that happens on GitHub.
const REMEMBERED: i64 = 200_000;

/// Remembers what changed: new contributions, those that are known better, and
/// those that went over into others.
pub(super) async fn remember(
    transaction: &mut PgConnection,
    changes: &Changes,
) -> Result<(), sqlx::Error> {
    let places = changes
        .iter()
        .filter_map(|(id, contribution)| Some((id, place_of(contribution)?)));
    let (ids, repositories): (Vec<Uuid>, Vec<String>) = places
        .map(|(id, place)| (id, place.repository.to_string()))
        .unzip();
    if ids.is_empty() {
        return Ok(());
    }
    // Whoever changes contributions is alone in doing so (`rules::lock`).
    let last = sqlx::query_scalar!(
        "INSERT INTO contribution_changes (last_change, contributions, repositories)
         SELECT coalesce(max(last_change), 0) + cardinality($1::uuid[]), $1, $2
         FROM contribution_changes
         RETURNING last_change",
        &ids,
        &repositories,
    )
    .fetch_one(&mut *transaction)
    .await?;
    sqlx::query!(
        "DELETE FROM contribution_changes WHERE last_change <= $1",
        last - REMEMBERED,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Where it is now, or was last.
fn place_of(contribution: &Contribution) -> Option<&Resolution> {
    let stored = contribution.stored.as_ref();
    let resolution = contribution.resolution.as_ref();
    resolution.or(stored.map(|stored| &stored.resolution))
}
