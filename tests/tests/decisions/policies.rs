//! What things are worth.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tests::check_read_models;

use crate::stage::Stage;

const GLOBAL: &str = "/api/v1/leaderboards/global";

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_foreseen_published_and_taken_back() {
    let stage = Stage::start().await;
    stage.record(&stage.events).await;
    let before = stage.board(GLOBAL).await;
    let rows_before = stage.rows().await;
    let entered = json!({
        "points": { "commit": 1, "comment": 7.5, "star": 0.5 },
        "daily": { "comment": { "at_most": 3, "steps": [{ "after": 1, "percent": 50 }] } },
        "commits_a_day": 5,
    });

    let question = json!({ "class": "everyone", "limit": 1000, "policy": entered });
    let (status, foreseen) = stage.ask(Method::POST, "/api/v1/what-if", &question).await;
    assert_eq!(status, StatusCode::OK, "{foreseen}");
    assert!(foreseen["meta"]["moved"].as_i64().unwrap() > 0);
    assert_eq!(stage.board(GLOBAL).await, before, "asking changes nothing");

    let command = json!({ "policy": entered, "reason": "fewer imports" });
    let (status, answer) = stage.decide(Method::PUT, "/api/v1/policy", &command).await;
    assert_eq!(
        (status, &answer["changed"]),
        (StatusCode::OK, &json!(true)),
        "{answer}"
    );
    let board = stage
        .get(&format!("{GLOBAL}?limit=200&class=everyone"))
        .await;
    assert_eq!(board["meta"]["policy_version"], 2);
    let published = board["leaderboard"].as_array().unwrap();
    let foreseen = foreseen["leaderboard"].as_array().unwrap();
    assert!(!published.is_empty());
    for (published, foreseen) in published.iter().zip(foreseen) {
        for field in ["rank", "login", "score_thousandths"] {
            assert_eq!(published[field], foreseen[field]);
        }
    }

    // Every board, the histogram and every explanation go by it.
    let mut tally = tests::tally_of(&stage.events);
    let policy = serde_json::from_value(answer["policy"].clone()).unwrap();
    tally.decisions.policies.publish(domain::PublishedPolicy {
        group: None,
        policy: Some(policy),
        decided: domain::Decided {
            actor: String::new(),
            reason: String::new(),
            at: chrono::DateTime::UNIX_EPOCH,
        },
    });
    check_read_models(&stage.pool, &tally).await.unwrap();
    for (login, score) in stage.board(GLOBAL).await.into_iter().take(20) {
        let explained = stage
            .get(&format!("/api/v1/contributors/{login}/explain?limit=1"))
            .await;
        assert_eq!(
            explained["meta"]["totals"]["points_thousandths"], score,
            "{login}"
        );
        assert_eq!(explained["meta"]["totals"]["agrees"], true, "{login}");
    }

    let again = json!({ "version": 1, "reason": "it was better" });
    let (_, answer) = stage.decide(Method::PUT, "/api/v1/policy", &again).await;
    assert_eq!(answer["policy"]["version"], 3);
    assert_eq!(stage.board(GLOBAL).await, before);
    let rows = stage.rows().await;
    for (table, before) in &rows_before {
        assert_eq!(&rows[table], before, "{table}");
    }
    let audit = stage.get("/api/v1/audit?what=policy.published").await;
    let entries = audit["entries"].as_array().unwrap();
    let reasons: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry["reason"].as_str())
        .collect();
    assert_eq!(reasons, ["it was better", "fewer imports"]);
    assert!(entries.iter().all(|entry| entry["actor"] == "ann"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_policy_is_refused_with_every_fault() {
    let stage = Stage::start().await;
    let entered = json!({ "points": { "comit": 1, "push": -3 }, "commits_a_day": "many" });
    let command = json!({ "policy": entered });
    let (status, answer) = stage.decide(Method::PUT, "/api/v1/policy", &command).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let faults = answer["faults"].as_array().unwrap();
    let mut fields: Vec<&str> = faults
        .iter()
        .filter_map(|fault| fault["field"].as_str())
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["commits_a_day", "points.comit", "points.push"]);
    let question = json!({ "policy": entered });
    let (status, answer) = stage.ask(Method::POST, "/api/v1/what-if", &question).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        answer["detail"].as_str().unwrap().contains("points.push"),
        "{answer}"
    );
    let policies = stage.get("/api/v1/policies").await;
    assert_eq!(policies["policy"]["version"], 1);
    assert_eq!(policies["published"], json!([]));
    let (status, _) = stage
        .decide(Method::PUT, "/api/v1/policy", &json!({ "version": 9 }))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_has_a_policy_of_its_own_for_as_long_as_it_wants() {
    let stage = Stage::start().await;
    stage.record(&stage.events).await;
    let first = stage.board(GLOBAL).await.remove(0).0;
    let profile = stage.get(&format!("/api/v1/contributors/{first}")).await;
    let name = profile["contributor"]["repositories"][0]["name"]
        .as_str()
        .unwrap();
    let group = json!({ "repositories": [name] });
    stage
        .decide(Method::PUT, "/api/v1/groups/web", &group)
        .await;
    let (of_group, repository) = (
        "/api/v1/leaderboards/groups/web",
        format!("/api/v1/leaderboards/repositories/{name}"),
    );
    let before = stage.board(of_group).await;
    assert_eq!(before, stage.board(&repository).await);

    let doubled = json!({ "policy": { "points": {
        "commit": 20, "push": 20, "pull_request_opened": 30, "pull_request_merged": 50,
        "pull_request_reviewed": 40, "review_comment": 10, "issue_opened": 16, "issue_closed": 10,
        "comment": 6, "release_published": 60,
    }, "lines": { "added": 0.02, "deleted": 0.01, "at_most": 1000 } } });
    let path = "/api/v1/groups/web/policy";
    let (status, answer) = stage.decide(Method::PUT, path, &doubled).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let twice: Vec<(String, i64)> = before
        .iter()
        .map(|(login, score)| (login.clone(), 2 * score))
        .collect();
    assert_eq!(stage.board(of_group).await, twice);
    assert_eq!(
        stage.board(&repository).await,
        before,
        "others are not concerned"
    );

    stage.decide(Method::DELETE, path, &json!({})).await;
    assert_eq!(stage.board(of_group).await, before);
}
