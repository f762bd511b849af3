//! Failures, told where people look: one issue for each cause, and a comment
//! on it each time it comes again.

mod issues;

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use domain::jobs::{Failure, JobFailed, JobQueued};
use event_log::{LogError, LogStream, Recorded};
use events::{Envelope, Event, NoticeSent, Subject};
use jobs::{Done, Handler, Run};
use sha2::{Digest, Sha256};

pub use issues::Issues;

use crate::ReporterParts;
use crate::reports::of_log;

/// What notices say they come from.
const ORIGIN: &str = "/reporter";

/// Tells of jobs that failed since it last did.
pub struct TellFailures {
    parts: ReporterParts,
    /// The sequence up to which nothing is left to be told: what was said of jobs
    /// that did not fail need not be read again.
    told_to: AtomicU64,
}

impl TellFailures {
    /// Nothing was read yet.
    #[must_use]
    pub fn new(parts: ReporterParts) -> Self {
        Self {
            parts,
            told_to: AtomicU64::new(0),
        }
    }
}

#[async_trait]
impl Handler for TellFailures {
    fn name(&self) -> &'static str {
        "tell-failures"
    }

    async fn run(&self, _: &JobQueued, run: &Run) -> Result<Done, Failure> {
        let Some(issues) = &self.parts.issues else {
            return Ok(Done::new("nobody is to be told"));
        };
        let untold = self.untold().await;
        let (untold, read_to) = untold.map_err(|error| of_log(&error))?;
        let total = untold.len() as u64;
        for (told, (through, failed)) in untold.iter().enumerate() {
            run.progress(told as u64, Some(total), &failed.name);
            self.tell(issues, failed, *through).await?;
        }
        self.told_to.fetch_max(read_to, Ordering::Relaxed);
        Ok(Done::new(format!("{total} failures were told")))
    }
}

impl TellFailures {
    /// What failed and was not told, in its order, with the sequences; and up to
    /// which sequence that was read.
    async fn untold(&self) -> Result<(Vec<(u64, JobFailed)>, u64), LogError> {
        let log = &self.parts.log;
        let last = log
            .last_on(LogStream::Reports, &Subject::of_notices())
            .await?;
        let told = last.map_or(0, |last| match last.envelope.event {
            Event::NoticeSent(sent) => sent.through,
            _ => 0,
        });
        let told = told.max(self.told_to.load(Ordering::Relaxed));
        let (mut untold, mut read_to) = (Vec::new(), told);
        let take = |said: Recorded| {
            read_to = said.sequence;
            if let Event::JobFailed(failed) = said.envelope.event {
                untold.push((said.sequence, failed));
            }
        };
        let read = log.read_each(LogStream::Jobs, "jobs.v1.>", told, take);
        read.await?;
        Ok((untold, read_to))
    }

    async fn tell(&self, issues: &Issues, failed: &JobFailed, through: u64) -> Result<(), Failure> {
        let cause = digest(failed);
        let known = issues.find(&cause).await?;
        let first = known.is_none();
        let told_at = match known {
            Some(issue) => {
                let run = failed.job.to_string();
                issues.comment_once(&issue, &run, &text(failed)).await?;
                issue.address()
            }
            None => {
                let title = format!("{} fails: {}", failed.name, short(&failed.failure.message));
                issues.open(&cause, &title, &text(failed)).await?
            }
        };
        tracing::info!(job = %failed.job, told_at, "failure_told");
        let sent = Event::NoticeSent(NoticeSent {
            cause,
            job: failed.job,
            told_at,
            first,
            through,
            sent_at: self.parts.clock.now(),
        });
        let envelope = Envelope::wrap(ORIGIN, sent).map_err(|error| of_log(&error.into()))?;
        let publisher = self.parts.log.publisher();
        publisher
            .publish(vec![envelope])
            .await
            .map_err(|error| of_log(&error))?;
        Ok(())
    }
}

/// What is the same when the same fails again: the job, and its error without
/// what differs from time to time.
fn digest(failed: &JobFailed) -> String {
    let mut text: String = failed
        .failure
        .message
        .chars()
        .map(|letter| if letter.is_ascii_digit() { '#' } else { letter })
        .collect();
    while text.contains("##") {
        text = text.replace("##", "#");
    }
    let digest = Sha256::digest(format!("{} {text}", failed.name));
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn short(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    line.chars().take(80).collect()
}

fn text(failed: &JobFailed) -> String {
    let context: String = failed
        .failure
        .context
        .iter()
        .map(|(what, which)| format!("- {what}: `{}`\n", which.replace('`', "'")))
        .collect();
    format!(
        "Job `{}` failed at {} in attempt {}, with severity {}:\n\n```\n{}\n```\n\n{context}- run: `{}`\n",
        failed.name,
        failed.failed_at.format("%Y-%m-%d %H:%M:%S UTC"),
        failed.attempt,
        failed.failure.severity.as_str(),
        failed.failure.message.replace("```", "'''"),
        failed.job,
    )
}

#[cfg(test)]
mod tests {
    use domain::jobs::{Queue, Severity};
    use uuid::Uuid;

    use super::*;

    fn failed(name: &str, message: &str) -> JobFailed {
        JobFailed {
            job: Uuid::nil(),
            name: name.to_owned(),
            queue: Queue::Scraping,
            attempt: 1,
            failure: Failure::new(Severity::High, message),
            failed_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_same_cause_at_another_time_is_the_same() {
        let first = failed("refresh-stale", "GitHub answered 502 after 31 s");
        let again = failed("refresh-stale", "GitHub answered 502 after 7 s");
        assert_eq!(digest(&first), digest(&again));
        assert_ne!(
            digest(&first),
            digest(&failed("vacuum", &first.failure.message))
        );
        assert_ne!(
            digest(&first),
            digest(&failed("refresh-stale", "no token is valid"))
        );
    }

    #[test]
    fn no_message_breaks_out_of_its_place() {
        let told = text(&failed("vacuum", "```\n# heading"));
        assert_eq!(told.matches("```").count(), 2);
    }
}
