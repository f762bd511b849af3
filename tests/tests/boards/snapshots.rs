//! Snapshots: the boards, signed, and what they are computed from.

use domain::snapshot::{Digest, SecretKey, Snapshot, verify};
use domain::{ClassFilter, Period, RepositoryName, Scope};
use event_log::{EventLog, LogStream};
use query_api::Settings;
use reqwest::StatusCode;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use tests::{Servers, events_of, generated_documents, project_until, projector_settings, publish};

use crate::groups::define;
use crate::ranks::busiest_repository;
use crate::world::{World, board_of};

pub(crate) fn key() -> SecretKey {
    SecretKey::from_random(&[7; 32])
}

pub(crate) async fn world() -> World {
    let settings = Settings {
        snapshot_key: Some(key()),
        ..Settings::default()
    };
    let mut world = World::start("2024-03-01T12:00:00Z", settings).await;
    world
        .tell(&events_of(&generated_documents(12, 900).unwrap()).unwrap())
        .await;
    world
}

async fn snapshot(world: &World, path: &str) -> Snapshot {
    let (status, file) = world.text(&format!("/api/v1/snapshots/{path}")).await;
    assert_eq!(status, StatusCode::OK, "{path}: {file}");
    let signed = verify(file.as_bytes(), &key().public());
    signed
        .unwrap_or_else(|fault| panic!("{path}: {fault}"))
        .snapshot
}

/// What is on the stream of contributions: its last sequence, the number of
/// messages, and the running digest, by nobody's code but this.
async fn on_the_log(log: &EventLog) -> (u64, u64, String) {
    let end = log.last_sequence(LogStream::Contributions).await.unwrap();
    let mut subscription = log.subscribe(LogStream::Contributions, 0).await.unwrap();
    let (mut messages, mut digest, mut last) = (0, [0_u8; 32], 0);
    while last < end {
        for message in subscription.next_batch(1_000).await.unwrap() {
            let payload = Sha256::digest(&message.payload);
            digest = Sha256::new()
                .chain_update(digest)
                .chain_update(payload)
                .finalize()
                .into();
            messages += 1;
            last = message.sequence;
        }
    }
    (last, messages, Digest(digest).to_string())
}

