//! Applying a batch within a transaction.

use event_log::Delivered;
use postgres::GenerationPool;
use sqlx::PgConnection;

use crate::{Projection, ProjectionError, Unreadable};

/// Does to a batch what the runner does between beginning a transaction and
/// committing it, in a transaction that is the caller's: no checkpoint moves.
/// Returns the messages that cannot be read.
///
/// # Errors
/// What the projection or the database answers; the transaction must be given
/// up then.
pub async fn apply_batch<P: Projection>(
    projection: &mut P,
    home: &GenerationPool,
    transaction: &mut PgConnection,
    batch: &[Delivered],
) -> Result<Unreadable, ProjectionError> {
    let (facts, unreadable) = P::read(batch);
    projection.prepare(home, &facts).await?;
    apply_facts(projection, transaction, facts).await?;
    Ok(unreadable)
}

/// Applies what a batch says.
pub(super) async fn apply_facts<P: Projection>(
    projection: &mut P,
    transaction: &mut PgConnection,
    facts: P::Facts,
) -> Result<(), ProjectionError> {
    plan_for_point_lookups(transaction).await?;
    projection.apply(transaction, facts).await
}

/// A projection's statements look up some thousand keys in tables of any size.
/// Left to its estimates of arrays, the planner would now and then read a
/// whole table instead. For the same reason lookups are written as
/// `LATERAL (… OFFSET 0)`: one probe of an index per key, whatever the planner
/// believes of a table that has no statistics yet.
async fn plan_for_point_lookups(transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(
        "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off;
         SET LOCAL enable_mergejoin = off; SET LOCAL jit = off",
    )
    .execute(transaction)
    .await?;
    Ok(())
}
