//! Backups made by the program while everything runs, restored to servers that
//! hold nothing: the read models are those of a system that nothing happened to.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Output;

use event_log::{EventLog, LogSettings, LogStream};
use serde_json::Value;
use tempfile::TempDir;
use tests::{
    Servers, events_of, generated_documents, program, project_until, projector_settings, publish,
    read_model_dump, workspace,
};

/// A system, and where its backups go.
struct Saved {
    servers: Servers,
    database: String,
    backups: TempDir,
}

impl Saved {
    async fn start() -> (Self, sqlx::PgPool, EventLog) {
        let servers = Servers::start().await.unwrap();
        let (pool, database) = servers.fresh_database().await.unwrap();
        let log = servers.log().await.unwrap();
        let backups = tempfile::tempdir().unwrap();
        let saved = Self {
            servers,
            database,
            backups,
        };
        (saved, pool, log)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(
            (&self.servers.nats.url(), &self.database),
            self.backups.path(),
            arguments,
        )
    }

    /// What a command that succeeds prints as JSON.
    fn told(&self, arguments: &[&str]) -> Value {
        told(&self.run(&[arguments, &["--json"]].concat()))
    }
}

fn run((nats, database): (&str, &str), backups: &Path, arguments: &[&str]) -> Output {
    std::process::Command::new(program().unwrap())
        .arg("backup")
        .args(arguments)
        .arg("--dir")
        .arg(backups)
        .env("NATS_URL", nats)
        .env("LEADERBOARD_DATABASE_URL", database)
        .env("LEADERBOARD_TOOLS", workspace().join(".tools"))
        .output()
        .unwrap()
}

fn told(output: &Output) -> Value {
    assert!(output.status.success(), "{}", complaint(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_saved_is_restored_and_catches_up_with_its_log() {
    let (saved, pool, log) = Saved::start().await;
    let events = events_of(&generated_documents(21, 600).unwrap()).unwrap();
    let (first, others) = events.split_at(events.len() / 3);
    let (second, third) = others.split_at(others.len() / 2);
    let settings = || projector_settings("projector", 100);
    publish(&log, first, 1_000).await.unwrap();
    project_until(&pool, &log, settings()).await.unwrap();
    // On the log, and not in the database yet.
    publish(&log, second, 1_000).await.unwrap();
    let made = saved.told(&["make"]);
    let ends = made["sequences"]["CONTRIBUTIONS"].as_u64().unwrap();
    assert_eq!(ends, (first.len() + second.len()) as u64);
    assert_eq!(made["positions"]["contributions"], first.len());
    project_until(&pool, &log, settings()).await.unwrap();
    let undisturbed = read_model_dump(&pool).await.unwrap();
    // Said after the backup was made, and lost with everything else.
    publish(&log, third, 1_000).await.unwrap();

    let others = Servers::start().await.unwrap();
    others.postgres.ensure_database("restored").await.unwrap();
    let (nats, database) = (others.nats.url(), others.postgres.url("restored"));
    let restoring = ["restore", "--json"];
    told(&run((&nats, &database), saved.backups.path(), &restoring));
    let log_settings = LogSettings {
        url: nats.clone(),
        credentials: None,
        replicas: 1,
    };
    let restored_log = EventLog::connect(&log_settings).await.unwrap();
    let last = restored_log.last_sequence(LogStream::Contributions).await;
    assert_eq!(last.unwrap(), ends);
    let restored = postgres::connect(&postgres::PoolSettings {
        url: database.clone(),
        max_connections: 8,
        application_name: "tests".to_owned(),
    })
    .unwrap();
    assert_ne!(read_model_dump(&restored).await.unwrap(), undisturbed);
    project_until(&restored, &restored_log, settings())
        .await
        .unwrap();
    assert_eq!(read_model_dump(&restored).await.unwrap(), undisturbed);
    // What was lost is published again, under the next sequences and the same ids.
    publish(&restored_log, third, 1_000).await.unwrap();
    project_until(&restored, &restored_log, settings())
        .await
        .unwrap();
    project_until(&pool, &log, settings()).await.unwrap();
    assert_eq!(
        read_model_dump(&restored).await.unwrap(),
        read_model_dump(&pool).await.unwrap()
    );

    let again = run((&nats, &database), saved.backups.path(), &restoring);
    assert!(!again.status.success());
    assert!(
        complaint(&again).contains("the log is not empty"),
        "{}",
        complaint(&again)
    );
    let again = [&restoring[..], &["--database-only"]].concat();
    let again = run((&nats, &database), saved.backups.path(), &again);
    assert!(
        complaint(&again).contains("the database is not empty"),
        "{}",
        complaint(&again)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_rehearsed_and_told_of_and_only_so_many_are_kept() {
    let (saved, pool, log) = Saved::start().await;
    let nothing = saved.run(&["verify"]);
    assert!(
        complaint(&nothing).contains("there is no backup"),
        "{}",
        complaint(&nothing)
    );
    let events = events_of(&generated_documents(22, 300).unwrap()).unwrap();
    let (before, after) = events.split_at(events.len() / 2);
    publish(&log, before, 1_000).await.unwrap();
    project_until(&pool, &log, projector_settings("projector", 100))
        .await
        .unwrap();
    publish(&log, after, 1_000).await.unwrap();

    let mut names: Vec<String> = Vec::new();
    let mut seconds = tokio::time::interval(std::time::Duration::from_millis(50));
    while names.len() < 3 {
        // Two of one second would have one name.
        seconds.tick().await;
        let made = saved.run(&["make", "--keep", "2", "--json"]);
        if made.status.success() {
            names.push(told(&made)["backup"].as_str().unwrap().to_owned());
        } else {
            assert!(
                complaint(&made).contains("cannot make"),
                "{}",
                complaint(&made)
            );
        }
    }
    let listed = saved.told(&["list"]);
    let listed = listed["backups"].as_array().unwrap();
    let listed: Vec<&str> = listed
        .iter()
        .map(|backup| backup["backup"].as_str().unwrap())
        .collect();
    assert_eq!(listed, &names[1..]);
    let first = saved.run(&["verify", &names[0]]);
    assert!(
        complaint(&first).contains("there is no backup"),
        "{}",
        complaint(&first)
    );

    let rehearsed = saved.told(&["rehearse"]);
    assert_eq!(rehearsed["backup"], names[2]);
    let caught_up = rehearsed["caught_up"].as_u64().unwrap();
    assert!(caught_up >= after.len() as u64, "{rehearsed}");
    for report in ["backup", "rehearsal"] {
        let told = log
            .last_on(LogStream::Reports, &events::Subject::of_reports(report))
            .await
            .unwrap();
        let told = told.unwrap().envelope.event;
        let events::Event::ReportPublished(told) = told else {
            panic!("{told:?}");
        };
        assert_eq!(told.document["backup"], names[2], "{report}");
        assert!(told.markdown.contains(if report == "backup" {
            "bytes"
        } else {
            "restored"
        }));
    }

    // One bit of one file.
    let damaged = saved
        .backups
        .path()
        .join(&names[2])
        .join("CONTRIBUTIONS.stream");
    let mut bytes = std::fs::read(&damaged).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&damaged, bytes).unwrap();
    for command in ["verify", "rehearse", "restore"] {
        let refused = saved.run(&[command]);
        assert!(!refused.status.success());
        let told = complaint(&refused);
        assert!(
            told.contains("CONTRIBUTIONS.stream") && told.contains("is damaged"),
            "{told}"
        );
    }
    saved.told(&["verify", &names[1]]);
}
