//! What is drawn beside the rows of a board.

use std::collections::HashMap;

use query_api::Settings;
use tests::{events_of, generated_documents_of};

use super::page;
use crate::world::World;

/// Two days of a month, and how they are written.
const DAYS: [(&str, &str); 2] = [("2024-02-27", "27 Feb 2024"), ("2024-02-29", "29 Feb 2024")];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_drawn_beside_a_row_is_what_the_boards_of_days_say() {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    for ((day, _), seed) in DAYS.into_iter().zip(6..) {
        let hour = format!("{day}T10:00:00Z");
        let documents = generated_documents_of(&hour, seed, 1_200).unwrap();
        world.tell(&events_of(&documents).unwrap()).await;
    }
    let first = world
        .get("/api/v1/leaderboards/global?class=everyone&kind=commit&limit=1")
        .await;
    let login = first["leaderboard"][0]["login"].as_str().unwrap();
    let profile = world.get(&format!("/api/v1/contributors/{login}")).await;
    let repositories = profile["contributor"]["repositories"].as_array().unwrap();
    let mut scopes = vec![("/".to_owned(), "/api/v1/leaderboards/global".to_owned())];
    scopes.extend(repositories.iter().take(2).map(|repository| {
        let path = format!("repositories/{}", repository["name"].as_str().unwrap());
        (format!("/{path}"), format!("/api/v1/leaderboards/{path}"))
    }));
    let (mut drawn, mut of_both_days) = (0, 0);
    for (path, json) in scopes {
        let query = "kind=commit&class=everyone&limit=100";
        let board = world.get(&format!("{json}?period=2024-02&{query}")).await;
        let mut by_day: Vec<HashMap<String, i64>> = Vec::new();
        for (day, _) in DAYS {
            let query = format!("period={day}&kind=commit&class=everyone");
            let places = world.board(&json, &query).await.into_iter();
            by_day.push(
                places
                    .map(|(_, account, value, _)| (account, value))
                    .collect(),
            );
        }
        let shown = page(&world, &format!("{path}?period=2024-02&{query}")).await;
        for entry in board["leaderboard"].as_array().unwrap() {
            let account = entry["account"].as_str().unwrap();
            let (_, row) = shown
                .split_once(&format!("data-account=\"{account}\""))
                .unwrap();
            let row = row.split("</tr>").next().unwrap();
            let counts: Vec<i64> = by_day
                .iter()
                .map(|day| day.get(account).copied().unwrap_or(0))
                .collect();
            let most = *counts.iter().max().unwrap();
            let at = counts.iter().position(|count| *count == most).unwrap();
            let word = if most == 1 {
                "contribution"
            } else {
                "contributions"
            };
            let words = format!("\"at most {most} {word}, on {}\"", DAYS[at].1);
            assert!(row.contains(&words), "{path}: {words} is not in {row}");
            let (_, outline) = row.split_once("<path d=\"").unwrap();
            let bars = outline.split('"').next().unwrap().matches('M').count();
            let active = counts.iter().filter(|count| **count > 0).count();
            assert_eq!(bars, active, "{path}: {row}");
            drawn += 1;
            of_both_days += usize::from(active == 2);
        }
    }
    assert!(drawn > 20 && of_both_days > 0, "{drawn}, {of_both_days}");
    let day = page(&world, "/?period=2024-02-29&class=everyone").await;
    assert!(!day.contains("class=\"spark\""), "a day has no course");
}
