//! What cannot be read or counted is set aside where a person can see it, and
//! nothing else is lost.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use event_log::LogStream;
use events::{DeadLetterRecorded, Envelope, Event};
use runtime::{Clock, FixedClock, SystemClock};
use scraper::ingest::{IngestOptions, IngestServices, Silent, ingest};
use scraper::letters::{DeadLetter, RedriveError, Resolution, discard, redrive};
use scraper::sources::archive::{ArchiveBases, Plan};
use tests::{
    Servers, check_read_models, events_of, generated_documents, project_until, projector_settings,
    publish, tally_of,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

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

/// Events of clocks that are wrong beyond belief are set aside with the reason, and make
/// no partitions; those that are a few hours fast are counted.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_have_happened_then_is_set_aside() {
    let servers = Servers::start().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(4, 200).unwrap()).unwrap();
    let at = |instant: DateTime<Utc>| {
        let instant = instant.trunc_subsecs(0);
        let mut changed = events[0].clone();
        let events::Event::ContributionRecorded(event) = &mut changed.event else {
            panic!("the first made-up event is a contribution")
        };
        event.key = format!("commit:1:{}", instant.timestamp());
        event.contribution = domain::contribution_id(&event.key);
        event.occurred_at = instant;
        event.push = None;
        changed
    };
    let parsed = |text: &str| at(text.parse().unwrap());
    let wrong = [
        parsed("0001-01-01T00:00:00Z"),
        parsed("2007-12-31T23:59:59Z"),
        parsed("9999-12-31T00:00:00Z"),
        at(SystemClock.now() + TimeDelta::days(2)),
    ];
    let mut counted = events.clone();
    counted.push(at(SystemClock.now() + TimeDelta::hours(3)));
    counted.push(parsed("2008-01-01T00:00:00Z"));
    // A leap second, which logs may hold: to a database it is of the next month.
    counted.push(parsed("2016-12-31T23:59:60Z"));
    let mut all = counted.clone();
    for (place, event) in wrong.into_iter().enumerate() {
        all.insert(20 * place, event);
    }
    publish(&log, &all, 1_000).await.unwrap();
    project_until(&pool, &log, projector_settings("projector", 1_000))
        .await
        .unwrap();
    check_read_models(&pool, &tally_of(&counted)).await.unwrap();
    let errors: Vec<String> = sqlx::query_scalar("SELECT error FROM dead_letters ORDER BY origin")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(errors.len(), 4, "{errors:#?}");
    for (reason, count) in [
        ("GitHub was not there before 2008", 2),
        ("more than a day after the log took it", 2),
    ] {
        let given = errors.iter().filter(|error| error.contains(reason));
        assert_eq!(given.count(), count, "{errors:#?}");
    }
    let absurd: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'contribution_events'::regclass
         AND inhrelid::regclass::text !~ '^contribution_events_20(0[89]|[12][0-9])_[0-9]{2}$'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(absurd, 0);
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

fn letter(line: u64, content: &str, bytes: usize) -> Event {
    Event::DeadLetterRecorded(DeadLetterRecorded {
        service: "scraper".to_owned(),
        origin: "2024-02-29-23.json.gz".to_owned(),
        line: Some(line),
        error: "a fault of an older version".to_owned(),
        content: content.to_owned(),
        bytes: bytes as u64,
        received: None,
        recorded_at: DateTime::UNIX_EPOCH,
    })
}

