//! What was decided about which repositories are tracked.

use domain::{Decided, RepositoryName, Tracking, TrackingDecision};
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;

/// What of a decision tells which repository it is about.
#[derive(Debug, Deserialize)]
struct Detail {
    #[serde(default)]
    id: Option<u64>,
    name: RepositoryName,
}

/// Everything that was decided about tracking, in the order of the log. Groups are
/// not among it.
pub(crate) async fn tracking(connection: &mut PgConnection) -> Result<Tracking, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT what = 'repository.tracked' AS "tracked!", actor, reason,
               decided_at, detail AS "detail!: Json<Detail>"
        FROM decisions
        WHERE what IN ('repository.tracked', 'repository.untracked')
        ORDER BY decision
        "#
    );
    let mut tracking = Tracking::default();
    for row in rows.fetch_all(connection).await? {
        let Detail { id, name } = row.detail.0;
        tracking.decide(TrackingDecision {
            id,
            name,
            tracked: row.tracked,
            decided: Decided {
                actor: row.actor,
                reason: row.reason,
                at: row.decided_at,
            },
        });
    }
    Ok(tracking)
}
