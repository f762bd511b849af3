//! Doing something about dead letters, whatever they are of.

use std::collections::BTreeMap;

use domain::jobs::Cause;
use event_log::EventLog;
use events::DeadLetterOutcome;
use jobs::Dispatcher;
use serde::Deserialize;

use super::kept::Subject;
use super::{DeadLetter, RedriveError, Resolution, discard, redrive};

/// Does something about dead letters.
#[derive(Clone)]
pub struct Redriver {
    log: EventLog,
    dispatcher: Dispatcher,
}

/// What a dead letter of a job holds.
#[derive(Deserialize)]
struct FailedJob {
    job: String,
    #[serde(default)]
    arguments: BTreeMap<String, String>,
}

impl Redriver {
    /// Publishes on a log, and asks for jobs that failed.
    #[must_use]
    pub fn new(log: EventLog, dispatcher: Dispatcher) -> Self {
        Self { log, dispatcher }
    }

    /// Does it about one; returns what came of it, in words.
    ///
    /// # Errors
    /// [`RedriveError`]; then the letter stays as it is, and doing it again is
    /// safe.
    pub async fn resolve(
        &self,
        letter: &DeadLetter,
        outcome: DeadLetterOutcome,
        resolution: &Resolution,
    ) -> Result<String, RedriveError> {
        match outcome {
            DeadLetterOutcome::Redriven => self.redrive(letter, resolution).await,
            DeadLetterOutcome::Discarded => {
                discard(&self.log, letter.id, resolution).await?;
                Ok("discarded".to_owned())
            }
        }
    }

    async fn redrive(
        &self,
        letter: &DeadLetter,
        resolution: &Resolution,
    ) -> Result<String, RedriveError> {
        let mut asked = None;
        if matches!(letter.subject(), Subject::Job) {
            let failed: FailedJob =
                serde_json::from_str(&letter.content).map_err(RedriveError::Job)?;
            let cause = Cause::Redrive {
                letter: letter.id,
                actor: resolution.actor.clone(),
                reason: resolution.reason.clone(),
            };
            let dispatcher = &self.dispatcher;
            let job = dispatcher.dispatch(&failed.job, &failed.arguments, cause);
            asked = Some(job.await?);
        }
        let stored = redrive(&self.log, letter, resolution).await?;
        Ok(match (asked, letter.subject()) {
            (Some(job), _) => format!("asked for again; see: leaderboard job status {job}"),
            (None, Subject::Delivery) => "asked for; the notifier sends it again".to_owned(),
            (None, _) => format!("redriven, {stored} messages are new"),
        })
    }
}
