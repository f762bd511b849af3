//! Disputes: raised by people, answered by asking GitHub.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::dispute::{DisputeOutcome, Disputed};
use domain::jobs::{Cause, JobQueued, Overlap, Queue};
use event_log::EventLog;
use events::{DisputeAnswered, DisputeRaised, Envelope, Event};
use uuid::Uuid;

use crate::{Author, DecisionError, SOURCE};

/// How often it is tried, and for how many seconds each time.
const ATTEMPTS: u32 = 5;
const TIME_LIMIT: u32 = 300;

/// What came of a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What came of it.
    pub outcome: DisputeOutcome,
    /// The same in words.
    pub detail: String,
    /// The contributions that it comes to.
    pub contributions: Vec<Uuid>,
}

/// Says that somebody misses something.
///
/// # Errors
/// [`DecisionError::Log`] when the log does not take it.
pub async fn raise(
    log: &EventLog,
    disputed: &Disputed,
    author: &Author,
) -> Result<(), DecisionError> {
    author.check()?;
    let raised = Event::DisputeRaised(DisputeRaised {
        dispute: disputed.id(),
        url: disputed.to_string(),
        actor: author.actor.clone(),
        reason: author.reason.clone(),
        raised_at: author.at,
    });
    say(log, raised).await
}

/// The job that asks GitHub for it.
#[must_use]
pub fn job(disputed: &Disputed, author: &Author) -> JobQueued {
    JobQueued {
        job: Uuid::now_v7(),
        name: "answer-dispute".to_owned(),
        queue: Queue::Scraping,
        cause: Cause::Hand {
            actor: author.actor.clone(),
            reason: author.reason.clone(),
        },
        arguments: BTreeMap::from([("url".to_owned(), disputed.to_string())]),
        attempts: ATTEMPTS,
        time_limit: TIME_LIMIT,
        overlap: Overlap::Allowed,
        queued_at: author.at,
    }
}

/// Says what came of a dispute.
///
/// # Errors
/// As [`raise`].
pub async fn answered(
    log: &EventLog,
    disputed: &Disputed,
    outcome: Outcome,
    at: DateTime<Utc>,
) -> Result<(), DecisionError> {
    let answered = Event::DisputeAnswered(DisputeAnswered {
        dispute: disputed.id(),
        url: disputed.to_string(),
        outcome: outcome.outcome,
        detail: outcome.detail,
        contributions: outcome.contributions,
        answered_at: at,
    });
    say(log, answered).await
}

async fn say(log: &EventLog, event: Event) -> Result<(), DecisionError> {
    let envelope = Envelope::wrap(SOURCE, event)?;
    log.publisher().publish(vec![envelope]).await?;
    Ok(())
}
