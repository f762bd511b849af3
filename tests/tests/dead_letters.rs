//! What cannot be read or counted is set aside where a person can see it, and
//! nothing else is lost.

use std::sync::Arc;

use chrono::DateTime;
use event_log::LogStream;
use runtime::FixedClock;
use scraper::ingest::{IngestOptions, IngestServices, Silent, ingest};
use scraper::sources::archive::{ArchiveBases, Plan};
use tests::{
    Servers, check_read_models, events_of, generated_documents, project_until, projector_settings,
    publish, tally_of,
};
use tokio_util::sync::CancellationToken;

/// A message on the stream that is no event goes to the dead letters; those
/// around it are counted.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_no_event_is_set_aside() {
    let servers = Servers::start().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(3, 300).unwrap()).unwrap();
    let (before, after) = events.split_at(events.len() / 2);
    publish(&log, before, 1_000).await.unwrap();
    let client = async_nats::connect(servers.nats.url()).await.unwrap();
    let stream = async_nats::jetstream::new(client);
    for payload in [
        "not an event",
        r#"{"specversion":"1.0","id":"00000000-0000-0000-0000-000000000000","source":"/test","type":"leaderboard.contribution.recorded.v99","time":"2024-01-01T00:00:00Z","data":{}}"#,
    ] {
        let subject = "contributions.v1.0.nobody.nothing.commit";
        stream
            .publish(subject, payload.into())
            .await
            .unwrap()
            .await
            .unwrap();
    }
    publish(&log, after, 1_000).await.unwrap();
    project_until(&pool, &log, projector_settings("projector", 1_000))
        .await
        .unwrap();
    check_read_models(&pool, &tally_of(&events)).await.unwrap();
    let letters: Vec<(String, String, String)> =
        sqlx::query_as("SELECT origin, error, content FROM dead_letters ORDER BY origin")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(letters.len(), 2, "{letters:#?}");
    assert!(
        letters
            .iter()
            .all(|(origin, ..)| origin.contains("CONTRIBUTIONS, sequence"))
    );
    assert!(
        letters
            .iter()
            .any(|(_, error, content)| { error.contains("no event") && content == "not an event" })
    );
    assert!(
        letters
            .iter()
            .any(|(_, error, _)| error.contains("upgrade")),
        "{letters:#?}"
    );
}

/// A value that the database refuses is poison: its message is set aside
/// alone, found by halving the batch.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_the_database_refuses_is_set_aside_alone() {
    let servers = Servers::start().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(4, 200).unwrap()).unwrap();
    let mut poison = events[0].clone();
    let events::Event::ContributionRecorded(event) = &mut poison.event else {
        panic!("the first made-up event is a contribution")
    };
    // The scraper never lets this through; another publisher might.
    event.key = "commit:1:\0".to_owned();
    event.contribution = domain::contribution_id(&event.key);
    let mut all = events.clone();
    all.insert(events.len() / 3, poison);
    publish(&log, &all, 1_000).await.unwrap();
    project_until(&pool, &log, projector_settings("projector", 1_000))
        .await
        .unwrap();
    check_read_models(&pool, &tally_of(&events)).await.unwrap();
    let parked: i64 = sqlx::query_scalar("SELECT count(*) FROM dead_letters")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(parked, 1);
}

/// A damaged file, read twice: everything readable counts once, and each
/// damaged line is one dead letter with its file and line.
#[tokio::test(flavor = "multi_thread")]
async fn damaged_lines_of_a_file_are_seen_once_however_often_it_is_read() {
    let servers = Servers::start().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let documents = generated_documents(5, 200).unwrap();
    let mut text: Vec<u8> = Vec::new();
    for (index, (_, document)) in documents.iter().enumerate() {
        if index == 7 {
            text.extend(b"{\"id\":\"1\",\"type\":\"PushEv\n");
        }
        text.extend(document);
        text.push(b'\n');
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("2024-02-29-23.json");
    std::fs::write(&path, text).unwrap();
    let clock = Arc::new(FixedClock::at("2024-03-01T12:00:00Z".parse().unwrap()));
    for reading in 0..2 {
        clock.set(DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000 + reading));
        let services = IngestServices {
            publisher: log.publisher(),
            log: log.clone(),
            clock: clock.clone(),
            cancellation: CancellationToken::new(),
        };
        let plan = Plan::parse(
            path.to_str().unwrap(),
            &ArchiveBases::default(),
            DateTime::UNIX_EPOCH,
        )
        .unwrap();
        let report = ingest(&plan, &services, IngestOptions::default(), &Silent)
            .await
            .unwrap();
        assert_eq!(report.events(), 200);
    }
    project_until(&pool, &log, projector_settings("projector", 1_000))
        .await
        .unwrap();
    let letters: Vec<(String, Option<i64>, String)> =
        sqlx::query_as("SELECT origin, line, content FROM dead_letters")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(letters.len(), 1, "{letters:#?}");
    assert_eq!(letters[0].1, Some(8), "{letters:#?}");
    let expected = tally_of(&events_of(&documents).unwrap())
        .contributions()
        .len();
    let found: i64 = sqlx::query_scalar("SELECT count(*) FROM contribution_identities")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(found.cast_unsigned(), expected as u64);
    let verdict: String = sqlx::query_scalar("SELECT verdict FROM coverage_units")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(verdict, "partial");
    assert!(log.last_sequence(LogStream::Coverage).await.unwrap() >= 1);
}
