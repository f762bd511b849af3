//! Events of jobs, and what they are in a queue.

use domain::jobs::{JobEntry, JobQueue};

use crate::{Event, Fold};

/// What an event writes down in a queue; `None` when it is not about jobs.
#[must_use]
pub fn job_entry(event: &Event) -> Option<JobEntry> {
    match event.clone() {
        Event::JobQueued(queued) => Some(JobEntry::Queued(queued)),
        Event::JobSkipped(skipped) => Some(JobEntry::Skipped(skipped)),
        Event::JobStarted(started) => Some(JobEntry::Started(started)),
        Event::JobProgressed(progressed) => Some(JobEntry::Progressed(progressed)),
        Event::JobRetrying(retrying) => Some(JobEntry::Retrying(retrying)),
        Event::JobReturned(returned) => Some(JobEntry::Returned(returned)),
        Event::JobCompleted(completed) => Some(JobEntry::Completed(completed)),
        Event::JobFailed(failed) => Some(JobEntry::Failed(failed)),
        Event::QueuePaused(paused) => Some(JobEntry::Paused(paused)),
        Event::QueueResumed(resumed) => Some(JobEntry::Resumed(resumed)),
        _ => None,
    }
}

/// The event that says what is written down in a queue.
#[must_use]
pub fn job_event(entry: JobEntry) -> Event {
    match entry {
        JobEntry::Queued(queued) => Event::JobQueued(queued),
        JobEntry::Skipped(skipped) => Event::JobSkipped(skipped),
        JobEntry::Started(started) => Event::JobStarted(started),
        JobEntry::Progressed(progressed) => Event::JobProgressed(progressed),
        JobEntry::Retrying(retrying) => Event::JobRetrying(retrying),
        JobEntry::Returned(returned) => Event::JobReturned(returned),
        JobEntry::Completed(completed) => Event::JobCompleted(completed),
        JobEntry::Failed(failed) => Event::JobFailed(failed),
        JobEntry::Paused(paused) => Event::QueuePaused(paused),
        JobEntry::Resumed(resumed) => Event::QueueResumed(resumed),
    }
}

impl Fold for JobQueue {
    fn fold(&mut self, event: &Event) {
        if let Some(entry) = job_entry(event) {
            self.apply(&entry);
        }
    }
}
