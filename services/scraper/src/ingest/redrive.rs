//! Dead letters read again: what could not be read once may be by now, after a
//! decoder was mended or a program upgraded.

use chrono::{DateTime, Utc};
use domain::{Source, SourceReference};
use event_log::{EventLog, LogError};
use events::{DeadLetterOutcome, DeadLetterResolved, DecodeError, Envelope, Event};
use thiserror::Error;
use uuid::Uuid;

use super::names::Names;
use super::outgoing::wrap_all;
use translation::{TranslateError, translate};

/// The name under which decisions about dead letters are published.
const ORIGIN: &str = "/leaderboard/dead-letters";

/// The service whose dead letters are messages of the log; those of others are
/// lines of files.
const PROJECTOR: &str = "projector";

/// A dead letter as it is kept.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// Its id.
    pub id: Uuid,
    /// The service that gave up.
    pub service: String,
    /// The file, or the stream and sequence.
    pub origin: String,
    /// The line within the file.
    pub line: Option<u64>,
    /// What was received, or its beginning.
    pub content: String,
    /// How long it was, in bytes.
    pub bytes: u64,
}

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

/// Why a dead letter stays one.
#[derive(Debug, Error)]
pub enum RedriveError {
    /// It is about a file as a whole.
    #[error("it holds nothing to read again; ingest {0} again with --force")]
    Empty(String),
    /// Only the beginning was kept.
    #[error("only {kept} of its {bytes} bytes were kept; ingest {origin} again with --force")]
    Cut {
        /// Bytes that were kept.
        kept: usize,
        /// Bytes that there were.
        bytes: u64,
        /// Where it stood.
        origin: String,
    },
    /// The line still is no event.
    #[error("it still cannot be read: {0}")]
    Line(#[from] TranslateError),
    /// The message still is no event.
    #[error("it still cannot be read: {0}")]
    Message(#[from] DecodeError),
    /// The log took the message for a repetition.
    #[error("the log holds the same message from the last minutes; try again in a while")]
    Repetition,
    /// An event cannot be encoded.
    #[error("an event cannot be encoded: {0}")]
    Encode(#[from] serde_json::Error),
    /// The log cannot be written to.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Reads a dead letter again, publishes what it holds, and says that it was
/// done. Returns how many messages the log did not hold yet. Doing it twice
/// counts nothing twice.
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
    let is_message = letter.service == PROJECTOR;
    let published = log.publisher().publish(envelopes).await?;
    // A message is only passed to the projector again when it is on the log
    // again; a line may well have been read meanwhile.
    if is_message && published.stored == 0 {
        return Err(RedriveError::Repetition);
    }
    resolve(log, letter.id, DeadLetterOutcome::Redriven, resolution).await?;
    Ok(published.stored)
}

/// Says that what a dead letter holds is done with again, where that is not a
/// matter of reading it.
///
/// # Errors
/// [`RedriveError::Log`].
pub async fn mark_redriven(
    log: &EventLog,
    letter: Uuid,
    resolution: &Resolution,
) -> Result<(), RedriveError> {
    resolve(log, letter, DeadLetterOutcome::Redriven, resolution).await
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

fn read_again(letter: &DeadLetter) -> Result<Vec<Envelope>, RedriveError> {
    if letter.content.is_empty() {
        return Err(RedriveError::Empty(letter.origin.clone()));
    }
    let kept = letter.content.len();
    if (kept as u64) < letter.bytes {
        return Err(RedriveError::Cut {
            kept,
            bytes: letter.bytes,
            origin: letter.origin.clone(),
        });
    }
    if letter.service == PROJECTOR {
        return Ok(vec![Envelope::decode(letter.content.as_bytes())?]);
    }
    let line = letter
        .line
        .map_or_else(String::new, |line| format!(":{line}"));
    let source = SourceReference {
        source: Source::Archive,
        reference: format!("{}{line}", letter.origin),
    };
    let mut translation = translate(letter.content.as_bytes(), &source)?;
    let mut names = Names::default();
    names.add(&translation);
    let events = std::mem::take(&mut translation.events).into_iter();
    Ok(wrap_all(events.chain(names.take_events(&source)))?)
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