async fn states(pool: &sqlx::PgPool) -> Vec<(i64, String)> {
    sqlx::query_as(
        "SELECT line, coalesce(outcome, 'parked') FROM dead_letters
         LEFT JOIN dead_letter_resolutions ON letter = id ORDER BY line",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// What an older version could not read is read again, published once, and
/// counted; what still cannot be read stays, and can be discarded.
#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_redriven_and_discarded() {
    let servers = Servers::start().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let documents = generated_documents(6, 200).unwrap();
    let (rest, lost) = documents.split_at(199);
    let (_, line) = &lost[0];
    let line = std::str::from_utf8(line).unwrap();
    let letters = [
        letter(1, line, line.len()),
        letter(2, "{\"id\":", 6),
        letter(3, &line[..100], line.len()),
    ];
    let letters = letters.map(|event| Envelope::wrap("/tests", event).unwrap());
    publish(&log, &events_of(rest).unwrap(), 1_000)
        .await
        .unwrap();
    publish(&log, &letters, 10).await.unwrap();
    let project = || project_until(&pool, &log, projector_settings("projector", 1_000));
    project().await.unwrap();

    let parked: Vec<(Uuid, i64, String, i64)> =
        sqlx::query_as("SELECT id, line, content, bytes FROM dead_letters ORDER BY line")
            .fetch_all(&pool)
            .await
            .unwrap();
    let kept = parked
        .into_iter()
        .map(|(id, line, content, bytes)| DeadLetter {
            id,
            recorded_at: DateTime::UNIX_EPOCH,
            error: "a fault of an older version".to_owned(),
            received: None,
            service: "scraper".to_owned(),
            origin: "2024-02-29-23.json.gz".to_owned(),
            line: Some(line.cast_unsigned()),
            content,
            bytes: bytes.cast_unsigned(),
        });
    let kept: Vec<DeadLetter> = kept.collect();
    let resolution = Resolution {
        actor: "operator".to_owned(),
        reason: "upgraded".to_owned(),
        at: DateTime::UNIX_EPOCH,
    };
    let again = redrive(&log, &kept[0], &resolution).await.unwrap();
    assert!(again > 0);
    let still = redrive(&log, &kept[1], &resolution).await.unwrap_err();
    assert!(matches!(still, RedriveError::Event(_)), "{still}");
    let cut = redrive(&log, &kept[2], &resolution).await.unwrap_err();
    assert!(cut.to_string().contains("--force"), "{cut}");
    discard(&log, kept[1].id, &resolution).await.unwrap();
    // A repetition is known by its message ids and counts nothing.
    assert_eq!(redrive(&log, &kept[0], &resolution).await.unwrap(), 0);
    project().await.unwrap();

    let expected = [(1, "redriven"), (2, "discarded"), (3, "parked")];
    assert_eq!(
        states(&pool).await,
        expected.map(|(line, state)| (line, state.to_owned()))
    );
    let all = tally_of(&events_of(&documents).unwrap());
    let found: i64 = sqlx::query_scalar("SELECT count(*) FROM contribution_identities")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(found.cast_unsigned(), all.contributions().len() as u64);
}

/// A message that the projector set aside goes to the end of the log again.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_set_aside_is_said_again() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(7, 5).unwrap()).unwrap();
    let content = String::from_utf8(events[0].encode().unwrap()).unwrap();
    let message = DeadLetter {
        id: Uuid::from_u128(1),
        recorded_at: DateTime::UNIX_EPOCH,
        error: "no event".to_owned(),
        received: None,
        service: "projector".to_owned(),
        origin: "stream CONTRIBUTIONS, sequence 7, projection contributions".to_owned(),
        line: None,
        bytes: content.len() as u64,
        content,
    };
    let resolution = Resolution {
        actor: "operator".to_owned(),
        reason: "upgraded".to_owned(),
        at: DateTime::UNIX_EPOCH,
    };
    assert_eq!(redrive(&log, &message, &resolution).await.unwrap(), 1);
    let at_once = redrive(&log, &message, &resolution).await.unwrap_err();
    assert!(matches!(at_once, RedriveError::Repetition), "{at_once}");
    let newer = DeadLetter {
        content: message.content.replace("recorded.v1", "recorded.v99"),
        bytes: 1,
        ..message
    };
    let unknown = redrive(&log, &newer, &resolution).await.unwrap_err();
    assert!(unknown.to_string().contains("upgrade"), "{unknown}");
}
