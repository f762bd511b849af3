//! What the tests share: a log with something of everything on it, a database,
//! and a projector.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, TimeDelta};
use domain::Source;
use event_log::{EventLog, LogStream};
use events::{CircuitChanged, CoverageObserved, DeadLetterRecorded, Envelope, Event, HourCount};
use postgres::{Generation, GenerationPool, generations};
use projector::replay::{Author, StartSettings, status};
use sqlx::{AssertSqlSafe, PgPool};
use tests::{
    Expected, Servers, events_of, generated_documents, projector_settings, publish,
    read_model_dump_in, tally_of,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// Every projection and its stream.
const STREAMS: [(&str, LogStream); 7] = [
    ("contributions", LogStream::Contributions),
    ("costs", LogStream::Costs),
    ("coverage", LogStream::Coverage),
    ("dead_letters", LogStream::DeadLetters),
    ("decisions", LogStream::Decisions),
    ("jobs", LogStream::Jobs),
    ("schedule", LogStream::Schedule),
];

/// Servers, a database, and everything that was published.
pub(crate) struct Stage {
    pub(crate) servers: Servers,
    pub(crate) pool: PgPool,
    pub(crate) url: String,
    pub(crate) log: EventLog,
    contributions: Vec<Envelope>,
    projector: Option<(CancellationToken, JoinHandle<()>)>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some((stop, _)) = &self.projector {
            stop.cancel();
        }
    }
}

impl Stage {
    /// Publishes made-up contributions, a file's coverage, a dead letter, a circuit, and
    /// a message that is no event.
    pub(crate) async fn start(events: usize) -> Self {
        let servers = Servers::start().await.unwrap();
        let (pool, url) = servers.fresh_database().await.unwrap();
        let log = servers.log().await.unwrap();
        let mut stage = Self {
            servers,
            pool,
            url,
            log,
            contributions: Vec::new(),
            projector: None,
        };
        let documents = generated_documents(11, events).unwrap();
        stage.publish(events_of(&documents).unwrap()).await;
        stage.publish_others("2024-02-29-23.json.gz").await;
        stage.publish_poison("no event").await;
        stage
    }

    /// Publishes contributions.
    pub(crate) async fn publish(&mut self, events: Vec<Envelope>) {
        publish(&self.log, &events, 100).await.unwrap();
        self.contributions.extend(events);
    }

    /// Publishes the coverage of a file, a line of it that is damaged, and that a worker
    /// leaves GitHub alone.
    pub(crate) async fn publish_others(&self, unit: &str) {
        let hour = DateTime::UNIX_EPOCH;
        let coverage = Event::CoverageObserved(CoverageObserved {
            source: Source::Archive,
            unit: unit.to_owned(),
            location: format!("/archive/{unit}"),
            observed_at: hour,
            events: 10,
            contributions: 9,
            damaged: 1,
            expected: Some(11),
            whole: true,
            bytes: 100,
            sha256: "00".repeat(32),
            hours: vec![HourCount {
                hour,
                events: 10,
                contributions: 9,
            }],
            types: BTreeMap::new(),
        });
        let letter = Event::DeadLetterRecorded(DeadLetterRecorded {
            service: "scraper".to_owned(),
            origin: unit.to_owned(),
            line: Some(7),
            error: "damaged".to_owned(),
            content: "{".to_owned(),
            bytes: 1,
            received: None,
            recorded_at: hour,
        });
        let circuit = Event::CircuitChanged(CircuitChanged {
            dependency: "github".to_owned(),
            worker: format!("worker of {unit}"),
            failures: 5,
            open_until: Some(hour + TimeDelta::minutes(1)),
            changed_at: hour,
        });
        let events =
            [coverage, letter, circuit].map(|event| Envelope::wrap("/tests", event).unwrap());
        publish(&self.log, &events, 10).await.unwrap();
    }

    /// Publishes something that is no event on two of the streams.
    pub(crate) async fn publish_poison(&self, payload: &'static str) {
        let client = async_nats::connect(self.servers.nats.url()).await.unwrap();
        let context = async_nats::jetstream::new(client);
        for subject in ["contributions.v1.0.a.b.star", "coverage.v1.archive.poison"] {
            let sent = context.publish(subject, payload.into()).await.unwrap();
            sent.await.unwrap();
        }
    }

