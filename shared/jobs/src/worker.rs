//! A worker: takes jobs, does them, says what became of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use domain::jobs::{Claim, Failure, JobQueued, JobStarted, Owner, Queue, Severity};
use event_log::EventLog;
use events::Event;
use runtime::Clock;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::wake::Wake;
use crate::{Done, Handler, JobsError, QueueLog, Run};

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// Names this worker among several; unique over machines.
    pub worker: String,
    /// The queues, each with the number of jobs that may run at a time over all
    /// workers: all workers must be told the same.
    pub queues: Vec<(Queue, usize)>,
    /// How long a worker may be silent before another takes its jobs.
    pub lease: Duration,
}

impl WorkerSettings {
    /// All queues with their usual limits.
    #[must_use]
    pub fn usual(worker: String) -> Self {
        let queues = Queue::ALL.map(|queue| (queue, queue.usual_limit()));
        Self {
            worker,
            queues: queues.to_vec(),
            lease: Duration::from_secs(30),
        }
    }
}

/// Does jobs until it is told to stop; then gives back what is not done.
///
/// # Errors
/// Never at present: what the log cannot do now is tried again.
pub async fn work(
    log: EventLog,
    handlers: Vec<Arc<dyn Handler>>,
    settings: WorkerSettings,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<(), JobsError> {
    for handler in &handlers {
        // A first failure is seen as a change only if there was none before.
        metrics::counter!("job_runs_total", "job_name" => handler.name(), "outcome" => "failed")
            .increment(0);
    }
    let mut queues = JoinSet::new();
    for (queue, limit) in settings.queues.clone() {
        let station = Station {
            queue: QueueLog::new(log.clone(), queue, Arc::clone(&clock)),
            limit,
            handlers: handlers.clone(),
            settings: settings.clone(),
            clock: Arc::clone(&clock),
        };
        queues.spawn(station.serve(Wake::on(&log), stop.clone()));
    }
    while queues.join_next().await.is_some() {}
    Ok(())
}

/// A worker's place at one queue.
struct Station {
    queue: QueueLog,
    limit: usize,
    handlers: Vec<Arc<dyn Handler>>,
    settings: WorkerSettings,
    clock: Arc<dyn Clock>,
}

impl Station {
    async fn serve(mut self, mut wake: Wake, stop: CancellationToken) {
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            if let Err(error) = self.take_jobs(&mut running, &stop).await {
                let queue = self.queue.queue();
                tracing::warn!(%error, %queue, "jobs_not_taken");
            }
            self.observe();
            let longest = self.until_next_change();
            tokio::select! {
                () = wake.wait_at_most(longest) => {}
                Some(_) = running.join_next() => {}
                () = stop.cancelled() => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    async fn take_jobs(
        &mut self,
        running: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) -> Result<(), JobsError> {
        self.queue.catch_up().await?;
        let able: Vec<&str> = self.handlers.iter().map(|handler| handler.name()).collect();
        while !stop.is_cancelled() {
            let claim = Claim {
                worker: &self.settings.worker,
                able: &able,
                limit: self.limit,
                lease: self.lease(),
            };
            let Some(started) = self.queue.claim(&claim).await? else {
                return Ok(());
            };
            if let Some(task) = self.task(&started, stop) {
                running.spawn(task.run());
            }
        }
        Ok(())
    }

    fn task(&self, started: &JobStarted, stop: &CancellationToken) -> Option<Task> {
        let job = &self.queue.state().job(started.job)?.queued;
        let handler = self
            .handlers
            .iter()
            .find(|known| known.name() == job.name)?;
        Some(Task {
            queue: self.queue.clone(),
            job: job.clone(),
            owner: Owner {
                job: started.job,
                attempt: started.attempt,
                worker: started.worker.clone(),
            },
            handler: Arc::clone(handler),
            lease: self.settings.lease,
            stop: stop.clone(),
        })
    }

    fn lease(&self) -> TimeDelta {
        TimeDelta::from_std(self.settings.lease).unwrap_or(TimeDelta::MAX)
    }

    /// How long nothing can be due, for all that is known.
    fn until_next_change(&self) -> Duration {
        let state = self.queue.state();
        let wait = state.next_change().map(|next| next - self.clock.now());
        // What is due already waits for a place or for another worker, and
        // either is told of.
        let wait = wait.and_then(|wait| wait.to_std().ok());
        wait.filter(|wait| !wait.is_zero()).unwrap_or(Duration::MAX)
    }

    fn observe(&self) {
        let (state, now) = (self.queue.state(), self.clock.now());
        let queue = self.queue.queue().as_str();
        let running = state.running(now);
        let waiting = state.unfinished().len().saturating_sub(running);
        metrics::gauge!("jobs_running", "queue" => queue).set(running as f64);
        metrics::gauge!("jobs_waiting", "queue" => queue).set(waiting as f64);
        let paused = f64::from(u8::from(state.paused().is_some()));
        metrics::gauge!("queue_paused", "queue" => queue).set(paused);
    }
}

/// A job that this worker has taken.
struct Task {
    queue: QueueLog,
    job: JobQueued,
    owner: Owner,
    handler: Arc<dyn Handler>,
    lease: Duration,
    stop: CancellationToken,
}

/// How the doing of a job ended.
enum End {
    Done(Done),
    Failed(Failure),
    /// Another has it.
    Lost,
}

impl Task {
    async fn run(self) {
        let (job, name) = (self.owner.job, self.job.name.clone());
        let attempt = self.owner.attempt;
        let span = tracing::info_span!("job", %job, job_name = name, attempt);
        self.run_within().instrument(span).await;
    }

    async fn run_within(mut self) {
        tracing::info!(name = self.job.name, "job_started");
        let started = Instant::now();
        let run = Arc::new(Run::new(self.stop.child_token()));
        let end = self.do_it(&run).await;
        let outcome = self.conclude(end, &run).await;
        let outcome = outcome.unwrap_or_else(|error| {
            tracing::warn!(%error, "job_end_not_written");
            "lost"
        });
        let name = self.handler.name();
        metrics::counter!("job_runs_total", "job_name" => name, "outcome" => outcome).increment(1);
        metrics::histogram!("job_seconds", "job_name" => name)
            .record(started.elapsed().as_secs_f64());
    }

    /// Does the job, within its time, with signs of life.
    async fn do_it(&mut self, run: &Arc<Run>) -> End {
        let limit = Duration::from_secs(self.job.time_limit.into());
        let (handler, job, its_run) =
            (Arc::clone(&self.handler), self.job.clone(), Arc::clone(run));
        // A task of its own, so that a panic is the job's only.
        let mut doing =
            tokio::spawn(async move { handler.run(&job, &its_run).await }.in_current_span());
        let outcome = tokio::select! {
            outcome = tokio::time::timeout(limit, &mut doing) => outcome,
            lost = self.keep(run) => {
                tracing::warn!(error = %lost, "job_lost");
                run.cancellation().cancel();
                doing.abort();
                return End::Lost;
            }
        };
        match outcome {
            Ok(Ok(Ok(done))) => End::Done(done),
            Ok(Ok(Err(failure))) => End::Failed(failure),
            Ok(Err(panic)) => End::Failed(Failure::new(
                Severity::High,
                format!("the program is at fault: {panic}"),
            )),
            Err(_) => {
                run.cancellation().cancel();
                doing.abort();
                let seconds = limit.as_secs();
                let message = format!("it took longer than the {seconds} s it may take");
                End::Failed(Failure::new(Severity::Low, message))
            }
        }
    }

    /// Gives signs of life; returns when the job is another's.
    async fn keep(&mut self, run: &Run) -> JobsError {
        let mut due = tokio::time::interval(self.lease / 3);
        due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        due.tick().await;
        let lease = TimeDelta::from_std(self.lease).unwrap_or(TimeDelta::MAX);
        loop {
            due.tick().await;
            let (progress, note) = run.said();
            let kept = self
                .queue
                .progress(&self.owner, progress, &note, lease)
                .await;
            match kept {
                Ok(()) => {
                    let (done, total) = (progress.done, progress.total);
                    tracing::info!(done, total, note, "job_progress");
                }
                Err(error @ JobsError::Lost(_)) => return error,
                // The log may be back before the lease is over.
                Err(error) => tracing::warn!(%error, "job_progress_not_written"),
            }
        }
    }

    async fn conclude(&mut self, end: End, run: &Run) -> Result<&'static str, JobsError> {
        let owner = self.owner.clone();
        let name = &self.job.name;
        match end {
            End::Lost => Ok("lost"),
            End::Done(done) => {
                let (summary, left_out) = (done.summary, run.left_out());
                self.queue.complete(&owner, &summary, &left_out).await?;
                tracing::info!(name, summary, left_out = left_out.len(), "job_completed");
                Ok("completed")
            }
            // What a job says that is broken off because the worker stops is no
            // failure of the job.
            End::Failed(_) if self.stop.is_cancelled() => {
                self.queue.give_back(&owner).await?;
                tracing::info!(name, "job_returned");
                Ok("returned")
            }
            End::Failed(failure) => {
                let severity = failure.severity.as_str();
                let error = failure.message.clone();
                // As what reads logs can take apart.
                let context = serde_json::to_string(&failure.context).unwrap_or_default();
                match self.queue.fail(&owner, &failure).await? {
                    Some(Event::JobRetrying(retrying)) => {
                        let again_at = retrying.again_at;
                        tracing::warn!(name, error, severity, context, %again_at, "job_retrying");
                        Ok("retrying")
                    }
                    _ => {
                        tracing::error!(name, error, severity, context, "job_failed");
                        Ok("failed")
                    }
                }
            }
        }
    }
}
