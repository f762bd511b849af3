//! The verdict of the torture: a projector that is broken on purpose must be
//! objected to, and no other.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::process::Command;

use async_nats::jetstream;
use event_log::{Delivered, EventLog, LogStream};
use postgres::GenerationPool;
use projector::{
    Contributions, Coverage, DeadLetters, Pace, Projection, ProjectionError, Unreadable,
    run_projection,
};
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use tests::torture::feed::Acknowledged;
use tests::torture::material::{Material, contributions_of};
use tests::torture::verdict::{Written, check_database, check_log};
use tests::{Servers, program, project_until, projector_settings, publish, wait_until_projected};
use tokio_util::sync::CancellationToken;

/// Everything of a small round but the faults.
struct Quiet {
    servers: Servers,
    log: EventLog,
    material: Material,
    acknowledged: Acknowledged,
    _directory: tempfile::TempDir,
}

impl Quiet {
    async fn start() -> Self {
        let servers = Servers::start().await.unwrap();
        let log = servers.log().await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let material = Material::make(21, 6, directory.path()).unwrap();
        let files = material.files.iter().map(|file| &file.path);
        let ingested = Command::new(program().unwrap())
            .args(["--nats-url", &servers.nats.url(), "ingest"])
            .args(files)
            .output()
            .unwrap();
        assert!(ingested.status.success(), "{ingested:?}");
        publish(&log, &material.own_events, 200).await.unwrap();
        let acknowledged = Acknowledged::default();
        acknowledged.add(&contributions_of(&material.all_events));
        let context = jetstream::new(async_nats::connect(servers.nats.url()).await.unwrap());
        let poison = context.publish("contributions.v1.0.a.b.star", "no event".into());
        poison.await.unwrap().await.unwrap();
        Self {
            servers,
            log,
            material,
            acknowledged,
            _directory: directory,
        }
    }

    /// What the verdict on a database is.
    async fn verdict(&self, pool: &PgPool) -> anyhow::Result<()> {
        let written = Written::read(&self.log).await?;
        check_database(pool, &self.material, &self.acknowledged, &written).await
    }

    /// A copy of a database that nobody is connected to.
    async fn copy(&self, of: &str, name: &str) -> PgPool {
        let server = PgPool::connect(&self.servers.postgres.url("postgres"))
            .await
            .unwrap();
        let statement = AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE {of}"));
        sqlx::raw_sql(statement).execute(&server).await.unwrap();
        server.close().await;
        PgPool::connect(&self.servers.postgres.url(name))
            .await
            .unwrap()
    }

    /// A database that a projector has filled under a trigger.
    async fn projected_under(&self, sabotage: &str) -> PgPool {
        let (pool, _) = self.servers.fresh_database().await.unwrap();
        let statement = AssertSqlSafe(sabotage.to_owned());
        sqlx::raw_sql(statement).execute(&pool).await.unwrap();
        project_until(&pool, &self.log, projector_settings("sabotaged", 500))
            .await
            .unwrap();
        pool
    }
}

/// What a batch says to a sound projector.
type Facts = <Contributions as Projection>::Facts;

/// A projector that loses a message now and then.
#[derive(Default)]
struct Forgetful(Contributions);

impl Projection for Forgetful {
    const NAME: &'static str = Contributions::NAME;
    const STREAM: LogStream = Contributions::STREAM;
    const TABLES: &'static [&'static str] = Contributions::TABLES;
    type Facts = Facts;

    fn read(batch: &[Delivered]) -> (Facts, Unreadable) {
        // The last of a batch, as one that stops a message too early would.
        let kept = batch.split_last().map_or(batch, |(_, kept)| kept);
        Contributions::read(kept)
    }

    async fn prepare(
        &mut self,
        home: &GenerationPool,
        facts: &Facts,
    ) -> Result<(), ProjectionError> {
        self.0.prepare(home, facts).await
    }

    async fn apply(
        &mut self,
        transaction: &mut PgConnection,
        facts: Facts,
    ) -> Result<(), ProjectionError> {
        self.0.apply(transaction, facts).await
    }
}

/// A projector that applies a batch and then its counts once more, as one
/// without a checkpoint in the transaction would after a kill.
#[derive(Default)]
struct Twice(Contributions);

impl Projection for Twice {
    const NAME: &'static str = Contributions::NAME;
    const STREAM: LogStream = Contributions::STREAM;
    const TABLES: &'static [&'static str] = Contributions::TABLES;
    type Facts = (Facts, Facts);

    fn read(batch: &[Delivered]) -> (Self::Facts, Unreadable) {
        let (first, unreadable) = Contributions::read(batch);
        ((first, Contributions::read(batch).0), unreadable)
    }

    async fn prepare(
        &mut self,
        home: &GenerationPool,
        facts: &Self::Facts,
    ) -> Result<(), ProjectionError> {
        self.0.prepare(home, &facts.0).await
    }

    async fn apply(
        &mut self,
        transaction: &mut PgConnection,
        (first, second): Self::Facts,
    ) -> Result<(), ProjectionError> {
        sqlx::raw_sql(
            "CREATE TEMPORARY TABLE before ON COMMIT DROP AS SELECT id FROM contribution_identities",
        )
        .execute(&mut *transaction)
        .await?;
        self.0.apply(transaction, first).await?;
        // What tells it that it has seen them is gone; what they count is not.
        sqlx::raw_sql(
            "DELETE FROM contribution_identities WHERE id NOT IN (SELECT id FROM before);
             DELETE FROM contribution_events WHERE id NOT IN (SELECT id FROM before)",
        )
        .execute(&mut *transaction)
        .await?;
        self.0.apply(transaction, second).await
    }
}

