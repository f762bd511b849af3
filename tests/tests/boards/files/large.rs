//! Files of a board of many thousands: of one moment however long they take,
//! and broken off audibly when nobody takes them.

use std::time::Duration;

use query_api::Settings;
use reqwest::Method;
use serde_json::Value;
use tests::{events_of, generated_documents};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::read::File;
use crate::world::World;

/// How many contribute.
const MEMBERS: i64 = 45_000;

const BOARD: &str = "/api/v1/leaderboards/global/board";

/// A board of all time on which many share each value.
const SEED: &str = "
    INSERT INTO boards (scope, period) VALUES ('global', 'all');
    INSERT INTO board_rows (board, contributor, class, pull_request_merged,
                            pull_request_reviewed, score, commit)
    SELECT board, member::text, 'human', member % 3, 0, 1000 * (1 + member % 700), 1 + member % 9
    FROM boards CROSS JOIN generate_series(900000001, 900000000 + $1) AS member";

const NAMES: &str = "
    INSERT INTO names (subject, reference, name, first_seen, last_seen, is_current)
    SELECT 'account', member::text, 'member-' || member, '2015-01-01', '2016-01-01', true
    FROM generate_series(900000001, 900000000 + $1) AS member";

const HISTOGRAM: &str = "
    INSERT INTO rank_histogram (board, metric, class, level, prefix, members)
    WITH counted AS (
        SELECT board, metric, class, value, count(*) AS members FROM board_values GROUP BY 1, 2, 3, 4
    )
    SELECT board, metric, class, level, value >> (6 * (6 - level)), sum(members)
    FROM counted CROSS JOIN generate_series(0, 6) AS level
    GROUP BY 1, 2, 3, 4, 5";

async fn world(settings: Settings) -> World {
    let world = World::start("2024-03-01T12:00:00Z", settings).await;
    let (board, rows) = SEED.split_once(";\n").unwrap();
    sqlx::query(board).execute(world.pool()).await.unwrap();
    for statement in [rows, NAMES] {
        let seeded = sqlx::query(statement).bind(MEMBERS);
        seeded.execute(world.pool()).await.unwrap();
    }
    sqlx::query(HISTOGRAM).execute(world.pool()).await.unwrap();
    world
}

/// Transactions that are open in the database, but for the one that asks.
async fn open_transactions(world: &World) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()
           AND xact_start IS NOT NULL",
    )
    .fetch_one(world.pool())
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_of_one_moment_however_long_it_takes() {
    let mut world = world(Settings::default()).await;
    let whole = File::get(&world, &format!("{BOARD}.ndjson")).await;
    let documents = whole.documents();
    assert_eq!(documents.len(), usize::try_from(MEMBERS).unwrap());
    // In the order of the board, with the ranks that it has.
    let place = |entry: &Value| {
        let number = |name: &str| entry[name].as_i64().unwrap();
        let account = entry["account"].as_str().unwrap().to_owned();
        (
            -number("value"),
            -number("merged"),
            -number("reviews"),
            account,
        )
    };
    let mut rank = 1;
    for (position, two) in documents.windows(2).enumerate() {
        assert!(place(&two[0]) < place(&two[1]), "{two:?}");
        assert_eq!(two[0]["rank"], rank);
        if two[0]["value"] != two[1]["value"] {
            rank = position + 2;
        }
    }
    let (columns, _) = File::get(&world, &format!("{BOARD}.parquet"))
        .await
        .columns();
    let logins = columns.iter().map(|row| &row["login"]);
    assert!(logins.eq(documents.iter().map(|entry| &entry["login"])));

    // The board changes while one is being read.
    let asked = world
        .request(Method::GET, &format!("{BOARD}.ndjson"))
        .send();
    let mut slow = asked.await.unwrap();
    let mut read = slow.chunk().await.unwrap().unwrap().to_vec();
    world
        .tell(&events_of(&generated_documents(41, 300).unwrap()).unwrap())
        .await;
    let changed = File::get(&world, &format!("{BOARD}.ndjson")).await;
    assert_ne!(changed.documents().len(), documents.len());
    while let Some(piece) = slow.chunk().await.unwrap() {
        read.extend_from_slice(&piece);
    }
    assert!(read == whole.bytes, "it is not of the moment it began at");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_away_leaves_nothing_behind() {
    let world = world(Settings::default()).await;
    let open = async || {
        let asked = world.request(Method::GET, &format!("{BOARD}.ndjson"));
        asked.send().await.unwrap()
    };
    let mut readers = Vec::new();
    for _ in 0..4 {
        let mut reader = open().await;
        reader.chunk().await.unwrap().unwrap();
        readers.push(reader);
    }
    // As many as there may be: one more is told to come back.
    let refused = open().await;
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    drop(readers);
    world
        .until("there is room again, and nothing is held", async || {
            open_transactions(&world).await == 0 && open().await.status() == 200
        })
        .await;
}

/// Asks for a file, and takes as little of it as can be.
async fn ask_and_not_read(world: &World, address: &str) -> TcpStream {
    let server = world.address().replace("http://", "").parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(65_536).unwrap();
    let mut connection = socket.connect(server).await.unwrap();
    let request = format!("GET {address} HTTP/1.1\r\nHost: test\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut begun = [0; 12];
    connection.read_exact(&mut begun).await.unwrap();
    assert_eq!(&begun, b"HTTP/1.1 200");
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_nobody_takes_is_given_up_and_not_ended() {
    let settings = Settings {
        request_timeout: Duration::from_secs(2),
        ..Settings::default()
    };
    let world = world(settings).await;
    let mut bad = ask_and_not_read(&world, &format!("{BOARD}.ndjson")).await;
    // It was begun before the head was sent.
    world
        .until("it is given up", async || {
            open_transactions(&world).await == 0
        })
        .await;
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(60), bad.read_to_end(&mut rest));
    // The end may be an orderly one of the connection, but not of the file.
    let _ = ended.await.unwrap();
    assert!(!rest.ends_with(b"\r\n0\r\n\r\n"), "it looks whole");
    assert!(rest.len() < 20_000_000, "{}", rest.len());
}
