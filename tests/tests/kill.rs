//! Killing things in the middle of an ingest changes nothing.
//!
//! A projector process, the nats-server and Postgres are killed ten times, in
//! a random but repeatable order, while events are published and projected.
//! Afterwards every read model must equal that of an uninterrupted run, row
//! for row, and the naive model.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use events::Envelope;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use sqlx::PgPool;
use tests::{
    Servers, check_read_models, events_of, generated_documents, program, project_until,
    projector_settings, publish, read_model_dump, tally_of, wait_until_projected,
};

/// Changes the order of the kills; printed when the test fails.
const SEED: u64 = 7;
/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(120);
const KILLS: u64 = 10;
const EVENTS: usize = 4_000;

/// A projector in a process of its own.
struct Projector {
    process: Child,
    database: String,
    log: String,
}

impl Projector {
    fn start(database: &str, log: &str) -> anyhow::Result<Self> {
        let process = spawn(database, log)?;
        Ok(Self {
            process,
            database: database.to_owned(),
            log: log.to_owned(),
        })
    }

    fn kill_and_restart(&mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        self.process = spawn(&self.database, &self.log)?;
        Ok(())
    }
}

fn spawn(database: &str, log: &str) -> anyhow::Result<Child> {
    Command::new(program()?)
        .args([
            "--database-url",
            database,
            "--nats-url",
            log,
            "serve",
            "projector",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("starting a projector")
}

impl Drop for Projector {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Read models of the same events when nothing goes wrong.
async fn uninterrupted(events: &[Envelope]) -> std::collections::BTreeMap<String, Vec<String>> {
    let servers = Servers::start().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    publish(&log, events, 1_000).await.unwrap();
    project_until(&pool, &log, projector_settings("undisturbed", 10_000))
        .await
        .unwrap();
    read_model_dump(&pool).await.unwrap()
}

/// Waits until a part of the log is projected, so that a kill falls into the
/// middle of things; what is down meanwhile is waited for.
async fn wait_for_checkpoint(pool: &PgPool, wanted: u64) {
    let waited = tokio::time::timeout(PATIENCE, reach_checkpoint(pool, wanted)).await;
    waited.context("no projector gets that far").unwrap();
}

async fn reach_checkpoint(pool: &PgPool, wanted: u64) {
    let mut looks = tokio::time::interval(Duration::from_millis(10));
    loop {
        looks.tick().await;
        let sequence: Option<i64> = sqlx::query_scalar(
            "SELECT sequence FROM projections WHERE projection = 'contributions'",
        )
        .fetch_optional(pool)
        .await
        .unwrap_or_default();
        if sequence.unwrap_or_default().cast_unsigned() >= wanted {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_kills_in_the_middle_of_an_ingest_change_nothing() {
    println!("seed {SEED}");
    let events = events_of(&generated_documents(SEED, EVENTS).unwrap()).unwrap();
    let expected = uninterrupted(&events).await;

    let mut servers = Servers::start().await.unwrap();
    let (pool, database) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let mut projector = Projector::start(&database, &servers.nats.url()).unwrap();
    let publishing = {
        let (log, events) = (log.clone(), events.clone());
        // Small batches, so that kills fall between and into them.
        tokio::spawn(async move { publish(&log, &events, 50).await })
    };

    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    for kill in 1..=KILLS {
        wait_for_checkpoint(&pool, kill * events.len() as u64 / (KILLS + 2)).await;
        match random.random_range(0..3) {
            0 => projector.kill_and_restart().unwrap(),
            1 => {
                servers.nats.kill();
                servers.nats.restart().await.unwrap();
            }
            _ => {
                servers.postgres.kill();
                servers.postgres.restart().await.unwrap();
            }
        }
    }

    publishing.await.unwrap().unwrap();
    wait_until_projected(&pool, &log).await.unwrap();
    check_read_models(&pool, &tally_of(&events)).await.unwrap();
    let found = read_model_dump(&pool).await.unwrap();
    for (table, rows) in &expected {
        assert_eq!(rows.len(), found[table].len(), "rows of {table}");
        assert!(
            rows == &found[table],
            "{table} differs from the uninterrupted run's"
        );
    }
}

/// Two projectors on one database: one works, the other stands by and takes
/// over when the first is killed; nothing is counted twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_projector_stands_by_and_takes_over() {
    let servers = Servers::start().await.unwrap();
    let (pool, database) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(8, 1_500).unwrap()).unwrap();
    let (first, second) = events.split_at(events.len() / 2);
    let url = servers.nats.url();
    let working = Projector::start(&database, &url).unwrap();
    publish(&log, first, 100).await.unwrap();
    wait_for_checkpoint(&pool, 1).await;
    let _standing_by = Projector::start(&database, &url).unwrap();
    wait_until_projected(&pool, &log).await.unwrap();
    drop(working);
    publish(&log, second, 100).await.unwrap();
    wait_until_projected(&pool, &log).await.unwrap();
    check_read_models(&pool, &tally_of(&events)).await.unwrap();
    let epoch: i64 =
        sqlx::query_scalar("SELECT epoch FROM projections WHERE projection = 'contributions'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert!(epoch >= 2, "the standby took the lease: epoch {epoch}");
}
