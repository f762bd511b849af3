//! Saying what was done about dead letters.

use chrono::{DateTime, Utc};
use event_log::EventLog;
use events::{DeadLetterOutcome, DeadLetterResolved, Envelope, Event};
use uuid::Uuid;

use super::kept::Subject;
use super::reading::read_again;
use super::{DeadLetter, RedriveError};

/// The name under which decisions about dead letters are published.
const ORIGIN: &str = "/leaderboard/dead-letters";

/// Who decides about a dead letter, why, and when.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// Who decides.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When, in UTC.
    pub at: DateTime<Utc>,
}

/// Reads a dead letter again, publishes what it holds, and says that it was
/// done. Returns how many messages the log did not hold yet. Doing it twice
/// counts nothing twice. A delivery of a webhook is sent again by the notifier,
/// which hears of what is said here.
///
/// # Errors
/// [`RedriveError`]; then the letter stays as it is, and doing it again is
/// safe.
pub async fn redrive(
    log: &EventLog,
    letter: &DeadLetter,
    resolution: &Resolution,
) -> Result<u64, RedriveError> {
    let envelopes = read_again(letter)?;
    let mut stored = 0;
    if !envelopes.is_empty() {
        stored = log.publisher().publish(envelopes).await?.stored;
    }
    // A message is only passed to the projector again when it is on the log
    // again; what a source has may well have been read meanwhile.
    if matches!(letter.subject(), Subject::Message) && stored == 0 {
        return Err(RedriveError::Repetition);
    }
    resolve(log, letter.id, DeadLetterOutcome::Redriven, resolution).await?;
    Ok(stored)
}

/// Says that nobody wants what a dead letter holds. It stays to be seen.
///
/// # Errors
/// [`RedriveError::Log`].
pub async fn discard(
    log: &EventLog,
    letter: Uuid,
    resolution: &Resolution,
) -> Result<(), RedriveError> {
    resolve(log, letter, DeadLetterOutcome::Discarded, resolution).await
}

async fn resolve(
    log: &EventLog,
    letter: Uuid,
    outcome: DeadLetterOutcome,
    resolution: &Resolution,
) -> Result<(), RedriveError> {
    let resolved = Event::DeadLetterResolved(DeadLetterResolved {
        letter,
        outcome,
        actor: resolution.actor.clone(),
        reason: resolution.reason.clone(),
        resolved_at: resolution.at,
    });
    let envelope = Envelope::wrap(ORIGIN, resolved)?;
    log.publisher().publish(vec![envelope]).await?;
    Ok(())
}
