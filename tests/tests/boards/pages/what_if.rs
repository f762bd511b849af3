//! Boards under another policy.

use query_api::Settings;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{events_of, generated_documents};

use super::{ESCAPED, holds, page, page_with};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_board_of_another_policy_is_the_one_that_the_api_answers() {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    let events = events_of(&generated_documents(6, 1_500).unwrap()).unwrap();
    world.tell(&events).await;
    let blank = page(&world, "/what-if").await;
    holds(
        &blank,
        &[
            "The policy that holds",
            "name=\"points.commit\" value=\"10\"",
        ],
    );
    let same = page(&world, "/what-if?points.commit=10&lines.at_most=500").await;
    holds(&same, &["This is the policy that holds"]);

    let path = "/what-if?points.commit=0.5&daily.comment.at_most=2&daily.comment.steps=1:50\
                &points.comment=3&class=everyone";
    let shown = page(&world, path).await;
    let policy = json!({ "points": { "commit": 0.5 },
        "daily": { "comment": { "at_most": 2, "steps": [{ "after": 1, "percent": 50 }] } } });
    let body = json!({ "class": "everyone", "policy": policy });
    let answer = world.request(Method::POST, "/api/v1/what-if").json(&body);
    let answer: Value = answer.send().await.unwrap().json().await.unwrap();
    let entries = answer["leaderboard"].as_array().unwrap();
    let (_, mut rest) = shown.split_once("what-if-board").unwrap();
    for entry in entries {
        // Rows follow each other in the order of the answer.
        let rank = format!("<td class=\"num strong\">{}</td>", entry["rank"]);
        let login = entry["login"].as_str().unwrap();
        let at = rest
            .find(&rank)
            .unwrap_or_else(|| panic!("{login} is not at {rank}"));
        rest = &rest[at..];
        let row = rest.split("</tr>").next().unwrap();
        assert!(row.contains(&format!(">{login}</a>")), "{login}: {row}");
        rest = &rest[row.len()..];
    }
    holds(
        &shown,
        &[
            "&#34;commit&#34;: 0.5",
            "leaderboard policy publish policy.json",
        ],
    );
    assert!(!shown.contains("&#34;comment&#34;: 3,\n"), "{shown}");
    // Nothing was stored.
    let policies = world.get("/api/v1/policies").await;
    assert_eq!(policies["policy"]["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_stands_at_its_field() {
    let world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    let path = "/what-if?points.commit=-1&lines.added=x&commits_a_day=2.5\
                &daily.comment.steps=5:50,what&points.%3Cscript%3Ealert(1)%3C/script%3E=1\
                &scope=no/such&period=soon&class=robots";
    let faulty = page_with(&world, path, StatusCode::BAD_REQUEST).await;
    holds(
        &faulty,
        &[
            "This cannot be a policy yet",
            "href=\"#points-commit\"",
            "id=\"points-commit-fault\"",
            "id=\"lines-added-fault\"",
            "id=\"commits_a_day-fault\"",
            "id=\"daily-comment-steps-fault\"",
            "write each step as 5:50",
            "id=\"scope-fault\"",
            "id=\"period-fault\"",
            "use human, bot, agent or everyone",
            ESCAPED,
            // What was entered is still there.
            "name=\"points.commit\" value=\"-1\"",
        ],
    );
    let long = format!("/what-if?points.commit={}", "1".repeat(600));
    page_with(&world, &long, StatusCode::BAD_REQUEST).await;
    let empty = page(&world, "/what-if?points.commit=1").await;
    holds(&empty, &["Nobody would be on this board"]);
}
