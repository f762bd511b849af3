//! Projectors are killed while a generation is built, and Postgres with them;
//! what comes of it is equal all the same.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use projector::replay::{compare, start};
use tests::{events_of, generated_documents, program};

use super::stage::{Stage, everything};

/// A projector in a process of its own.
struct Process(Child);

impl Process {
    fn start(stage: &Stage) -> Self {
        let process = Command::new(program().unwrap())
            .args(["--database-url", &stage.url])
            .args(["--nats-url", &stage.servers.nats.url()])
            .args(["serve", "projector", "--lease", "1"])
            .args(["--largest-batch", "150"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(process.unwrap())
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_in_the_middle_of_a_replay_change_nothing() {
    let mut stage = Stage::start(2_000).await;
    let mut projector = Process::start(&stage);
    stage.wait_for(1).await;
    start(&stage.pool, &everything()).await.unwrap();
    let total = stage.log.last_sequence(event_log::LogStream::Contributions);
    let total = total.await.unwrap();
    for (kill, left) in [4, 3, 2, 1].into_iter().enumerate() {
        stage
            .wait_until(2, |behind| behind <= total * left / 5)
            .await;
        if kill == 2 {
            stage.servers.postgres.kill();
            restart(&mut stage).await;
        } else {
            projector.kill();
            projector = Process::start(&stage);
        }
        let more = generated_documents(30 + kill as u64, 100).unwrap();
        stage.publish(events_of(&more).unwrap()).await;
    }
    stage.wait_for(1).await;
    stage.wait_for(2).await;
    let report = compare(&stage.pool, 5).await.unwrap();
    assert_eq!(report.differences, 0, "{report:#?}");
    assert_eq!(stage.check(1).await, stage.check(2).await);
}

/// Processes of the server that was killed may hold its memory for a moment,
/// and then it does not start.
async fn restart(stage: &mut Stage) {
    let mut looks = tokio::time::interval(Duration::from_millis(200));
    for _ in 0..100 {
        looks.tick().await;
        if stage.servers.postgres.restart().await.is_ok() {
            return;
        }
    }
    stage.servers.postgres.restart().await.unwrap();
}

/// A projector that is cut off within a batch, and another that takes over in
/// this process.
#[tokio::test(flavor = "multi_thread")]
async fn a_projector_that_is_cut_off_is_taken_over() {
    let mut stage = Stage::start(800).await;
    stage.project("first", 50);
    start(&stage.pool, &everything()).await.unwrap();
    let total = stage.log.last_sequence(event_log::LogStream::Contributions);
    let total = total.await.unwrap();
    stage.wait_until(2, |behind| behind <= total / 2).await;
    stage.abort_projector().await;
    stage.project("second", 400);
    stage.wait_for(1).await;
    stage.wait_for(2).await;
    let report = compare(&stage.pool, 5).await.unwrap();
    assert_eq!(report.differences, 0, "{report:#?}");
}
