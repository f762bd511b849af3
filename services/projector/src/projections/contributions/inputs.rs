//! What was read: a running digest of every message up to the checkpoint.
//!
//! Payloads are digested as a batch is read, beside the commit of the one
//! before; within the transaction there is one SHA-256 of 64 bytes for each
//! message. A million payloads of 900 bytes take 0.5 s of one core and 0.09 s
//! of the transactions, on a processor that has instructions for it.

use domain::snapshot::{Digest, InputChain};
use event_log::Delivered;
use sqlx::PgConnection;

use crate::ProjectionError;

/// The sequence of each message, and the digest of what it says.
pub(super) fn digests(batch: &[Delivered]) -> Vec<(u64, Digest)> {
    let digest = |message: &Delivered| (message.sequence, Digest::of(&message.payload));
    batch.iter().map(digest).collect()
}

/// Takes a batch into the digest.
pub(super) async fn follow(
    transaction: &mut PgConnection,
    payloads: &[(u64, Digest)],
) -> Result<(), ProjectionError> {
    let mut chain = stored(transaction).await?;
    for (sequence, payload) in payloads {
        chain.follow(*sequence, *payload);
    }
    sqlx::query!(
        "UPDATE input_chain SET first = $1, sequence = $2, messages = $3, digest = $4",
        chain.first.cast_signed(),
        chain.sequence.cast_signed(),
        chain.messages.cast_signed(),
        &chain.digest.0[..],
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// The digest so far. It begins anew where it does not end at the checkpoint:
/// then a version of the program that knew nothing of it has read on, or the
/// checkpoint was moved back to read the log again.
async fn stored(transaction: &mut PgConnection) -> Result<InputChain, ProjectionError> {
    let row = sqlx::query!(
        r#"SELECT first, chain.sequence, messages, digest,
                  coalesce(projections.sequence, chain.sequence) AS "checkpoint!"
           FROM input_chain AS chain LEFT JOIN projections ON projection = 'contributions'"#
    )
    .fetch_one(transaction)
    .await?;
    if row.sequence != row.checkpoint {
        return Ok(InputChain::after(row.checkpoint.cast_unsigned()));
    }
    let digest = row
        .digest
        .try_into()
        .map_err(|_| ProjectionError::Corrupt {
            what: "digest of what was read",
            detail: "it has not 32 bytes".to_owned(),
        })?;
    Ok(InputChain {
        first: row.first.cast_unsigned(),
        sequence: row.sequence.cast_unsigned(),
        messages: row.messages.cast_unsigned(),
        digest: Digest(digest),
    })
}
