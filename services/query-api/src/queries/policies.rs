//! The scoring policies that were published.

use domain::{Decided, Policies, PublishedPolicy};
use sqlx::PgConnection;

/// Every policy there ever was.
pub(crate) async fn policies(connection: &mut PgConnection) -> Result<Policies, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT group_name, policy, actor, reason, decided_at FROM policies ORDER BY decision"
    );
    let mut policies = Policies::default();
    for row in rows.fetch_all(connection).await? {
        let policy = row.policy.map(serde_json::from_value).transpose();
        policies.publish(PublishedPolicy {
            group: row.group_name,
            policy: policy.map_err(|error| sqlx::Error::Decode(error.into()))?,
            decided: Decided {
                actor: row.actor,
                reason: row.reason,
                at: row.decided_at,
            },
        });
    }
    Ok(policies)
}
