//! Keeping the times of jobs, on the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::jobs::{Cause, JobId, JobQueued, Queue};
use domain::schedule::{JobSchedule, ScheduleDefined, ScheduleFired, Times};
use event_log::{Book, EventLog, LogStream};
use events::{Event, Subject};
use jobs::QueueLog;
use runtime::Clock;
use uuid::Uuid;

use crate::{Calendar, SchedulerError, due};

/// What triggers say they come from.
const ORIGIN: &str = "/scheduler";

/// A job's times as they were read last.
struct Watch {
    book: Book<Times>,
    /// The last trigger whose job is known to be in its queue.
    queued: Option<Uuid>,
}

/// Counts triggers of a job.
pub(crate) fn count(job: &str, fired: u64) {
    metrics::counter!("schedule_fired_total", "job_name" => job.to_owned()).increment(fired);
}

/// Says when jobs are due, and asks for them.
///
/// A trigger and its job are two events. Whoever is about to fire the next
/// trigger of a job first sees to it that the last one's job is in the queue,
/// so a scheduler that dies in between loses nothing.
pub struct Timekeeper {
    log: EventLog,
    clock: Arc<dyn Clock>,
    watches: BTreeMap<String, Watch>,
    queues: BTreeMap<Queue, QueueLog>,
}

impl Timekeeper {
    /// Nothing was read yet.
    #[must_use]
    pub fn new(log: EventLog, clock: Arc<dyn Clock>) -> Self {
        let queues = Queue::ALL.map(|queue| {
            let queue_log = QueueLog::new(log.clone(), queue, Arc::clone(&clock));
            (queue, queue_log)
        });
        Self {
            log,
            clock,
            watches: BTreeMap::new(),
            queues: BTreeMap::from(queues),
        }
    }

    /// Says when jobs are due from now on, where that is not what was said
    /// last. What is due by what was said before is fired first.
    ///
    /// # Errors
    /// [`SchedulerError`].
    pub async fn define(&mut self, schedule: &[JobSchedule]) -> Result<(), SchedulerError> {
        for job in schedule {
            self.watch(&job.name).await?;
            self.fire_due(&job.name).await?;
            let calendar = Calendar::parse(&job.cron, &job.time_zone)?;
            let clock = Arc::clone(&self.clock);
            let decide = |times: &Times| {
                let defined = times.defined.as_ref();
                if defined.is_some_and(|defined| defined.schedule == *job) {
                    return Ok::<_, SchedulerError>(None);
                }
                let now = clock.now();
                Ok(Some(Event::ScheduleDefined(ScheduleDefined {
                    schedule: job.clone(),
                    covered_until: now,
                    next_due_at: calendar.next_after(now).filter(|_| job.enabled),
                    defined_at: now,
                })))
            };
            if let Some(watch) = self.watches.get_mut(&job.name) {
                watch.book.write(&self.log, ORIGIN, decide).await?;
            }
        }
        Ok(())
    }

    /// Fires everything that is due now; returns the triggers that this
    /// scheduler fired.
    ///
    /// # Errors
    /// [`SchedulerError`]; then part of it may be fired, and the next tick goes
    /// on from there.
    pub async fn tick(&mut self) -> Result<Vec<ScheduleFired>, SchedulerError> {
        let names: Vec<String> = self.watches.keys().cloned().collect();
        let mut fired = Vec::new();
        for name in names {
            fired.extend(self.fire_due(&name).await?);
        }
        Ok(fired)
    }

