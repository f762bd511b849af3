//! A checkpoint that is ahead of its log: nothing is projected, and it is written down
//! where readers can see it.

use event_log::EventLog;
use postgres::{GenerationPool, within};

use super::lease::ANSWER_LIMIT;
use crate::{Projection, ProjectionError};

/// Fails when the read models know of messages that the log does not hold. Whatever is
/// published after that, up to the checkpoint, would be passed over without a word. It
/// is looked each time anew, so a log that is put right is followed again.
pub(super) async fn check_log<P: Projection>(
    home: &GenerationPool,
    log: &EventLog,
    checkpoint: u64,
) -> Result<(), ProjectionError> {
    let last = log.last_sequence(P::STREAM).await?;
    if checkpoint <= last {
        return Ok(within(ANSWER_LIMIT, write_down(home, P::NAME, None)).await?);
    }
    let refused = ProjectionError::AheadOfLog {
        projection: P::NAME,
        generation: home.generation().number,
        stream: P::STREAM.name(),
        checkpoint,
        last,
    };
    let why = refused.to_string();
    within(ANSWER_LIMIT, write_down(home, P::NAME, Some(&why))).await?;
    Err(refused)
}

async fn write_down(
    home: &GenerationPool,
    projection: &str,
    why: Option<&str>,
) -> Result<(), sqlx::Error> {
    let mut transaction = home.begin().await?;
    sqlx::query!(
        "UPDATE projections SET refused = $2
         WHERE projection = $1 AND refused IS DISTINCT FROM $2",
        projection,
        why,
    )
    .execute(&mut *transaction)
    .await?;
    postgres::commit(transaction).await
}
