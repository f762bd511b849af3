//! What other services could not read, for a person to see.

use event_log::{Delivered, LogStream};
use events::{DeadLetterRecorded, Event};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Projection, Unreadable, read_events};
use crate::ProjectionError;

/// Namespace of the ids of dead letters.
const NAMESPACE: Uuid = Uuid::from_u128(0x51b9_3e0c_7fd4_5c28_a6e3_0d94_8b71_f25a);

/// The projection of dead letters.
pub struct DeadLetters;

impl Projection for DeadLetters {
    const NAME: &'static str = "dead_letters";
    const STREAM: LogStream = LogStream::DeadLetters;

    type Facts = Vec<(u64, DeadLetterRecorded)>;

    fn read(batch: &[Delivered]) -> (Self::Facts, Unreadable) {
        read_events(batch, "dead letter", |event| match event {
            Event::DeadLetterRecorded(letter) => Some(letter),
            _ => None,
        })
    }

    async fn apply(
        &mut self,
        transaction: &mut PgConnection,
        letters: Self::Facts,
    ) -> Result<(), ProjectionError> {
        for (_, letter) in &letters {
            record(transaction, letter).await?;
        }
        Ok(())
    }
}

async fn record(
    transaction: &mut PgConnection,
    letter: &DeadLetterRecorded,
) -> Result<(), sqlx::Error> {
    // The same damage met again, on another reading of the file, is one letter.
    let place = format!(
        "{}:{}:{:?}:{}",
        letter.service, letter.origin, letter.line, letter.content
    );
    let id = Uuid::new_v5(&NAMESPACE, place.as_bytes());
    sqlx::query!(
        "INSERT INTO dead_letters (id, recorded_at, service, origin, line, error, content, bytes)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO NOTHING",
        id,
        letter.recorded_at,
        letter.service,
        letter.origin,
        letter.line.map(u64::cast_signed),
        letter.error.replace('\0', "\u{fffd}"),
        letter.content.replace('\0', "\u{fffd}"),
        letter.bytes.cast_signed(),
    )
    .execute(transaction)
    .await?;
    Ok(())
}
