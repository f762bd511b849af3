//! Jobs on a real log: done once, within limits, whoever is killed meanwhile;
//! and what is seen of them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, and a handler may"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::jobs::{Cause, Failure, JobId, JobQueued, Overlap, Queue, Severity};
use event_log::{EventLog, LogStream};
use events::{Event, Subject};
use jobs::{Done, Finished, Handler, QueueLog, Run, WorkerSettings, work};
use leaderboard::wait_until_projected;
use runtime::{Clock, SystemClock};
use tests::{Servers, projector_settings};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn wanted(name: &str) -> JobQueued {
    JobQueued {
        job: Uuid::now_v7(),
        name: name.to_owned(),
        queue: Queue::Scraping,
        cause: Cause::Hand {
            actor: "ann".to_owned(),
            reason: "a test".to_owned(),
        },
        arguments: BTreeMap::new(),
        attempts: 3,
        time_limit: 60,
        overlap: Overlap::Allowed,
        queued_at: SystemClock.now(),
    }
}

fn queue(log: &EventLog) -> QueueLog {
    QueueLog::new(log.clone(), Queue::Scraping, clock())
}

/// Starts a worker with a short lease; it ends when it is told to.
fn worker(
    log: &EventLog,
    name: &str,
    handler: Arc<dyn Handler>,
    stop: &CancellationToken,
) -> JoinHandle<()> {
    let settings = WorkerSettings {
        worker: name.to_owned(),
        queues: vec![(Queue::Scraping, 2)],
        lease: Duration::from_secs(1),
    };
    let (log, stop) = (log.clone(), stop.clone());
    tokio::spawn(async move {
        work(log, vec![handler], settings, clock(), stop)
            .await
            .unwrap();
    })
}

/// Counts how many are done at the same time, and lets each end when told.
struct Gated {
    begun: AtomicUsize,
    at_once: AtomicUsize,
    most: AtomicUsize,
    gate: Semaphore,
    seen: Semaphore,
}

impl Gated {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            begun: AtomicUsize::new(0),
            at_once: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            gate: Semaphore::new(0),
            seen: Semaphore::new(0),
        })
    }
}

#[async_trait]
impl Handler for Gated {
    fn name(&self) -> &'static str {
        "gated"
    }

    async fn run(&self, _: &JobQueued, run: &Run) -> Result<Done, Failure> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(at_once, Ordering::SeqCst);
        run.progress(1, Some(2), "half way");
        self.seen.add_permits(1);
        let waiting = run.cancellation().run_until_cancelled(self.gate.acquire());
        let outcome = waiting.await;
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        match outcome {
            Some(permit) => {
                permit.unwrap().forget();
                Ok(Done::new("the gate was open"))
            }
            None => Err(Failure::new(Severity::Low, "it was broken off")),
        }
    }
}

async fn starts(log: &EventLog, job: JobId) -> usize {
    let subject = Subject::of_queue(Queue::Scraping);
    let recorded = log
        .read_all(LogStream::Jobs, subject.as_str(), 0)
        .await
        .unwrap();
    let of_it = |event: &Event| matches!(event, Event::JobStarted(started) if started.job == job);
    recorded
        .iter()
        .filter(|said| of_it(&said.envelope.event))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_jobs_run_than_the_queue_allows_and_each_is_done_once() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let handler = Gated::new();
    let stop = CancellationToken::new();
    let workers: Vec<_> = (0..4)
        .map(|number| worker(&log, &format!("worker-{number}"), handler.clone(), &stop))
        .collect();
    let mut queue = queue(&log);
    let mut ids = Vec::new();
    for _ in 0..10 {
        let wanted = wanted("gated");
        queue.enqueue(&wanted).await.unwrap();
        queue.enqueue(&wanted).await.unwrap();
        ids.push(wanted.job);
    }
    handler.seen.acquire_many(2).await.unwrap().forget();
    handler.gate.add_permits(10);
    for id in &ids {
        let finished = queue.wait(*id).await.unwrap();
        assert!(matches!(finished, Finished::Completed(_)), "{finished:?}");
        assert_eq!(starts(&log, *id).await, 1);
    }
    assert_eq!(handler.begun.load(Ordering::SeqCst), 10);
    assert!(handler.most.load(Ordering::SeqCst) <= 2);
    stop.cancel();
    futures::future::try_join_all(workers).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_worker_is_killed_is_taken_up_by_another_once() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let handler = Gated::new();
    let (stop_first, stop) = (CancellationToken::new(), CancellationToken::new());
    let mut queue = queue(&log);
    let wanted = wanted("gated");
    queue.enqueue(&wanted).await.unwrap();
    // The first worker has a thread pool of its own, which is gone at once.
    let doomed = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (address, its_handler) = (servers.nats.url(), handler.clone());
    doomed.spawn(async move {
        let settings = event_log::LogSettings {
            url: address,
            credentials: None,
            replicas: 1,
        };
        let log = EventLog::connect(&settings).await.unwrap();
        worker(&log, "doomed", its_handler, &stop_first)
            .await
            .unwrap();
    });
    handler.seen.acquire().await.unwrap().forget();
    doomed.shutdown_background();

    let others: Vec<_> = ["second", "third"]
        .iter()
        .map(|name| worker(&log, name, handler.clone(), &stop))
        .collect();
    handler.seen.acquire().await.unwrap().forget();
    handler.gate.add_permits(1);
    let finished = queue.wait(wanted.job).await.unwrap();
    let Finished::Completed(completed) = finished else {
        panic!("{finished:?}")
    };
    assert_eq!(completed.attempt, 2);
    assert_eq!(starts(&log, wanted.job).await, 2);
    assert_eq!(handler.begun.load(Ordering::SeqCst), 2);
    stop.cancel();
    futures::future::try_join_all(others).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_to_stop_gives_its_job_back() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let handler = Gated::new();
    let (first, second) = (CancellationToken::new(), CancellationToken::new());
    let mut queue = queue(&log);
    let wanted = wanted("gated");
    queue.enqueue(&wanted).await.unwrap();
    let leaving = worker(&log, "leaving", handler.clone(), &first);
    handler.seen.acquire().await.unwrap().forget();
    first.cancel();
    leaving.await.unwrap();
    queue.catch_up().await.unwrap();
    let job = queue.state().job(wanted.job).unwrap();
    assert_eq!((job.attempt, job.failures), (1, 0), "no failure of the job");

    handler.gate.add_permits(1);
    let staying = worker(&log, "staying", handler.clone(), &second);
    let finished = queue.wait(wanted.job).await.unwrap();
    assert!(matches!(finished, Finished::Completed(done) if done.attempt == 2));
    second.cancel();
    staying.await.unwrap();
}