    /// Fires a job now, whatever its times; returns the job that comes of it.
    ///
    /// # Errors
    /// [`SchedulerError::Unknown`] when the schedule does not have it.
    pub async fn fire_by_hand(
        &mut self,
        job: &JobSchedule,
        arguments: &BTreeMap<String, String>,
        cause: Cause,
    ) -> Result<JobId, SchedulerError> {
        self.watch(&job.name).await?;
        let is_defined = |watch: &Watch| watch.book.state().defined.is_some();
        if !self.watches.get(&job.name).is_some_and(is_defined) {
            self.define(std::slice::from_ref(job)).await?;
        }
        let trigger = Uuid::now_v7();
        let clock = Arc::clone(&self.clock);
        let fire = |times: &Times| {
            let now = clock.now();
            let covered_until = times.covered_until.unwrap_or(now);
            let defined = times.defined.as_ref();
            Ok(Some(Event::ScheduleFired(ScheduleFired {
                trigger,
                name: job.name.clone(),
                cause: cause.clone(),
                arguments: arguments.clone(),
                covered_until,
                next_due_at: defined.and_then(|defined| defined.next_due_at),
                fired_at: now,
            })))
        };
        self.say(&job.name, fire).await?;
        self.ensure_queued(&job.name).await?;
        Ok(trigger)
    }

    /// The queue of a job.
    pub fn queue(&mut self, queue: Queue) -> Option<&mut QueueLog> {
        self.queues.get_mut(&queue)
    }

    async fn watch(&mut self, name: &str) -> Result<(), SchedulerError> {
        if !self.watches.contains_key(name) {
            let subject = Subject::of_schedule(name);
            let mut book = Book::new(LogStream::Schedule, subject, Times::default());
            book.catch_up(&self.log).await?;
            let watch = Watch { book, queued: None };
            self.watches.insert(name.to_owned(), watch);
        }
        Ok(())
    }

    async fn fire_due(&mut self, name: &str) -> Result<Vec<ScheduleFired>, SchedulerError> {
        let mut all = Vec::new();
        loop {
            let clock = Arc::clone(&self.clock);
            let decide = |times: &Times| Ok(due(times, clock.now())?);
            match self.say(name, decide).await? {
                Some(Event::ScheduleFired(fired)) => {
                    let (job, cause) = (&fired.name, &fired.cause);
                    tracing::info!(job, ?cause, "schedule_fired");
                    count(job, 1);
                    all.push(fired);
                }
                Some(Event::ScheduleMissed(missed)) => {
                    let (job, missed) = (&missed.name, missed.missed);
                    tracing::warn!(job, missed, "schedule_missed");
                }
                _ => return Ok(all),
            }
        }
    }

    /// Says something of a job's times, once the job of the last trigger is in
    /// its queue; that trigger may be another scheduler's, of just now.
    async fn say(
        &mut self,
        name: &str,
        mut decide: impl FnMut(&Times) -> Result<Option<Event>, SchedulerError>,
    ) -> Result<Option<Event>, SchedulerError> {
        loop {
            self.ensure_queued(name).await?;
            let Some(watch) = self.watches.get_mut(name) else {
                return Ok(None);
            };
            let queued = watch.queued;
            let mut is_behind = false;
            let decide = |times: &Times| {
                is_behind = times.fired.as_ref().map(|fired| fired.trigger) != queued;
                if is_behind { Ok(None) } else { decide(times) }
            };
            let said = watch.book.write(&self.log, ORIGIN, decide).await?;
            if !is_behind {
                return Ok(said);
            }
        }
    }

    /// Sees to it that the job of the last trigger is in its queue.
    async fn ensure_queued(&mut self, name: &str) -> Result<(), SchedulerError> {
        let Some(watch) = self.watches.get_mut(name) else {
            return Ok(());
        };
        let times = watch.book.state();
        let (Some(defined), Some(fired)) = (&times.defined, &times.fired) else {
            return Ok(());
        };
        if watch.queued == Some(fired.trigger) {
            return Ok(());
        }
        let schedule = &defined.schedule;
        let mut arguments = schedule.arguments.clone();
        arguments.extend(fired.arguments.clone());
        let wanted = JobQueued {
            job: fired.trigger,
            name: schedule.name.clone(),
            queue: schedule.queue,
            cause: fired.cause.clone(),
            arguments,
            attempts: schedule.attempts,
            time_limit: schedule.time_limit,
            overlap: schedule.overlap,
            queued_at: self.clock.now(),
        };
        let trigger = fired.trigger;
        if let Some(queue) = self.queues.get_mut(&schedule.queue) {
            queue.enqueue(&wanted).await?;
        }
        watch.queued = Some(trigger);
        Ok(())
    }
}
