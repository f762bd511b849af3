//! Contributors and repositories side by side.

use domain::{Source, SourceReference};
use query_api::Settings;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{events_of, generated_documents, star_of};

use super::{ESCAPED, SCRIPT, holds, page, page_with};
use crate::world::World;

/// A number as pages write it.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap())
        .collect();
    groups.join(",")
}

#[tokio::test(flavor = "multi_thread")]
async fn contributors_are_compared_by_what_their_boards_say() {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    let empty = page(&world, "/compare").await;
    holds(
        &empty,
        &["Nothing to compare yet", "Nothing has been read yet"],
    );
    let events = events_of(&generated_documents(6, 1_500).unwrap()).unwrap();
    world.tell(&events).await;
    let blank = page(&world, "/compare").await;
    holds(&blank, &["or begin with <a href=\"/compare?name="]);

    let board = world.get("/api/v1/leaderboards/global?limit=3").await;
    let entries = board["leaderboard"].as_array().unwrap();
    let logins: Vec<&str> = entries
        .iter()
        .map(|entry| entry["login"].as_str().unwrap())
        .collect();
    let query = format!("name={}&name={}&name={}", logins[0], logins[1], logins[2]);
    let compared = page(&world, &format!("/compare?{query}")).await;
    for entry in entries {
        let points = entry["score_thousandths"].as_i64().unwrap();
        let shown = format!(
            "{}<span class=\"decimals\">.{:03}</span>",
            grouped(points / 1_000),
            points % 1_000
        );
        holds(&compared, &[&shown, &format!("#{}<", entry["rank"])]);
        for count in entry["counts"].as_object().unwrap().values() {
            holds(
                &compared,
                &[&format!(">{}<", grouped(count.as_i64().unwrap()))],
            );
        }
    }
    holds(
        &compared,
        &["Score by day", "class=\"chart\"", "29 February 2024"],
    );
    // Compared over one kind, and over a period in which nothing was done.
    let kind = page(&world, &format!("/compare?{query}&kind=comment")).await;
    holds(&kind, &["Comments by day"]);
    let quiet = page(&world, &format!("/compare?{query}&period=2020")).await;
    holds(
        &quiet,
        &["Nothing was done in this period", "not on the board"],
    );

    let nobody = page(
        &world,
        &format!(
            "/compare?name={}&name=%3Cscript%3Ealert(1)%3C/script%3E",
            logins[0]
        ),
    )
    .await;
    holds(
        &nobody,
        &[
            "aria-invalid",
            "has been seen",
            ESCAPED,
            "Name a second one",
        ],
    );
    for query in ["period=x", "kind=x", "class=x"] {
        let path = format!("/compare?{query}");
        page_with(&world, &path, StatusCode::BAD_REQUEST).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_are_compared_by_what_was_done_in_them() {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    let events = events_of(&generated_documents(6, 1_500).unwrap()).unwrap();
    world.tell(&events).await;
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM daily_counts JOIN repositories USING (repository)
         GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 2",
    )
    .fetch_all(world.pool())
    .await
    .unwrap();
    let query = format!("name={}&name={}", names[0], names[1]);
    let path = format!("/compare/repositories?{query}");
    let compared = page(&world, &path).await;
    for name in &names {
        let answer = world.get(&format!("/api/v1/repositories/{name}")).await;
        let totals: &Value = &answer["repository"]["totals"];
        let points = totals["score_thousandths"].as_i64().unwrap();
        let shown = format!(
            "{}<span class=\"decimals\">.{:03}",
            grouped(points / 1_000),
            points % 1_000
        );
        holds(&compared, &[name, &shown]);
    }
    holds(&compared, &["Contributors", "class=\"chart\""]);
    let people = page(&world, &format!("{path}&class=human")).await;
    holds(&people, &["aria-current=\"true\">People"]);
    let unknown = page(&world, "/compare/repositories?name=rails").await;
    holds(&unknown, &["aria-invalid", "use the search above"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_name_is_shown_and_not_run() {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    let mut star = star_of((7, "octo/cat"), "2024-02-29T23:00:00Z".parse().unwrap(), 9);
    star["actor"] = json!({ "id": 9, "login": SCRIPT });
    let source = SourceReference {
        source: Source::Archive,
        reference: "2024-02-29-23.json.gz:1".to_owned(),
    };
    let document = serde_json::to_vec(&star).unwrap();
    world.tell(&events_of(&[(source, document)]).unwrap()).await;
    for path in [
        "/compare?name=id:9",
        "/contributors/id:9/why",
        "/contributors/id:9",
    ] {
        holds(&page(&world, path).await, &[ESCAPED]);
    }
}
