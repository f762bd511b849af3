//! Commands that ask for jobs: by name, of a replay, about money and letters.

use jobs::Finished;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn jobs_and_replays_are_asked_for_in_the_name_of_the_key() {
    let stage = Stage::start().await;
    let vacuum = json!({ "job": "vacuum", "reason": "a slow board" });
    let done = stage.done("/api/v1/jobs", &vacuum).await;
    assert!(done.ends_with("tables were vacuumed"), "{done}");
    let jobs = stage.get("/api/v1/jobs?name=vacuum").await;
    let cause = &jobs["jobs"][0]["cause"];
    assert_eq!(cause["actor"], "ann", "{jobs}");
    assert_eq!(cause["reason"], "a slow board");

    let slowly = json!({ "throttle": 9 });
    let started = stage.done("/api/v1/replay/start", &slowly).await;
    assert_eq!(started, "generation 2 is being built");
    let start = "/api/v1/replay/start";
    let twice = stage.have_done(Method::POST, start, &json!({})).await;
    assert!(
        matches!(&twice, Finished::Failed(failed) if failed.failure.message.contains("is being built")),
        "{twice:?}"
    );
    let aborted = stage.done("/api/v1/replay/abort", &json!({})).await;
    assert_eq!(aborted, "generation 2 is given up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_is_set_by_who_may_and_wrong_ones_are_refused_with_what_is_wrong() {
    let stage = Stage::start().await;
    let budget = json!({
        "daily_micros": 5_000_000, "monthly_micros": 50_000_000, "warning": 60, "reason": "less",
    });
    let set = stage
        .have_done(Method::PUT, "/api/v1/budget", &budget)
        .await;
    let Finished::Completed(completed) = set else {
        panic!("{set:?}")
    };
    let said = "from now on at most $5.00 a day, $50.00 a month, $5.00 for a job";
    assert_eq!(completed.summary, said);
    let shown = stage.get("/api/v1/budget").await;
    let text = shown.to_string();
    assert!(text.contains("ann") && text.contains("less"), "{text}");

    let wrong = json!({ "daily_micros": 6, "monthly_micros": 5 });
    let (status, answer) = stage.send(Method::PUT, "/api/v1/budget", &wrong).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let detail = answer["detail"].as_str().unwrap();
    assert!(detail.contains("ceiling of a day"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_refused_before_anything_is_asked_for() {
    let stage = Stage::start().await;
    let letters = "/api/v1/dead-letters/redrive";
    let id = "00000000-0000-0000-0000-000000000001";
    let refused = [
        ("/api/v1/jobs", json!({ "job": "cook" }), 404),
        // Errands have commands of their own.
        ("/api/v1/jobs", json!({ "job": "set-budget" }), 404),
        ("/api/v1/jobs", json!({ "name": "vacuum" }), 422),
        ("/api/v1/replay/begin", json!({}), 404),
        ("/api/v1/replay/switch", json!({ "throttle": 5 }), 400),
        ("/api/v1/replay/start", json!({ "throttle": 0 }), 400),
        (letters, json!({}), 400),
        (letters, json!({ "all": true, "ids": [id] }), 400),
        (letters, json!({ "filter": { "origin": "x" } }), 400),
        (letters, json!({ "filter": { "since": "today" } }), 400),
        ("/api/v1/dead-letters/no-id/redrive", json!({}), 400),
        ("/api/v1/dead-letters/discard", json!({ "all": true }), 400),
    ];
    for (path, body, expected) in refused {
        let (status, answer) = stage.send(Method::POST, path, &body).await;
        assert_eq!(status.as_u16(), expected, "{path} {body}: {answer}");
        let detail = answer["detail"].as_str().unwrap();
        assert!(detail.len() > 10, "{path}: {answer}");
    }
    let jobs = stage.get("/api/v1/jobs").await;
    assert_eq!(jobs["jobs"], json!([]));
    // A letter that is not there is named in the job.
    let absent = json!({ "ids": [id] });
    let ended = stage.have_done(Method::POST, letters, &absent).await;
    let Finished::Completed(completed) = ended else {
        panic!("{ended:?}")
    };
    assert!(completed.left_out[0].message.contains(id), "{completed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_gives_what_redrives_and_discards_for_what_it_shows() {
    let stage = Stage::start().await;
    for delivery in ["d-1", "d-2"] {
        let status = stage.deliver("push", delivery, b"{\"ref\":").await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
    let letters = stage.get("/api/v1/dead-letters").await;
    let ids = letters["dead_letters"].as_array().unwrap().iter();
    let page = stage.page("/dead-letters?service=command-api").await;
    for id in ids.map(|letter: &Value| letter["id"].as_str().unwrap()) {
        for command in [
            format!("leaderboard dead-letters redrive {id} --reason WHY"),
            format!("/api/v1/dead-letters/{id}/discard"),
        ] {
            assert!(page.contains(&command), "{command}: {page}");
        }
    }
    let all = "leaderboard dead-letters redrive --service &#39;command-api&#39; --reason WHY --yes";
    assert!(page.contains(all), "{page}");
    assert!(page.contains("Redrive or discard all 2 parked of these"));
    let none = stage.page("/dead-letters?service=scraper").await;
    assert!(none.contains("Nothing of the kind was set aside"), "{none}");
}
