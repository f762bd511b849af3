//! What other services could not read, for a person to see, and what was done
//! about it.

use event_log::{Delivered, LogStream};
use events::{DeadLetterRecorded, DeadLetterResolved, Event};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::{Projection, Unreadable, read_events};
use crate::ProjectionError;

/// What happened to a dead letter.
pub enum Letter {
    /// It came up.
    Recorded(DeadLetterRecorded),
    /// Somebody did something about it.
    Resolved(DeadLetterResolved),
}

/// The projection of dead letters.
pub struct DeadLetters;

impl Projection for DeadLetters {
    const NAME: &'static str = "dead_letters";
    const STREAM: LogStream = LogStream::DeadLetters;
    const TABLES: &'static [&'static str] = &["dead_letters", "dead_letter_resolutions"];
    // What was settled earlier may have been cleaned up.
    const EFFECTIVE_ROWS: &'static [(&'static str, &'static str)] = &[
        (
            "dead_letters",
            "NOT EXISTS (SELECT FROM {schema}.dead_letter_resolutions AS settled
                         WHERE settled.letter = here.id
                           AND settled.resolved_at < now() - interval '90 days')",
        ),
        (
            "dead_letter_resolutions",
            "here.resolved_at >= now() - interval '90 days'",
        ),
    ];

    type Facts = Vec<(u64, Letter)>;

    fn read(batch: &[Delivered]) -> (Self::Facts, Unreadable) {
        read_events(batch, "dead letter", |event| match event {
            Event::DeadLetterRecorded(letter) => Some(Letter::Recorded(letter)),
            Event::DeadLetterResolved(resolved) => Some(Letter::Resolved(resolved)),
            _ => None,
        })
    }

    async fn apply(
        &mut self,
        transaction: &mut PgConnection,
        letters: Self::Facts,
    ) -> Result<(), ProjectionError> {
        for (_, letter) in &letters {
            match letter {
                Letter::Recorded(letter) => record(transaction, letter).await?,
                Letter::Resolved(resolved) => resolve(transaction, resolved).await?,
            }
        }
        Ok(())
    }
}

async fn record(
    transaction: &mut PgConnection,
    letter: &DeadLetterRecorded,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO dead_letters (id, recorded_at, service, origin, line, error, content, bytes,
                                   received)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO NOTHING",
        letter.id(),
        letter.recorded_at,
        letter.service,
        letter.origin,
        letter.line.map(u64::cast_signed),
        letter.error.replace('\0', "\u{fffd}"),
        letter.content.replace('\0', "\u{fffd}"),
        letter.bytes.cast_signed(),
        letter.received.as_ref().map(Json) as _,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

async fn resolve(
    transaction: &mut PgConnection,
    resolved: &DeadLetterResolved,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO dead_letter_resolutions AS known (letter, outcome, actor, reason, resolved_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (letter) DO UPDATE
         SET outcome = excluded.outcome, actor = excluded.actor, reason = excluded.reason,
             resolved_at = excluded.resolved_at
         WHERE known.resolved_at <= excluded.resolved_at",
        resolved.letter,
        resolved.outcome.as_str(),
        resolved.actor.replace('\0', "\u{fffd}"),
        resolved.reason.replace('\0', "\u{fffd}"),
        resolved.resolved_at,
    )
    .execute(transaction)
    .await?;
    Ok(())
}
