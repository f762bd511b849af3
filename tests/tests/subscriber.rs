//! The documented subscriber, run as documented.

use std::process::Command;

use tests::{Servers, events_of, generated_documents, publish, workspace};

#[tokio::test(flavor = "multi_thread")]
async fn the_example_subscriber_prints_the_contributions_of_an_owner_once() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(11, 200).unwrap()).unwrap();
    publish(&log, &events, 1_000).await.unwrap();
    let recorded = || {
        events.iter().filter_map(|envelope| match &envelope.event {
            events::Event::ContributionRecorded(event) => Some(event),
            _ => None,
        })
    };
    let owner_of = |event: &events::ContributionRecorded| {
        event
            .repository
            .name
            .as_ref()
            .unwrap()
            .owner()
            .to_lowercase()
    };
    let owner = owner_of(recorded().next().unwrap());
    let of_owner = events
        .iter()
        .filter(|envelope| {
            events::Subject::of(&envelope.event)
                .as_str()
                .split('.')
                .nth(3)
                == Some(owner.as_str())
        })
        .count();
    let mut expected: Vec<String> = recorded()
        .filter(|event| owner_of(event) == owner)
        .map(|event| event.key.clone())
        .collect();
    expected.sort();
    expected.dedup();

    let output = Command::new(env!("CARGO"))
        .current_dir(workspace())
        .args([
            "run",
            "--quiet",
            "--locked",
            "-p",
            "event-log",
            "--example",
            "subscriber",
            "--",
        ])
        .args([servers.nats.url(), owner, of_owner.to_string()])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    let mut keys: Vec<String> = printed
        .lines()
        .map(|line| line.rsplit(' ').next().unwrap().to_owned())
        .collect();
    keys.sort();
    assert_eq!(keys, expected);
}