    /// Runs a projector in this process, in batches of this size.
    pub(crate) fn project(&mut self, owner: &str, batch: usize) {
        let stop = CancellationToken::new();
        let running = projector::run(
            self.pool.clone(),
            self.log.clone(),
            projector_settings(owner, batch),
            stop.clone(),
        );
        let running = tokio::spawn(async move { running.await.unwrap() });
        self.projector = Some((stop, running));
    }

    /// Ends the projector without letting it finish anything.
    pub(crate) async fn abort_projector(&mut self) {
        if let Some((_, running)) = self.projector.take() {
            running.abort();
            let _ = running.await;
        }
    }

    pub(crate) async fn generation(&self, number: i32) -> Generation {
        let found = generations(&self.pool).await.unwrap();
        let mut found = found.into_iter();
        found
            .find(|generation| generation.number == number)
            .unwrap()
    }

    pub(crate) async fn home(&self, number: i32) -> GenerationPool {
        GenerationPool::new(self.pool.clone(), self.generation(number).await)
    }

    /// Messages that the generation has still to project.
    async fn behind(&self, number: i32) -> anyhow::Result<u64> {
        let home = self.home(number).await;
        let mut transaction = home.begin().await?;
        let mut behind = 0;
        for (projection, stream) in STREAMS {
            if !home.generation().holds(projection) {
                continue;
            }
            let last = self.log.last_sequence(stream).await?;
            let at: Option<i64> =
                sqlx::query_scalar("SELECT sequence FROM projections WHERE projection = $1")
                    .bind(projection)
                    .fetch_optional(&mut *transaction)
                    .await?;
            // One that was never taken up is behind even an empty stream.
            behind += at.map_or(last + 1, |at| last.saturating_sub(at.cast_unsigned()));
        }
        transaction.commit().await?;
        Ok(behind)
    }

    /// Waits until a generation has everything that is on the log, on its boards too.
    pub(crate) async fn wait_for(&self, number: i32) {
        self.wait_until(number, |behind| behind == 0).await;
        let waiting = async {
            let mut looks = tokio::time::interval(Duration::from_millis(20));
            while self.lacks_boards(number).await {
                looks.tick().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        waited.context("boards were not made").unwrap();
    }

    /// Whether a generation's boards are still to be made.
    pub(crate) async fn lacks_boards(&self, number: i32) -> bool {
        let now = status(&self.pool).await.unwrap();
        let mut generations = now.generations.iter();
        let found = generations.find(|generation| generation.generation == number);
        found.unwrap().lacks_boards
    }

    /// Waits until it is known how far a generation is, and that is enough.
    pub(crate) async fn wait_until(&self, number: i32, is_enough: impl Fn(u64) -> bool) {
        let waiting = async {
            let mut looks = tokio::time::interval(Duration::from_millis(20));
            loop {
                looks.tick().await;
                if self.behind(number).await.is_ok_and(&is_enough) {
                    return;
                }
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        waited.context("a generation did not catch up").unwrap();
    }

    /// Checks a generation against the naive model; returns all its rows.
    pub(crate) async fn check(&self, number: i32) -> BTreeMap<String, Vec<String>> {
        // What the checker prepares holds values of the generation's own types,
        // so it cannot be run again in another.
        let home = GenerationPool::dedicated(&self.pool, self.generation(number).await);
        // Before the transaction, which may not be idle for long.
        let expected = Expected::of(&tally_of(&self.contributions));
        let mut transaction = home.begin().await.unwrap();
        expected.check(&mut transaction).await.unwrap();
        let rows = read_model_dump_in(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        home.pool().close().await;
        rows
    }

    /// Changes rows of a generation behind the projector's back.
    pub(crate) async fn tamper(&self, number: i32, statements: &str) {
        let home = self.home(number).await;
        let mut transaction = home.begin().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    /// One value of a generation.
    pub(crate) async fn value(&self, number: i32, query: &str) -> i64 {
        let home = self.home(number).await;
        let mut transaction = home.begin().await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(query.to_owned()))
            .fetch_one(&mut *transaction)
            .await
            .unwrap()
    }
}

/// Begins a replay of everything.
pub(crate) fn everything() -> StartSettings {
    StartSettings::default()
}

/// Who switches in tests.
pub(crate) fn author() -> Author {
    Author {
        actor: "tests".to_owned(),
        reason: "to see".to_owned(),
    }
}
