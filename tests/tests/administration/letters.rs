//! What could not be read of each source is kept whole, and read again under
//! the source it came from once the fault is mended; it counts once.

use chrono::TimeDelta;
use domain::{Source, SourceReference};
use events::{DeadLetterRecorded, Received, ReceivedForm};
use jobs::Finished;
use reqwest::{Method, StatusCode};
use scraper::scrape::{ScrapeOptions, ScrapeServices, Wanted, scrape};
use serde_json::{Value, json};
use tests::star_of;
use tokio_util::sync::CancellationToken;

use crate::stage::{Stage, now};

fn push() -> Value {
    let commit = |sha: char| {
        json!({
            "id": sha.to_string().repeat(40), "distinct": true, "message": "x".repeat(4_000),
            "timestamp": "2026-11-10T08:00:00Z", "author": { "username": "ada" }
        })
    };
    json!({
        "ref": "refs/heads/main", "before": "1".repeat(40), "after": "3".repeat(40),
        "sender": { "id": 1, "login": "ada", "type": "User" },
        "repository": { "id": 7, "full_name": "octo/cat", "pushed_at": 1_794_300_000 },
        "commits": [commit('2'), commit('3')],
    })
}

fn letter(service: &str, origin: &str, content: &str, received: Received) -> DeadLetterRecorded {
    let error = "a fault of an older version".to_owned();
    let an_hour_ago = now() - TimeDelta::hours(1);
    let (origin, content) = (origin.to_owned(), content.as_bytes());
    DeadLetterRecorded::of_received(service, origin, error, content, received, an_hour_ago)
}

