//! Boards of named groups of repositories.

use chrono::{DateTime, TimeDelta};
use decisions::Author;
use decisions::tracking::define_group;
use domain::{ClassFilter, Metric, Period, RepositoryName, Scope};
use query_api::Settings;
use reqwest::StatusCode;
use serde_json::Value;
use tests::{events_of, generated_documents};

use crate::world::{World, board_of};

fn author(minute: i64) -> Author {
    Author {
        actor: "ada".to_owned(),
        reason: "a test".to_owned(),
        at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute),
    }
}

/// Defines the group and waits until the API has heard of it.
pub(crate) async fn define(world: &World, names: &[RepositoryName], minute: i64) {
    define_group(world.log(), "web", names, &author(minute))
        .await
        .unwrap();
    world.project().await;
    let tally = world.tally();
    let seen = names
        .iter()
        .filter(|name| tally.repository_called(name).is_some())
        .count();
    world
        .until("the API has heard of the group", async || {
            let (status, body) = world.text("/api/v1/leaderboards/groups/web?limit=1").await;
            let board: Value = serde_json::from_str(&body).unwrap();
            status.is_success() && board["meta"]["scope"]["repositories"] == seen
        })
        .await;
}

/// Compares every board of the group with the naive model's.
async fn check(world: &World, names: &[RepositoryName]) {
    let mut tally = world.tally();
    tally.define_group("web", names.to_vec());
    let scope = Scope::Group("web".to_owned());
    for period in ["all", "2024-02", "2024-02-20..2024-03-02"] {
        for class in ClassFilter::ALL {
            let query = format!("period={period}&class={}", class.as_str());
            let found = world.board("/api/v1/leaderboards/groups/web", &query).await;
            let period: Period = period.parse().unwrap();
            let expected = board_of(&tally, &scope, period, Metric::Score, class);
            assert_eq!(found, expected, "{query} of {names:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_has_a_board_of_its_repositories_as_last_defined() {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    let (status, _) = world.text("/api/v1/leaderboards/groups/web").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let events = events_of(&generated_documents(12, 900).unwrap()).unwrap();
    let (first, rest) = events.split_at(events.len() / 2);
    world.tell(first).await;
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM daily_counts JOIN repositories USING (repository)
         GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 6",
    )
    .fetch_all(world.pool())
    .await
    .unwrap();
    // One in other case, and one that nothing was seen of.
    let mut names: Vec<RepositoryName> = names
        .iter()
        .map(|name| RepositoryName::parse(name).unwrap())
        .collect();
    names[0] = RepositoryName::parse(&names[0].as_str().to_uppercase()).unwrap();
    names.push(RepositoryName::parse("no/such").unwrap());
    define(&world, &names, 1).await;
    check(&world, &names).await;
    world.tell(rest).await;
    check(&world, &names).await;
    // Defined anew, and emptied.
    for (names, minute) in [(&names[2..4], 2), (&[], 3)] {
        define(&world, names, minute).await;
        check(&world, names).await;
    }
    define(&world, &names, 4).await;
    let board = world.get("/api/v1/leaderboards/groups/web?limit=1").await;
    assert_eq!(board["meta"]["scope"]["kind"], "group");
    assert_eq!(board["meta"]["scope"]["repositories"], 6);
    let entry = &board["leaderboard"][0];
    let explained = entry["links"]["explain"].as_str().unwrap();
    let totals = &world.get(explained).await["meta"]["totals"];
    assert_eq!(totals["board_value"], entry["value"], "{explained}");
    assert_eq!(totals["agrees"], true, "{explained}");
    let account = entry["account"].as_str().unwrap();
    let rank = format!("/api/v1/leaderboards/groups/web/ranks/id:{account}");
    assert_eq!(world.get(&rank).await["rank"]["rank"], entry["rank"]);
    let (status, page) = world.text("/groups/web").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Group of repositories"), "{page}");
}
