//! Readers that do not read.

use std::time::Duration;

use query_api::Settings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use uuid::Uuid;

use crate::stage::Stage;

const ALL: &str = "/api/v1/stream/jobs";

/// A reader that asks for the steps of jobs, and takes as little as it can.
async fn ask_and_not_read(stage: &Stage) -> TcpStream {
    let address = stage.url("").replace("http://", "").parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut connection = socket.connect(address).await.unwrap();
    let request = format!("GET {ALL} HTTP/1.1\r\nHost: test\r\n\r\n");
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
    let mut bad = ask_and_not_read(&stage).await;
    // Each is told before the next, so that the good reader never lags.
    for step in 1..=STEPS {
        write_steps(&stage, step..=step).await;
        let told = good.expect("step").await;
        assert_eq!(told.data["done"], step);
    }
    // What was under way to the bad one is all that it gets: less than half of
    // the thirty megabytes that were told.
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(60), bad.read_to_end(&mut rest));
    // The end may be an orderly one or not.
    let _ = ended.await.expect("the connection was not given up");
    assert!(rest.len() < 15_000_000, "{}", rest.len());

    // It comes back with the last id it has seen, and has missed nothing.
    let text = String::from_utf8_lossy(&rest);
    let whole = text.rsplit_once("\n\n").map_or("", |(whole, _)| whole);
    let last = whole
        .lines()
        .filter_map(|line| line.strip_prefix("id: "))
        .next_back();
    let last: i64 = last.map_or(0, |last| last.parse().unwrap());
    let mut back = stage.listen(ALL, &last.to_string()).await;
    for step in last + 1..=STEPS {
        assert_eq!(back.expect("step").await.data["done"], step);
    }
}