/// Fails as its argument says.
struct Failing;

#[async_trait]
impl Handler for Failing {
    fn name(&self) -> &'static str {
        "failing"
    }

    async fn run(&self, job: &JobQueued, run: &Run) -> Result<Done, Failure> {
        let how = job.arguments.get("how").map_or("", String::as_str);
        run.leave_out(Failure::new(Severity::Medium, "no such repository").at("repository", "a/b"));
        match how {
            "panic" => panic!("a fault of the program"),
            "hang" => std::future::pending().await,
            "high" => Err(Failure::new(Severity::High, "no token is valid")),
            "critical" => Err(Failure::new(Severity::Critical, "two budgets")),
            _ => Ok(Done::new("one was left out")),
        }
    }
}

fn failing(how: &str) -> JobQueued {
    let mut wanted = wanted("failing");
    wanted.arguments.insert("how".to_owned(), how.to_owned());
    wanted.time_limit = 1;
    // One attempt: what may pass is not waited for here.
    wanted.attempts = 1;
    wanted
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_dead_letters_and_the_api_tells_what_became_of_jobs() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let stop = CancellationToken::new();
    let settings = projector_settings("jobs", 100);
    let projecting = tokio::spawn(projector::run(
        pool.clone(),
        log.clone(),
        settings,
        stop.clone(),
    ));
    let working = worker(&log, "worker", Arc::new(Failing), &stop);
    let mut queue = queue(&log);
    let mut failures = Vec::new();
    for how in ["panic", "hang", "high", "critical"] {
        let wanted = failing(how);
        queue.enqueue(&wanted).await.unwrap();
        let finished = queue.wait(wanted.job).await.unwrap();
        let Finished::Failed(failed) = finished else {
            panic!("{finished:?}")
        };
        failures.push(failed.failure.message);
    }
    assert!(
        failures[0].contains("a fault of the program"),
        "{failures:?}"
    );
    assert!(failures[1].contains("longer than"), "{failures:?}");

    // The critical one stopped the queue; a person lets it go on.
    let waiting = failing("not at all");
    queue.enqueue(&waiting).await.unwrap();
    queue.catch_up().await.unwrap();
    assert!(queue.state().paused().is_some());
    queue.resume("ann", "one budget is gone").await.unwrap();
    let finished = queue.wait(waiting.job).await.unwrap();
    let Finished::Completed(completed) = finished else {
        panic!("{finished:?}")
    };
    assert_eq!(completed.left_out.len(), 1);

    wait_until_projected(&pool, &log, Duration::from_secs(60))
        .await
        .unwrap();
    let letters: Vec<(String, String)> = sqlx::query_as(
        "SELECT error, content FROM dead_letters WHERE service = 'worker' ORDER BY recorded_at",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let told: Vec<_> = letters.iter().map(|(error, _)| error.clone()).collect();
    assert_eq!(told, failures);
    assert!(letters[2].1.contains(r#""how":"high""#), "{}", letters[2].1);
    let states: Vec<(String, i64)> =
        sqlx::query_as("SELECT state, count(*) FROM jobs GROUP BY 1 ORDER BY 1")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(
        states,
        [("completed".to_owned(), 1), ("failed".to_owned(), 4)]
    );
    stop.cancel();
    working.await.unwrap();
    projecting.await.unwrap().unwrap();
}
