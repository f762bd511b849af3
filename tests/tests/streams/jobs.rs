//! Jobs as they get on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::jobs::{Cause, Failure, JobQueued, Overlap, Queue};
use jobs::{Done, Finished, Handler, QueueLog, Run, WorkerSettings, work};
use query_api::Settings;
use runtime::{Clock, SystemClock};
use tests::wait_until_projected;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::listener::Listener;
use crate::stage::Stage;

const ALL: &str = "/api/v1/stream/jobs";

/// Says once how far it is.
struct Steady;

#[async_trait]
impl Handler for Steady {
    fn name(&self) -> &'static str {
        "steady"
    }

    async fn run(&self, _: &JobQueued, run: &Run) -> Result<Done, Failure> {
        run.progress(1, Some(2), "half way");
        Ok(Done::new("both are done"))
    }
}

fn wanted() -> JobQueued {
    JobQueued {
        job: Uuid::now_v7(),
        name: "steady".to_owned(),
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

/// Asks for a job, and waits until it is done and everybody can know.
async fn do_one(stage: &Stage, queue: &mut QueueLog) -> Uuid {
    let wanted = wanted();
    queue.enqueue(&wanted).await.unwrap();
    let finished = queue.wait(wanted.job).await.unwrap();
    assert!(matches!(finished, Finished::Completed(_)), "{finished:?}");
    wait_until_projected(&stage.pool, &stage.log).await.unwrap();
    wanted.job
}

/// The states that are told up to the end of a job.
async fn states_of(listener: &mut Listener, job: Uuid) -> Vec<String> {
    let mut states = Vec::new();
    loop {
        let told = listener.expect("step").await;
        if told.data["job"] != job.to_string() {
            continue;
        }
        let state = told.data["state"].as_str().unwrap().to_owned();
        if state == "completed" {
            assert_eq!(told.data["summary"], "both are done");
            assert_eq!(told.data["attempt"], 1);
        }
        states.push(state);
        if states.last().is_some_and(|state| state == "completed") {
            return states;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_followed_step_by_step_and_over_a_restart() {
    let mut stage = Stage::start(Settings::default()).await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let stop = CancellationToken::new();
    let settings = WorkerSettings {
        worker: "worker".to_owned(),
        queues: vec![(Queue::Scraping, 1)],
        lease: Duration::from_secs(5),
    };
    let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(Steady)];
    let working = work(
        stage.log.clone(),
        handlers,
        settings,
        clock.clone(),
        stop.clone(),
    );
    let working = tokio::spawn(async move { working.await.unwrap() });
    let mut queue = QueueLog::new(stage.log.clone(), Queue::Scraping, clock);

    let mut all = stage.listen(ALL, "").await;
    all.expect("start").await;
    let first = do_one(&stage, &mut queue).await;
    let states = states_of(&mut all, first).await;
    assert_eq!((&*states[0], &*states[1]), ("waiting", "running"));
    // The same steps again for whoever asks for this one from the beginning.
    let of_first = format!("{ALL}/{first}?after=0");
    let mut one = stage.listen(&of_first, "").await;
    assert_eq!(states_of(&mut one, first).await, states);

    let seen = all.last.clone();
    stage.stop_serving().await;
    let second = do_one(&stage, &mut queue).await;
    stage.serve().await;
    let mut all = stage.listen(ALL, &seen).await;
    let next = all.expect("step").await;
    assert_eq!(next.data["job"], second.to_string());
    assert_eq!(next.data["state"], "waiting");
    let listed = stage.get(&format!("/api/v1/jobs/{second}")).await;
    assert_eq!(listed["job"]["state"], "completed");

    let missing = format!("{ALL}/{}", Uuid::now_v7());
    let missing = reqwest::get(stage.url(&missing)).await.unwrap();
    assert_eq!(missing.status(), 404);
    let mut ahead = stage.listen(ALL, "999999").await;
    assert_eq!(
        ahead.expect("start-over").await.data["reason"],
        "other-data"
    );
    stop.cancel();
    working.await.unwrap();
}