async fn in_the_tables(pool: &PgPool) -> (u64, u64, String) {
    let (sequence, messages, digest): (i64, i64, String) =
        sqlx::query_as("SELECT sequence, messages, encode(digest, 'hex') FROM input_chain")
            .fetch_one(pool)
            .await
            .unwrap();
    (sequence.unsigned_abs(), messages.unsigned_abs(), digest)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_board_is_its_snapshot() {
    let world = world().await;
    let mut tally = world.tally();
    let (reference, name) = busiest_repository(&world).await;
    let owner = name.split('/').next().unwrap().to_owned();
    let names = [RepositoryName::parse(&name).unwrap()];
    define(&world, &names, 1).await;
    tally.define_group("web", names.to_vec());
    let scopes = [
        ("global".to_owned(), Scope::Global),
        (format!("repositories/{name}"), Scope::Repository(reference)),
        (
            format!("organizations/{owner}"),
            Scope::Organization(owner.to_ascii_lowercase()),
        ),
        ("groups/web".to_owned(), Scope::Group("web".to_owned())),
    ];
    let on_the_log = on_the_log(world.log()).await;
    for (path, scope) in scopes {
        for period in ["all", "2024-02", "28d", "2024-02-20..2024-03-02"] {
            for (kind, class) in [("score", "human"), ("commit", "everyone")] {
                let query = format!("period={period}&kind={kind}&class={class}");
                let found = snapshot(&world, &format!("{path}?{query}")).await;
                let days = Period::parse(period, "2024-03-01".parse().unwrap()).unwrap();
                let class = ClassFilter::ALL
                    .into_iter()
                    .find(|known| known.as_str() == class);
                let metric = kind.parse().unwrap();
                let expected = board_of(&tally, &scope, days, metric, class.unwrap());
                let rows = found
                    .rows
                    .iter()
                    .map(|row| (row.rank, row.account.to_string(), row.value));
                let rows: Vec<_> = rows.collect();
                let expected = expected
                    .into_iter()
                    .map(|(rank, who, value, _)| (rank, who, value));
                assert_eq!(rows, expected.collect::<Vec<_>>(), "{path} {query}");
                assert!(!found.cut);
                assert_eq!(found.policy, domain::Policy::default());
                let inputs = found.inputs;
                let read = (inputs.sequence, inputs.messages, inputs.digest.to_string());
                assert_eq!(read, on_the_log, "{path} {query}");
                assert_eq!(inputs.first, 1);
                let board = format!("/api/v1/leaderboards/{path}?{query}&limit=1");
                let coverage = &world.get(&board).await["meta"]["coverage"];
                assert_eq!(&Value::Object(found.coverage), coverage);
            }
        }
    }
    let cut = snapshot(&world, "global?limit=3").await;
    assert!(cut.cut && cut.rows.len() == 3 && cut.members > 3);
    let answer = world.get("/api/v1/snapshots/key").await;
    assert_eq!(answer["key"]["public_key"], key().public().to_string());
    for limit in ["0", "10001"] {
        let (status, _) = world
            .text(&format!("/api/v1/snapshots/global?limit={limit}"))
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_without_a_key() {
    let without = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    for path in ["global", "key"] {
        let (status, problem) = without.text(&format!("/api/v1/snapshots/{path}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(problem.contains("LEADERBOARD_SNAPSHOT_KEY"), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_that_does_not_add_up() {
    let world = world().await;
    let best = &snapshot(&world, "global").await.rows[0];
    let changed = sqlx::query("UPDATE board_rows SET score = 1000 * score WHERE contributor = $1")
        .bind(best.account.as_str())
        .execute(world.pool())
        .await
        .unwrap();
    assert!(changed.rows_affected() > 0);
    let (status, problem) = world.text("/api/v1/snapshots/global?limit=5").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{problem}");

    // A projector that knows nothing of the digest reads on.
    sqlx::query("UPDATE input_chain SET sequence = sequence - 1")
        .execute(world.pool())
        .await
        .unwrap();
    let (status, problem) = world.text("/api/v1/snapshots/global?kind=commit").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
    let before = on_the_log(world.log()).await;
    let more = events_of(&generated_documents(13, 50).unwrap()).unwrap();
    publish(world.log(), &more, 1_000).await.unwrap();
    world.project().await;
    let first: i64 = sqlx::query_scalar("SELECT first FROM input_chain")
        .fetch_one(world.pool())
        .await
        .unwrap();
    let (end, messages, _) = in_the_tables(world.pool()).await;
    assert_eq!(
        first.unsigned_abs(),
        before.0 + 1,
        "it says where it begins"
    );
    let now = on_the_log(world.log()).await;
    assert_eq!((end, messages), (now.0, now.1 - before.1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_digest_of_what_was_read_hangs_on_the_log_alone() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let mut events = events_of(&generated_documents(14, 200).unwrap()).unwrap();
    // One that the database refuses, and one that nobody can read.
    let mut poison = events[0].clone();
    let events::Event::ContributionRecorded(event) = &mut poison.event else {
        panic!("the first made-up event is a contribution")
    };
    event.key = "commit:1:\0".to_owned();
    event.contribution = domain::contribution_id(&event.key);
    events.insert(70, poison);
    publish(&log, &events, 100).await.unwrap();
    let client = async_nats::connect(servers.nats.url()).await.unwrap();
    let context = async_nats::jetstream::new(client);
    let unreadable = context.publish("contributions.v1.0.a.b.star", "no event".into());
    unreadable.await.unwrap().await.unwrap();
    let on_the_log = on_the_log(&log).await;
    assert_eq!(on_the_log.1, events.len() as u64 + 1);
    for largest_batch in [10_000, 17, 1] {
        let (pool, _) = servers.fresh_database().await.unwrap();
        project_until(&pool, &log, projector_settings("projector", largest_batch))
            .await
            .unwrap();
        assert_eq!(
            in_the_tables(&pool).await,
            on_the_log,
            "{largest_batch} at once"
        );
        let parked: i64 = sqlx::query_scalar("SELECT count(*) FROM dead_letters")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(parked, 2);
    }
}
