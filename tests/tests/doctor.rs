//! `leaderboard doctor` finds what is likeliest wrong with a deployment, and
//! says what to do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use event_log::EventLog;
use postgres::GenerationPool;
use serde_json::Value;
use sqlx::PgPool;
use tests::{Servers, program, project_until, projector_settings, workspace};

/// An address at which nobody listens.
const NOWHERE: &str = "127.0.0.1:1";

/// A deployment, and where a command finds its parts.
struct Deployment {
    servers: Servers,
    pool: PgPool,
    log: EventLog,
    database: String,
    directory: tempfile::TempDir,
}

impl Deployment {
    /// One that is well but for its query API, of which there is none.
    async fn start() -> Self {
        let servers = Servers::start().await.unwrap();
        let (pool, database) = servers.fresh_database().await.unwrap();
        let log = servers.log().await.unwrap();
        project_until(&pool, &log, projector_settings("projector", 100))
            .await
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        Self {
            servers,
            pool,
            log,
            database,
            directory,
        }
    }

    fn doctor(&self) -> Doctor {
        Doctor {
            data: self.directory.path().to_owned(),
            tools: workspace().join(".tools"),
            path: std::env::var_os("PATH").unwrap(),
            database: Some(self.database.clone()),
            nats: Some(self.servers.nats.url()),
        }
    }

    /// Puts something into the read models.
    async fn put(&self, statement: &'static str) {
        let active = GenerationPool::active(&self.pool).await.unwrap();
        let mut transaction = active.begin().await.unwrap();
        sqlx::query(statement)
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }
}

/// How a doctor is called.
struct Doctor {
    data: PathBuf,
    tools: PathBuf,
    path: OsString,
    database: Option<String>,
    nats: Option<String>,
}

impl Doctor {
    /// What it says of a check: whether all is well, and what it found.
    fn says(&self, check: &str) -> (bool, String) {
        let mut command = Command::new(program().unwrap());
        command.args(["doctor", "--json", "--api", &format!("http://{NOWHERE}")]);
        command
            .arg("--data-dir")
            .arg(&self.data)
            .arg("--tools")
            .arg(&self.tools);
        command.env("PATH", &self.path).env_remove("NATS_URL");
        let servers = [
            ("--database-url", &self.database),
            ("--nats-url", &self.nats),
        ];
        for (flag, url) in servers {
            command.args(url.iter().flat_map(|url| [flag, url.as_str()]));
        }
        let output = command.output().unwrap();
        assert!(
            !output.status.success(),
            "without a query API something is wrong"
        );
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = answer["checks"].as_array().unwrap();
        let found = checks.iter().find(|found| found["check"] == check);
        assert!(found.is_some(), "{check} is not looked at: {answer}");
        let found = found.unwrap();
        (
            found["well"] == true,
            found["detail"].as_str().unwrap().to_owned(),
        )
    }

    fn finds(&self, check: &str, remedy: &str) {
        let (well, detail) = self.says(check);
        assert!(
            !well && detail.contains(remedy),
            "{check}: {well}, {detail}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_are_not_there_are_told_of() {
    let deployment = Deployment::start().await;
    for check in [
        "database",
        "event log",
        "schema",
        "dead letters",
        "coverage",
        "disk",
        "lag",
    ] {
        let (well, detail) = deployment.doctor().says(check);
        assert!(well, "{check}: {detail}");
    }
    let nobody = || Doctor {
        nats: None,
        database: None,
        ..deployment.doctor()
    };
    nobody().finds("database", "leaderboard up");
    nobody().finds("event log", "--nats-url");
    let nothing = Path::new("/nonexistent");
    Doctor {
        path: OsString::new(),
        tools: nothing.to_owned(),
        ..nobody()
    }
    .finds("programs", "make tools");
    let file = deployment.directory.path().join("file");
    std::fs::write(&file, b"").unwrap();
    Doctor {
        data: file,
        ..deployment.doctor()
    }
    .finds("data directory", "--data-dir");
    let database = Some(format!("postgres://nobody@{NOWHERE}/none"));
    Doctor {
        database,
        ..deployment.doctor()
    }
    .finds("database", "is the address right?");
    let nats = Some(format!("nats://{NOWHERE}"));
    Doctor {
        nats,
        ..deployment.doctor()
    }
    .finds("event log", NOWHERE);
    deployment
        .doctor()
        .finds("query API", "leaderboard serve query-api");
    deployment
        .servers
        .postgres
        .ensure_database("empty")
        .await
        .unwrap();
    let database = Some(deployment.servers.postgres.url("empty"));
    Doctor {
        database,
        ..deployment.doctor()
    }
    .finds("schema", "leaderboard migrate");
    let others = Servers::start().await.unwrap();
    let nats = Some(others.nats.url());
    Doctor {
        nats,
        ..deployment.doctor()
    }
    .finds("event log", "leaderboard declare");
    let (_, database) = deployment.database.rsplit_once('@').unwrap();
    let database = Some(format!("postgres://nobody@{database}"));
    Doctor {
        database,
        ..deployment.doctor()
    }
    .finds("database", "Postgres refuses");
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_do_not_do_their_work_are_told_of() {
    let deployment = Deployment::start().await;
    let doctor = deployment.doctor();
    doctor.finds("scheduler", "leaderboard serve scheduler");
    let faults = [
        (
            "INSERT INTO schedule (job, covered_until, next_due_at)
             VALUES ('vacuum', now(), now() + interval '1 hour')",
            "",
            "",
        ),
        (
            "UPDATE schedule SET next_due_at = now() - interval '1 hour'",
            "scheduler",
            "leaderboard serve scheduler",
        ),
        (
            "INSERT INTO jobs (job, name, queue, state, cause, arguments, attempts, queued_at)
             VALUES (gen_random_uuid(), 'vacuum', 'maintenance', 'waiting', '{}', '{}', 3,
                     now() - interval '1 hour')",
            "worker",
            "leaderboard serve worker",
        ),
        (
            "UPDATE jobs SET state = 'failed', ended_at = now()",
            "jobs",
            "leaderboard job status --state failed",
        ),
        (
            "INSERT INTO paused_queues VALUES ('reports', 'ann', 'a holiday', now())",
            "worker",
            "leaderboard job resume",
        ),
        (
            "INSERT INTO dead_letters (id, recorded_at, service, origin, error, content, bytes)
             VALUES (gen_random_uuid(), now(), 'scraper', 'a file', 'no JSON', '{', 1)",
            "dead letters",
            "leaderboard dead-letters",
        ),
        (
            "INSERT INTO coverage_units (source, unit, location, observed_at, events,
                 contributions, damaged, whole, sha256, verdict, sequence)
             VALUES ('archive', '2024-02-29-23', 'a file', now(), 1, 1, 1, false, '', 'partial', 1)",
            "coverage",
            "leaderboard coverage",
        ),
        (
            "UPDATE projections SET lease_expires_at = now() - interval '1 minute'",
            "projector",
            "leaderboard serve projector",
        ),
        (
            "DELETE FROM _sqlx_migrations
             WHERE version = (SELECT max(version) FROM _sqlx_migrations)",
            "schema",
            "leaderboard migrate",
        ),
    ];
    for (statement, check, remedy) in faults {
        deployment.put(statement).await;
        if check.is_empty() {
            let (well, detail) = doctor.says("scheduler");
            assert!(well, "{detail}");
        } else {
            doctor.finds(check, remedy);
        }
    }
    assert!(
        deployment
            .log
            .last_sequence(event_log::LogStream::Contributions)
            .await
            .is_ok()
    );
}
