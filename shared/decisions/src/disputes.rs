//! Disputes: raised by people, answered by asking GitHub.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::dispute::{DisputeOutcome, Disputed};
use domain::jobs::{Cause, JobQueued, Overlap, Queue};
use event_log::{EventLog, LogStream};
use events::{DisputeAnswered, DisputeRaised, Envelope, Event, Subject};
use uuid::Uuid;

use crate::{Author, DecisionError, SOURCE};

/// How often it is tried, and for how many seconds each time.
const ATTEMPTS: u32 = 5;
const TIME_LIMIT: u32 = 300;

/// How far the clock of whoever raises a dispute may be ahead of the log's.
const SLOW: TimeDelta = TimeDelta::hours(1);

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

/// Says that somebody misses something. Its job is to be on the log by then
/// ([`job`]): whoever is killed in between has not said what nobody works on,
/// because the job says it, too ([`raised_by`]).
///
/// # Errors
/// [`DecisionError::Log`] when the log does not take it.
pub async fn raise(
    log: &EventLog,
    disputed: &Disputed,
    author: &Author,
) -> Result<(), DecisionError> {
    author.check()?;
    say(log, Event::DisputeRaised(raised(disputed, author))).await
}

fn raised(disputed: &Disputed, author: &Author) -> DisputeRaised {
    DisputeRaised {
        dispute: disputed.id(),
        url: disputed.to_string(),
        actor: author.actor.clone(),
        reason: author.reason.clone(),
        raised_at: author.at,
    }
}

/// Says what the job of a dispute is about, unless that was said.
///
/// # Errors
/// As [`raise`].
pub async fn raised_by(
    log: &EventLog,
    disputed: &Disputed,
    job: &JobQueued,
) -> Result<(), DecisionError> {
    let Cause::Hand { actor, reason } = &job.cause else {
        return Ok(());
    };
    let author = Author {
        actor: actor.clone(),
        reason: reason.clone(),
        at: job.queued_at,
    };
    let wanted = raised(disputed, &author);
    let since = author.at.checked_sub_signed(SLOW).unwrap_or(author.at);
    let subject = Subject::of_disputes();
    let said = log.read_since(LogStream::Decisions, subject.as_str(), since);
    let is_said = |event: &Event| matches!(event, Event::DisputeRaised(said) if *said == wanted);
    let said = said.await?;
    if said
        .iter()
        .any(|recorded| is_said(&recorded.envelope.event))
    {
        return Ok(());
    }
    say(log, Event::DisputeRaised(wanted)).await
}

/// The job that asks GitHub for it. It holds all that there is to say of the
/// dispute.
///
/// # Errors
/// [`DecisionError::Words`] when these cannot be kept.
pub fn job(disputed: &Disputed, author: &Author) -> Result<JobQueued, DecisionError> {
    author.check()?;
    Ok(JobQueued {
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
    })
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
