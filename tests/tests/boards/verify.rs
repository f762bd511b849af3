//! Snapshots verified by the program, which asks nobody, or the running service
//! and the log.

use std::path::Path;
use std::process::{Command, Output};

use domain::snapshot::{SecretKey, SignedSnapshot, Snapshot, verify};
use event_log::LogStream;
use query_api::Settings;
use serde_json::Value;
use tests::{events_of, generated_documents_of, program};

use crate::snapshots::{key, world};
use crate::world::World;

/// Runs the program beside the world's servers.
async fn run(world: &World, arguments: &[&str]) -> Output {
    let mut command = Command::new(program().unwrap());
    command
        .args(["--api", world.address(), "--nats-url", &world.log_address()])
        .args(arguments);
    let running = tokio::task::spawn_blocking(move || command.output());
    running.await.unwrap().unwrap()
}

/// Runs it and tells how it ended and what it said.
async fn code(world: &World, arguments: &[&str]) -> (i32, String) {
    let output = run(world, arguments).await;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (output.status.code().unwrap(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_tells_what_holds_what_does_not_and_why() {
    let mut world = world().await;
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (file, public) = (path("board.json"), path("public.key"));
    std::fs::write(&public, key().public().to_string()).unwrap();
    let asked = [
        "snapshot", "--metric", "score", "--class", "everyone", "--out", &file,
    ];
    let (ended, said) = code(&world, &asked).await;
    assert_eq!(ended, 0, "{said}");

    let offline = ["verify", &file, "--key", &public];
    let (ended, said) = code(&world, &offline).await;
    assert!(ended == 0 && said.contains("holds"), "{said}");
    let same = [&offline[..], &["--against", world.address(), "--inputs"]].concat();
    let (ended, said) = code(&world, &same).await;
    assert_eq!(ended, 0, "{said}");
    assert!(
        said.contains("the same board now") && said.contains("the log holds"),
        "{said}"
    );

    let (tampered, other) = (path("tampered.json"), SecretKey::from_random(&[8; 32]));
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&tampered, bytes).unwrap();
    let (ended, said) = code(&world, &["verify", &tampered, "--key", &public]).await;
    assert!(
        ended == 3 && said.contains("does not hold"),
        "{ended}: {said}"
    );
    let other = other.public().to_string();
    let (ended, said) = code(&world, &["verify", &file, "--key", &other]).await;
    assert!(
        ended == 3 && said.contains("signed with the key"),
        "{ended}: {said}"
    );
    let (ended, _) = code(&world, &["verify", &path("none.json"), "--key", &public]).await;
    assert_eq!(ended, 1);

    // A name changed by hand: nothing that the board is computed from did. The
    // service has not made this snapshot before.
    let people = path("people.json");
    let asked = ["snapshot", "--limit", "9999", "--out", &people];
    let (ended, said) = code(&world, &asked).await;
    assert_eq!(ended, 0, "{said}");
    let signed: SignedSnapshot = serde_json::from_str(&read(people.as_ref())).unwrap();
    rename(&world, &signed.snapshot, "somebody-else").await;
    let address = world.address().to_owned();
    let against = ["verify", &people, "--key", &public, "--against", &address];
    let (ended, said) = code(&world, &against).await;
    assert!(
        ended == 5 && said.contains("one of the two is wrong"),
        "{ended}: {said}"
    );
    assert!(said.contains("somebody-else"), "{said}");

    let more = generated_documents_of("2024-02-28T23:00:00Z", 12, 200).unwrap();
    world.tell(&events_of(&more).unwrap()).await;
    let (ended, said) = code(&world, &against).await;
    assert!(
        ended == 4 && said.contains("the log was read to sequence"),
        "{ended}: {said}"
    );

    take_off_the_log(&world, 5).await;
    let (ended, said) = code(&world, &[&offline[..], &["--inputs"]].concat()).await;
    assert!(
        ended == 4 && said.contains("does not hold the messages"),
        "{ended}: {said}"
    );
}

async fn rename(world: &World, snapshot: &Snapshot, login: &str) {
    let renamed = sqlx::query(
        "UPDATE names SET name = $2 WHERE subject = 'account' AND reference = $1 AND is_current",
    )
    .bind(snapshot.rows[0].account.as_str())
    .bind(login)
    .execute(world.pool())
    .await
    .unwrap();
    assert_eq!(renamed.rows_affected(), 1);
}

async fn take_off_the_log(world: &World, sequence: u64) {
    let client = async_nats::connect(world.log_address()).await.unwrap();
    let context = async_nats::jetstream::new(client);
    let stream = context
        .get_stream(LogStream::Contributions.name())
        .await
        .unwrap();
    assert!(stream.delete_message(sequence).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_program_makes_signs_what_it_verifies() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("snapshot.key");
    let mut making = Command::new(program().unwrap());
    making
        .args(["snapshot", "key", "--json", "--out"])
        .arg(&secret);
    let made: Value = serde_json::from_slice(&making.output().unwrap().stdout).unwrap();
    let read: SecretKey = read(&secret).parse().unwrap();
    let settings = Settings {
        snapshot_key: Some(read.clone()),
        ..Settings::default()
    };
    let world = World::start("2024-03-01T12:00:00Z", settings).await;
    let answer = world.get("/api/v1/snapshots/key").await;
    assert_eq!(answer["key"]["public_key"], made["public_key"]);
    assert_eq!(answer["key"]["id"], made["id"]);
    let (_, file) = world.text("/api/v1/snapshots/global").await;
    let empty = verify(file.as_bytes(), &read.public()).unwrap().snapshot;
    assert_eq!((empty.members, empty.inputs.messages), (0, 0));
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