fn received(letter: &Value) -> Received {
    serde_json::from_value(letter["received"].clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_kept_whole_and_redriven_as_a_delivery() {
    let stage = Stage::start().await;
    let whole = push().to_string();
    let damaged = &whole[..whole.len() - 1];
    let status = stage.deliver("push", "d-4", damaged.as_bytes()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let list = stage.get("/api/v1/dead-letters?service=command-api").await;
    let id = list["dead_letters"][0]["id"].as_str().unwrap();
    let found = stage.get(&format!("/api/v1/dead-letters/{id}")).await;
    let found = &found["dead_letter"];
    assert_eq!(found["content"], damaged);
    assert_eq!(received(found), Received::delivery("push", "d-4"));

    // What is damaged stays, and is named in the job.
    let path = format!("/api/v1/dead-letters/{id}/redrive");
    let ended = stage.have_done(Method::POST, &path, &json!({})).await;
    let Finished::Completed(completed) = ended else {
        panic!("{ended:?}")
    };
    assert_eq!(completed.summary, "0 of 1 dead letters were redriven");
    assert!(completed.left_out[0].message.contains("cannot be read"));

    let older = letter(
        "command-api",
        "webhook push d-5",
        &whole,
        Received::delivery("push", "d-5"),
    );
    let id = stage.set_aside(older).await;
    let path = format!("/api/v1/dead-letters/{id}/redrive");
    for _ in 0..2 {
        let done = stage.done(&path, &json!({ "reason": "upgraded" })).await;
        assert_eq!(done, "1 of 1 dead letters were redriven");
    }
    let commits = ['2', '3'].map(|sha| {
        let key = format!("commit:7:{}", sha.to_string().repeat(40));
        (key, "Webhook d-5".to_owned())
    });
    assert_eq!(stage.contributions().await, commits);
    // GitHub's own redelivery of it counts nothing either.
    let again = stage.deliver("push", "d-5", whole.as_bytes()).await;
    assert_eq!(again, StatusCode::OK);
    assert_eq!(stage.contributions().await, commits);
    let found = stage.get(&format!("/api/v1/dead-letters/{id}")).await;
    assert_eq!(found["dead_letter"]["state"], "redriven");
    let audit = stage.get("/api/v1/audit?what=dead_letter.redriven").await;
    let entry = &audit["entries"][0];
    assert_eq!(
        (&entry["actor"], &entry["reason"]),
        (&json!("ann"), &json!("upgraded"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_of_before_are_read_by_where_they_say_they_stood() {
    let stage = Stage::start().await;
    let body = json!({
        "action": "opened", "sender": { "id": 1, "login": "ada", "type": "User" },
        "repository": { "id": 7, "full_name": "octo/cat" },
        "issue": { "id": 70, "number": 12, "created_at": "2026-11-10T08:00:00Z",
                   "user": { "id": 1, "login": "ada" } },
    });
    let before = |service: &str, origin: &str, content: &str, bytes| DeadLetterRecorded {
        received: None,
        bytes,
        ..letter(service, origin, content, Received::delivery("", ""))
    };
    let body = body.to_string();
    let length = body.len() as u64;
    let delivery = before("command-api", "webhook issues d-1", &body, length);
    stage.set_aside(delivery).await;
    let cut = before("command-api", "webhook push d-2", &body, length + 1);
    let cut = stage.set_aside(cut).await;
    let row = before("scraper", "payer:job_1 of 2026-11-09", "[Some(\"17\")]", 12);
    let row = stage.set_aside(row).await;
    let all = json!({ "all": true, "reason": "upgraded" });
    let path = "/api/v1/dead-letters/redrive";
    let ended = stage.have_done(Method::POST, path, &all).await;
    let Finished::Completed(completed) = ended else {
        panic!("{ended:?}")
    };
    assert_eq!(completed.summary, "1 of 3 dead letters were redriven");
    let left: Vec<(&str, bool)> = completed
        .left_out
        .iter()
        .map(|failure| {
            let letter = failure.context["dead_letter"].as_str();
            let advised = failure.message.contains("redeliver")
                || failure.message.contains("leaderboard bigquery");
            (letter, advised)
        })
        .collect();
    assert!(
        left.contains(&(cut.as_str(), true)) && left.contains(&(row.as_str(), true)),
        "{left:?}"
    );
    let found = stage.contributions().await;
    assert_eq!(found[0].1, "Webhook d-1", "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_feed_is_redriven_under_the_feed() {
    let stage = Stage::start().await;
    let event = json!({
        "id": "9", "type": "IssuesEvent", "created_at": "2026-11-10T08:00:00Z",
        "actor": { "id": 1, "login": "ada" }, "repo": { "id": 7, "name": "octo/cat" },
        "payload": { "action": "opened", "issue": {
            "id": 70, "number": 12, "user": { "id": 1, "login": "ada" } } },
    });
    let poisoned = json!({ "id": "9", "what": "x".repeat(4_000) });
    stage
        .github
        .set_repository(7, "octo/cat", vec![poisoned.clone()]);
    let read = async || {
        let services = ScrapeServices {
            client: std::sync::Arc::new(stage.github.client(&["one"]).unwrap()),
            log: stage.log.clone(),
            publisher: stage.log.publisher(),
            cancellation: CancellationToken::new(),
        };
        let wanted = Wanted {
            id: Some(7),
            name: domain::RepositoryName::entered("octo/cat").unwrap(),
        };
        let scraped = scrape(&[wanted], &services, ScrapeOptions::default()).await;
        assert!(scraped[0].error.is_none(), "{scraped:?}");
    };
    read().await;
    let list = stage.get("/api/v1/dead-letters?repository=octo/cat").await;
    assert_eq!(list["meta"]["totals"], json!({ "parked": 1 }));
    let id = list["dead_letters"][0]["id"].as_str().unwrap();
    let found = stage.get(&format!("/api/v1/dead-letters/{id}")).await;
    let found = &found["dead_letter"];
    assert_eq!(found["content"], poisoned.to_string());
    let came = received(found);
    assert_eq!((came.form, came.whole), (ReceivedForm::Event, true));
    assert_eq!(came.source.source, Source::Api);

    let origin = "GitHub /repos/octo/cat/events";
    stage
        .set_aside(letter("scraper", origin, &event.to_string(), came.clone()))
        .await;
    let of_it = json!({ "repository": "octo/cat", "reason": "older version" });
    let of_it = json!({ "filter": of_it, "reason": "upgraded" });
    let done = stage.done("/api/v1/dead-letters/redrive", &of_it).await;
    assert_eq!(done, "1 of 1 dead letters were redriven");
    let expected = [(
        "issue_opened:7:12".to_owned(),
        format!("Api {}", came.source.reference),
    )];
    assert_eq!(stage.contributions().await, expected);
    // The feed tells of it, too.
    stage.github.set_repository(7, "octo/cat", vec![event]);
    read().await;
    assert_eq!(stage.contributions().await, expected);
    // What is poisoned is wanted by nobody.
    let discard = format!("/api/v1/dead-letters/{id}/discard");
    let (status, answer) = stage.send(Method::POST, &discard, &json!({})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let done = stage.done(&discard, &json!({ "reason": "no event" })).await;
    assert_eq!(done, "1 of 1 dead letters were discarded");
    let left = stage.get("/api/v1/dead-letters?state=parked").await;
    assert_eq!(left["dead_letters"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_is_redriven_as_a_row() {
    let stage = Stage::start().await;
    let yesterday = now() - TimeDelta::days(1);
    let star = star_of((7, "octo/cat"), yesterday, 17);
    let mut poisoned = star_of((7, "octo/cat"), yesterday, 18);
    poisoned["created_at"] = Value::Null;
    let day = yesterday.date_naive();
    let put = |events| stage.warehouse.set_day(day, events, (1 << 20, 1 << 20));
    put(vec![poisoned]);
    let budget = json!({ "daily_micros": 9_000_000, "monthly_micros": 90_000_000 });
    let set = stage
        .have_done(Method::PUT, "/api/v1/budget", &budget)
        .await;
    assert!(matches!(set, Finished::Completed(_)), "{set:?}");
    let track = "/api/v1/tracked/octo/cat";
    stage.send(Method::PUT, track, &json!({})).await;
    let read = json!({ "job": "read-bigquery", "reason": "a test" });
    assert_eq!(
        stage.done("/api/v1/jobs", &read).await,
        "1 of 1 days were read"
    );
    let list = stage.get("/api/v1/dead-letters?service=scraper").await;
    let id = list["dead_letters"][0]["id"].as_str().unwrap();
    let found = stage.get(&format!("/api/v1/dead-letters/{id}")).await;
    let found = &found["dead_letter"];
    let came = received(found);
    assert_eq!(
        (came.form, came.source.source),
        (ReceivedForm::Row, Source::Bigquery)
    );
    let mut row: Value = serde_json::from_str(found["content"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&row["id"], &row["created_at"]),
        (&json!("18"), &Value::Null)
    );

    row["id"] = json!("17");
    row["actor_id"] = json!("17");
    row["actor_login"] = json!("visitor-17");
    row["created_at"] = json!(yesterday.timestamp_micros().to_string());
    let origin = found["origin"].as_str().unwrap();
    let older = letter("scraper", origin, &row.to_string(), came.clone());
    let id = stage.set_aside(older).await;
    let some = json!({ "ids": [id], "reason": "upgraded" });
    let done = stage.done("/api/v1/dead-letters/redrive", &some).await;
    assert_eq!(done, "1 of 1 dead letters were redriven");
    let expected = [(
        "star:7:17".to_owned(),
        format!("Bigquery {}", came.source.reference),
    )];
    assert_eq!(stage.contributions().await, expected);
    // An archive tells of it, too.
    let source = SourceReference {
        source: Source::Archive,
        reference: "2026-11-09-12.json.gz:1".to_owned(),
    };
    let archived = tests::events_of(&[(source, star.to_string().into_bytes())]).unwrap();
    tests::publish(&stage.log, &archived, 1).await.unwrap();
    assert_eq!(stage.contributions().await, expected);
}
