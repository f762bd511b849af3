//! Readers that do not read.

use std::time::Duration;

use query_api::Settings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use uuid::Uuid;

use crate::stage::Stage;

const ALL: &str = "/api/v1/stream/jobs";

/// A reader that asks for a stream, and takes as little as it can.
async fn ask_and_not_read(stage: &Stage, path: &str) -> TcpStream {
    let address = stage.url("").replace("http://", "").parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut connection = socket.connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut begun = [0; 12];
    connection.read_exact(&mut begun).await.unwrap();
    assert_eq!(&begun, b"HTTP/1.1 200");
    connection
}

/// Steps as the projector would write them, larger than any.
async fn write_steps(stage: &Stage, steps: std::ops::RangeInclusive<i64>) {
    for sequence in steps {
        let mut transaction = stage.pool.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO job_steps VALUES
                 ($1, $2, 'large', 'scraping', 'running', 1, 1, $1, NULL, repeat('n', 100000),
                  NULL, NULL, now())",
        )
        .bind(sequence)
        .bind(Uuid::from_u128(7))
        .execute(&mut *transaction)
        .await
        .unwrap();
        sqlx::query("UPDATE projections SET sequence = $1 WHERE projection = 'jobs'")
            .bind(sequence)
            .execute(&mut *transaction)
            .await
            .unwrap();
        sqlx::query("SELECT pg_notify('leaderboard_changes', 'a step')")
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }
}

/// What a connection still gives until it ends, in whichever way.
async fn rest_of(connection: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(60), connection.read_to_end(&mut rest));
    // The end may be an orderly one or not.
    let _ = ended.await.expect("the connection was not given up");
    rest
}

/// The id of the last event that came whole.
fn last_id(told: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(told);
    let (whole, _) = text.rsplit_once("\n\n")?;
    let mut ids = whole.lines().filter_map(|line| line.strip_prefix("id: "));
    ids.next_back().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_nothing_is_dropped_and_others_go_on() {
    const STEPS: i64 = 300;
    let settings = Settings {
        stalled_limit: Duration::from_secs(1),
        ..Settings::default()
    };
    let stage = Stage::start(settings).await;
    stage.settle().await;
    let mut good = stage.listen(ALL, "").await;
    good.expect("start").await;
    let mut bad = ask_and_not_read(&stage, ALL).await;
    // Each is told before the next, so that the good reader never lags.
    for step in 1..=STEPS {
        write_steps(&stage, step..=step).await;
        let told = good.expect("step").await;
        assert_eq!(told.data["done"], step);
    }
    // What was under way to the bad one is all that it gets: less than half of
    // the thirty megabytes that were told.
    let rest = rest_of(&mut bad).await;
    assert!(rest.len() < 15_000_000, "{}", rest.len());

    // It comes back with the last id it has seen, and has missed nothing.
    let last: i64 = last_id(&rest).map_or(0, |last| last.parse().unwrap());
    let mut back = stage.listen(ALL, &last.to_string()).await;
    for step in last + 1..=STEPS {
        assert_eq!(back.expect("step").await.data["done"], step);
    }
}

/// Places of a board, each with a login so long that a state is megabytes.
const PLACES: i64 = 200;

const BOARD: &str = "/api/v1/stream/leaderboards/global?limit=200";

const SEED: [&str; 3] = [
    "INSERT INTO boards (scope, period) VALUES ('global', 'all')",
    "INSERT INTO board_rows (board, contributor, class, pull_request_merged,
                             pull_request_reviewed, score)
     SELECT board, member::text, 'human', 0, 0, 1000 * member
     FROM boards CROSS JOIN generate_series(1, 200) AS member",
    "INSERT INTO names (subject, reference, name, first_seen, last_seen, is_current)
     SELECT 'account', member::text, repeat('n', 8000) || member, now(), now(), true
     FROM generate_series(1, 200) AS member",
];

/// Gives everybody on the board another point, as the projector would.
async fn change_board(stage: &Stage) {
    let mut transaction = stage.pool.begin().await.unwrap();
    for statement in [
        "UPDATE board_rows SET score = score + 1000",
        "UPDATE projections SET sequence = sequence + 1 WHERE projection = 'jobs'",
        "SELECT pg_notify('leaderboard_changes', 'a change')",
    ] {
        let changing = sqlx::query(statement).execute(&mut *transaction);
        changing.await.unwrap();
    }
    transaction.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_a_board_that_takes_nothing_is_dropped_and_told_the_last_state() {
    const CHANGES: i64 = 8;
    let settings = Settings {
        stalled_limit: Duration::from_secs(1),
        ..Settings::default()
    };
    let stage = Stage::start(settings).await;
    stage.settle().await;
    for statement in SEED {
        let seeding = sqlx::query(statement).execute(&stage.pool);
        seeding.await.unwrap();
    }
    let mut good = stage.listen(BOARD, "").await;
    let mut told = good.expect("board").await.data.to_string().len();
    let mut bad = ask_and_not_read(&stage, BOARD).await;
    // Each is told before the next, so that none is passed over.
    for change in 1..=CHANGES {
        change_board(&stage).await;
        let places = good.expect("places").await;
        let changed = places.data["changed"].as_array().unwrap();
        assert_eq!(changed.len(), 200);
        assert_eq!(changed[0]["value"], 1_000 * (PLACES + change));
        told += places.data.to_string().len();
    }
    // States are not kept for who does not take them.
    let rest = rest_of(&mut bad).await;
    assert!(rest.len() < told / 2, "{} of {told}", rest.len());

    // It comes back with what it has seen, and hears of the last state alone.
    let last = last_id(&rest).unwrap_or_default();
    assert_ne!(last, good.last, "it was told everything");
    let mut back = stage.listen(BOARD, &last).await;
    let board = back.expect("board").await;
    assert_eq!(board.id, good.last);
    let first = &board.data["leaderboard"][0];
    assert_eq!(first["value"], 1_000 * (PLACES + CHANGES));
}
