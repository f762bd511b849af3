//! Dead letters that somebody wants redriven or discarded.

use std::sync::Arc;

use async_trait::async_trait;
use domain::LetterFilter;
use domain::jobs::{Failure, JobQueued, RESOLVE_DEAD_LETTERS, Severity};
use event_log::LogStream;
use events::DeadLetterOutcome;
use futures::StreamExt;
use jobs::{Dispatcher, Done, Handler, Run};
use uuid::Uuid;

use super::ScrapingParts;
use crate::letters::{DeadLetter, FindError, LetterSource, Letters, Redriver, Resolution};

/// Streams that workers may not write to: what people decide, and when jobs are
/// due.
const NOT_OURS: [LogStream; 2] = [LogStream::Decisions, LogStream::Schedule];

/// Does what `action` says (redrive or discard) about the dead letters of
/// `ids`, or about all that are parked and that a filter means.
pub struct ResolveDeadLetters {
    /// What the scraper's jobs need.
    pub parts: ScrapingParts,
    /// Where dead letters are found.
    pub letters: Arc<dyn LetterSource>,
}

#[async_trait]
impl Handler for ResolveDeadLetters {
    fn name(&self) -> &'static str {
        RESOLVE_DEAD_LETTERS
    }

    async fn run(&self, job: &JobQueued, run: &Run) -> Result<Done, Failure> {
        let mut asked = Asked::read(job)?;
        // What is set aside again meanwhile is not met again.
        let until = asked.filter.until.unwrap_or(job.queued_at);
        asked.filter.until = Some(until.min(job.queued_at));
        let (actor, reason) = job.cause.author();
        let resolution = Resolution {
            actor: actor.to_owned(),
            reason: reason.to_owned(),
            at: self.parts.clock.now(),
        };
        let log = &self.parts.log;
        let dispatcher = Dispatcher::new(log.clone(), Arc::clone(&self.parts.clock));
        let redriver = Redriver::new(log.clone(), dispatcher);
        let mut letters = asked.letters(self.letters.as_ref());
        let (mut done, mut looked_at) = (0_u64, 0_u64);
        while let Some(found) = letters.next().await {
            if run.cancellation().is_cancelled() {
                return Err(Failure::new(Severity::Low, "it was broken off"));
            }
            looked_at += 1;
            let letter = match found {
                Ok(letter) => letter,
                Err(error @ FindError::Absent(_)) => {
                    run.leave_out(Failure::new(Severity::Medium, error));
                    continue;
                }
                Err(error) => return Err(Failure::new(Severity::Low, error)),
            };
            run.progress(looked_at, asked.total(), letter.origin.clone());
            if let Some(failure) = asked.is_for_others(&letter) {
                run.leave_out(failure);
                continue;
            }
            match redriver.resolve(&letter, asked.outcome, &resolution).await {
                Ok(_) => done += 1,
                Err(error) => {
                    let severity = if error.may_pass() {
                        Severity::Low
                    } else {
                        Severity::Medium
                    };
                    let failure = Failure::new(severity, error).at("dead_letter", letter.id);
                    if severity == Severity::Low {
                        return Err(failure);
                    }
                    run.leave_out(failure);
                }
            }
        }
        let outcome = asked.outcome.as_str();
        Ok(Done::new(format!(
            "{done} of {looked_at} dead letters were {outcome}"
        )))
    }
}

/// What is asked for.
struct Asked {
    outcome: DeadLetterOutcome,
    ids: Vec<Uuid>,
    filter: LetterFilter,
}

impl Asked {
    fn read(job: &JobQueued) -> Result<Self, Failure> {
        let text = |name: &str| job.arguments.get(name).map(String::as_str);
        let wrong = |message: String| Failure::new(Severity::High, message);
        let outcome = match text("action") {
            Some("redrive") => DeadLetterOutcome::Redriven,
            Some("discard") => DeadLetterOutcome::Discarded,
            other => {
                return Err(wrong(format!(
                    "action must be redrive or discard, not {other:?}"
                )));
            }
        };
        let ids = text("ids").unwrap_or_default().split(',');
        let ids = ids.map(str::trim).filter(|id| !id.is_empty());
        let ids: Result<Vec<Uuid>, _> = ids.map(Uuid::parse_str).collect();
        let ids = ids.map_err(|error| wrong(format!("ids must be UUIDs: {error}")))?;
        let filter = LetterFilter::read(text).map_err(|fault| wrong(fault.to_string()))?;
        // Everything is meant only by who says so.
        if ids.is_empty() && filter.is_everything() && text("all") != Some("true") {
            return Err(wrong("give ids, a filter, or all=true".to_owned()));
        }
        Ok(Self {
            outcome,
            ids,
            filter,
        })
    }

    /// Why somebody else has to redrive it, if so.
    fn is_for_others(&self, letter: &DeadLetter) -> Option<Failure> {
        let stream = letter.stream()?;
        let is_ours = NOT_OURS.iter().all(|other| other.name() != stream);
        if is_ours || self.outcome == DeadLetterOutcome::Discarded {
            return None;
        }
        let message = format!(
            "a worker may not write to {stream}; redrive it by the command line, as the operator"
        );
        let failure = Failure::new(Severity::Medium, message);
        Some(failure.at("dead_letter", letter.id))
    }

    fn letters<'a>(&'a self, source: &'a dyn LetterSource) -> Letters<'a> {
        if self.ids.is_empty() {
            source.parked(&self.filter)
        } else {
            source.named(&self.ids)
        }
    }

    fn total(&self) -> Option<u64> {
        (!self.ids.is_empty()).then_some(self.ids.len() as u64)
    }
}
