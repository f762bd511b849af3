//! Forgetting people: taking what they did from the log, and what is said of
//! them from what others did.
//!
//! First the decision is appended, by which publishers know them from then on.
//! Then the streams are read from the beginning, and every message that tells
//! of them is overwritten; what is left of it, if anything, is published anew.
//! Whoever is killed in the middle begins again: what was done already is not
//! found again.

mod elsewhere;
mod histories;
mod who;

use std::collections::HashSet;

use event_log::{Delivered, EventLog, LogStream};
use events::{
    ContributorErased, Envelope, Erased, ErasedReferences, ErasureKey, Event, Fold, Subject,
};
use uuid::Uuid;

use crate::{Author, DecisionError, SOURCE};

use histories::has_histories;
pub use who::Person;

/// Messages read at a time.
const AT_ONCE: usize = 2_000;

/// What an erasure did to the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// Messages that are gone.
    pub removed: u64,
    /// Messages that were published anew without what they said of a person.
    pub redacted: u64,
    /// Runs of jobs that name a person and are not done yet: they are left until they are.
    pub unfinished: u64,
}

impl Rewritten {
    /// Whether nothing was found that could be changed.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self.removed == 0 && self.redacted == 0
    }
}

impl std::ops::AddAssign for Rewritten {
    fn add_assign(&mut self, other: Self) {
        self.removed += other.removed;
        self.redacted += other.redacted;
        self.unfinished += other.unfinished;
    }
}

/// Decides that a person is forgotten. Says nothing of who it is.
///
/// # Errors
/// [`DecisionError`] when the log cannot be read or written.
pub async fn decide(
    log: &EventLog,
    key: &ErasureKey,
    person: &Person,
    author: &Author,
) -> Result<(), DecisionError> {
    author.check()?;
    let references: Vec<String> = person.references().map(|one| key.hash(&one)).collect();
    let known = erased(log, key).await?;
    let is_known = references.iter().all(|hash| known.knows(hash));
    if is_known {
        return Ok(());
    }
    let event = Event::ContributorErased(ContributorErased {
        references,
        actor: author.actor.clone(),
        reason: author.reason.clone(),
        decided_at: author.at,
    });
    let envelope = Envelope::wrap(SOURCE, event)?;
    log.publisher().publish(vec![envelope]).await?;
    Ok(())
}

/// Everybody who was erased.
///
/// # Errors
/// [`DecisionError::Log`] when the log cannot be read.
pub async fn erased(log: &EventLog, key: &ErasureKey) -> Result<Erased, DecisionError> {
    let subject = Subject::of_erasures();
    let decided = log
        .read_all(LogStream::Decisions, subject.as_str(), 0)
        .await?;
    let mut references = ErasedReferences::default();
    for decision in decided {
        references.fold(&decision.envelope.event);
    }
    Ok(Erased::new(key.clone(), references))
}

/// Takes from the log what it says of those who were erased: contributions that
/// are credited to them (`theirs`) wherever they were seen, and every mention
/// elsewhere. What was decided about them and others together is decided anew
/// about the others, by `author`.
///
/// # Errors
/// [`DecisionError`] when the log cannot be read or written; whatever was done
/// is done.
pub async fn rewrite(
    log: &EventLog,
    erased: &Erased,
    theirs: &HashSet<Uuid>,
    author: &Author,
) -> Result<Rewritten, DecisionError> {
    let mut rewritten = Rewritten::default();
    for stream in LogStream::ALL {
        if has_histories(stream) {
            rewritten += histories::rewrite(log, stream, erased).await?;
            continue;
        }
        let mut backlog = log.backlog(stream, 0).await?;
        while let Some(batch) = backlog.next_batch(AT_ONCE).await? {
            for message in batch {
                let left = left_of_message(stream, erased, theirs, &message)?;
                rewritten += rewrite_one(log, stream, erased, &message, left, author).await?;
            }
        }
    }
    Ok(rewritten)
}

/// What becomes of a message.
enum Left {
    /// It stays as it is.
    All,
    /// It is replaced.
    Some(Envelope),
    /// It goes; the event that it was, if it could be read.
    Nothing(Option<Event>),
}

fn left_of_message(
    stream: LogStream,
    erased: &Erased,
    theirs: &HashSet<Uuid>,
    message: &Delivered,
) -> Result<Left, DecisionError> {
    Ok(match Envelope::decode(&message.payload) {
        Ok(envelope) => match left_of(stream, erased, theirs, &envelope) {
            Some(event) if event == envelope.event => Left::All,
            Some(event) => Left::Some(Envelope::wrap(&envelope.source, event)?),
            None => Left::Nothing(Some(envelope.event)),
        },
        Err(_) if erased.is_mentioned_in(&message.payload) => Left::Nothing(None),
        Err(_) => Left::All,
    })
}

/// Takes a message from the log. What takes its place is there before it is gone.
async fn rewrite_one(
    log: &EventLog,
    stream: LogStream,
    erased: &Erased,
    message: &Delivered,
    left: Left,
    author: &Author,
) -> Result<Rewritten, DecisionError> {
    let mut rewritten = Rewritten::default();
    match left {
        Left::All => return Ok(rewritten),
        Left::Some(envelope) => {
            log.publisher().publish(vec![envelope]).await?;
            rewritten.redacted = 1;
        }
        Left::Nothing(event) => {
            if let Some(event) = event {
                elsewhere::decide_without(log, erased, &event, author).await?;
            }
            rewritten.removed = 1;
        }
    }
    log.erase(stream, message.sequence).await?;
    Ok(rewritten)
}

/// What is left of an event; `None` when nothing is.
fn left_of(
    stream: LogStream,
    erased: &Erased,
    theirs: &HashSet<Uuid>,
    envelope: &Envelope,
) -> Option<Event> {
    let event = envelope.event.clone();
    if stream != LogStream::Contributions {
        return (!elsewhere::tells_of(erased, &event)).then(|| erased.without_names(event));
    }
    match &event {
        Event::ContributionRecorded(recorded) if theirs.contains(&recorded.contribution) => None,
        Event::ContributionRetracted(retracted) if theirs.contains(&retracted.contribution) => None,
        Event::ContributionReinstated(event) if theirs.contains(&event.contribution) => None,
        _ => erased.without(event),
    }
}