async fn project_with<P: Projection>(quiet: &Quiet, projection: P) -> PgPool {
    let (pool, _) = quiet.servers.fresh_database().await.unwrap();
    let settings = projector_settings("broken", 400);
    let (home, pace) = (
        GenerationPool::active(&pool).await.unwrap(),
        Pace::default(),
    );
    let stop = CancellationToken::new();
    let log = &quiet.log;
    let running = async {
        tokio::try_join!(
            run_projection(projection, &home, log, &settings, &pace, &stop),
            run_projection(Coverage, &home, log, &settings, &pace, &stop),
            run_projection(DeadLetters, &home, log, &settings, &pace, &stop),
        )
    };
    let waiting = async {
        wait_until_projected(&pool, log).await.unwrap();
        stop.cancel();
    };
    let (ran, ()) = tokio::join!(running, waiting);
    ran.unwrap();
    pool
}

/// The verdict on what a broken projector has come to.
async fn assert_objection(quiet: &Quiet, what: &str, pool: &PgPool) {
    let objection = quiet.verdict(pool).await.expect_err(what);
    println!("{what}: {objection:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verdict_objects_to_broken_projectors_and_to_no_other() {
    let quiet = Quiet::start().await;
    let (forgetful, twice) = (Forgetful::default(), Twice::default());
    let pool = project_with(&quiet, forgetful).await;
    assert_objection(&quiet, "a message lost in each batch", &pool).await;
    let pool = project_with(&quiet, twice).await;
    assert_objection(&quiet, "batches counted twice", &pool).await;
    for (what, sabotage) in SABOTAGE {
        let pool = quiet.projected_under(sabotage).await;
        assert_objection(&quiet, what, &pool).await;
    }

    let (pool, url) = quiet.servers.fresh_database().await.unwrap();
    project_until(&pool, &quiet.log, projector_settings("sound", 500))
        .await
        .unwrap();
    quiet.verdict(&pool).await.unwrap();
    pool.close().await;
    let sound = url.rsplit('/').next().unwrap();
    for (number, damage) in DAMAGES.iter().enumerate() {
        let pool = quiet.copy(sound, &format!("damaged_{number}")).await;
        let damaged = sqlx::query(*damage).execute(&pool).await.unwrap();
        assert!(damaged.rows_affected() > 0, "{damage}");
        assert_objection(&quiet, damage, &pool).await;
        pool.close().await;
    }

    let written = Written::read(&quiet.log).await.unwrap();
    check_log(&written, &quiet.material, &quiet.acknowledged).unwrap();
    let lost = BTreeSet::from([uuid::Uuid::from_u128(7)]);
    quiet.acknowledged.add(&lost);
    check_log(&written, &quiet.material, &quiet.acknowledged).unwrap_err();
}

/// Triggers that make a sound projector write what is wrong.
const SABOTAGE: &[(&str, &str)] = &[
    (
        "loses some daily counts",
        "CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN IF hashtext(NEW.contributor) % 50 = 0 THEN RETURN NULL; END IF; RETURN NEW; END';
         CREATE TRIGGER sabotage BEFORE INSERT ON daily_counts FOR EACH ROW EXECUTE FUNCTION sabotage()",
    ),
    (
        "doubles some daily counts",
        "CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN IF hashtext(NEW.contributor) % 50 = 0 THEN NEW.quantity := NEW.quantity * 2; END IF;
          RETURN NEW; END';
         CREATE TRIGGER sabotage BEFORE INSERT ON daily_counts FOR EACH ROW EXECUTE FUNCTION sabotage()",
    ),
    (
        "adds a thousandth of a point to one row",
        "CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN IF hashtext(NEW.contributor) % 100 = 0 AND NEW.score <> 0 THEN
          NEW.score := NEW.score + 1; END IF; RETURN NEW; END';
         CREATE TRIGGER sabotage BEFORE INSERT ON board_rows FOR EACH ROW EXECUTE FUNCTION sabotage()",
    ),
];

/// What happens to rows after they were written, each in a copy of a sound
/// database.
const DAMAGES: &[&str] = &[
    "DELETE FROM contribution_identities WHERE id = (SELECT id FROM contribution_identities LIMIT 1)",
    "DELETE FROM contribution_events WHERE id = (SELECT id FROM contribution_events LIMIT 1)",
    "INSERT INTO contribution_events (id, occurred_at, kind, semantic_key, repository, contributor,
         basis, quantity, additions, deletions, counted, superseded, sightings)
     SELECT id, occurred_at + interval '1 second', kind, semantic_key, repository, contributor,
         basis, quantity, additions, deletions, counted, superseded, sightings
     FROM contribution_events LIMIT 1",
    "DELETE FROM daily_counts WHERE (repository, contributor, day, kind) IN
         (SELECT repository, contributor, day, kind FROM daily_counts LIMIT 1)",
    "UPDATE board_rows SET star = star + 1 WHERE star <> 0",
    "UPDATE rank_histogram SET members = members + 1 WHERE metric = 'score' AND level = 3",
    "UPDATE dead_letters SET service = 'nobody' WHERE service = 'projector'",
    "INSERT INTO dead_letters SELECT gen_random_uuid(), recorded_at, service, origin, line, error,
         content, bytes FROM dead_letters LIMIT 1",
];
