//! Ranks told alone.

use std::collections::HashMap;

use domain::{
    ClassFilter, ContributionKind, Metric, Period, Policy, RepositoryReference, Scope, Standing,
};
use query_api::Settings;
use reqwest::StatusCode;
use serde_json::Value;
use tests::{events_of, generated_documents};

use crate::world::World;

const MEMORY: &str = r#"ranks_answered_total{from="memory"}"#;

const NOW: &str = "2024-03-01T12:00:00Z";

/// The naive model's places, by account.
fn expected(
    world: &World,
    scope: &Scope,
    (period, metric, class): (Period, Metric, ClassFilter),
) -> HashMap<String, (u64, i64)> {
    let tally = world.tally();
    let counts = tally.daily_counts();
    let board = tally.board(&counts, &Policy::default(), scope, period, metric, class);
    let place = |(rank, standing): (u64, Standing)| {
        (standing.contributor.to_string(), (rank, standing.value))
    };
    board.into_iter().map(place).collect()
}

/// Everyone the naive model knows, in the form that the API takes.
fn everyone(world: &World) -> Vec<(String, String)> {
    let counts = world.tally().daily_counts();
    let mut accounts: Vec<String> = counts
        .iter()
        .map(|(key, _)| key.contributor.to_string())
        .collect();
    accounts.sort();
    accounts.dedup();
    let form = |account: String| (segment_of(&account), account);
    accounts.into_iter().map(form).collect()
}

/// An account as addresses name it.
fn segment_of(account: &str) -> String {
    match account.starts_with('@') {
        true => account.to_owned(),
        false => format!("id:{account}"),
    }
}

/// Asks for everyone's rank on a board and compares it with the naive model.
async fn check(world: &World, path: &str, scope: &Scope, board: (Period, Metric, ClassFilter)) {
    let (period, metric, class) = board;
    let expected = expected(world, scope, board);
    let version = world.version().await;
    for (segment, account) in everyone(world) {
        let class = class.as_str();
        let asked = format!("{path}/ranks/{segment}?period={period}&kind={metric}&class={class}");
        let answer = world.get(&asked).await;
        assert_eq!(answer["meta"]["version"], version, "{asked}");
        let found = &answer["rank"];
        assert_eq!(found["account"], account, "{asked}");
        assert_eq!(found["members"], expected.len(), "{asked}");
        let place = expected.get(&account);
        assert_eq!(
            found["rank"].as_u64(),
            place.map(|(rank, _)| *rank),
            "{asked}"
        );
        if let Some((_, value)) = place {
            assert_eq!(found["value"], *value, "{asked}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ranks_follow_the_data_and_are_those_of_the_naive_model() {
    let mut world = World::start(NOW, Settings::default()).await;
    let events = events_of(&generated_documents(7, 1_600).unwrap()).unwrap();
    let global = "/api/v1/leaderboards/global";
    let day = Period::Day("2024-02-29".parse().unwrap());
    let commits = Metric::Kind(ContributionKind::Commit);
    let (first, rest) = events.split_at(events.len() / 3);
    world.tell(first).await;
    for board in [(Period::All, Metric::Score), (day, commits)] {
        let (period, metric) = board;
        check(
            &world,
            global,
            &Scope::Global,
            (period, metric, ClassFilter::Everyone),
        )
        .await;
        // By now the board is worth having in memory, and soon is there. Who is
        // not on it is always looked up.
        let member = expected(&world, &Scope::Global, (period, metric, ClassFilter::Human));
        let segment = segment_of(member.keys().next().unwrap());
        let ask = format!("{global}/ranks/{segment}?period={period}&kind={metric}");
        let answered = world.metric(MEMORY).await;
        world
            .until("ranks come from memory", async || {
                world.get(&ask).await;
                world.metric(MEMORY).await > answered
            })
            .await;
    }
    for part in rest.chunks(rest.len() / 3) {
        world.tell(part).await;
        let answered = world.metric(MEMORY).await;
        for class in ClassFilter::ALL {
            check(
                &world,
                global,
                &Scope::Global,
                (Period::All, Metric::Score, class),
            )
            .await;
            check(&world, global, &Scope::Global, (day, commits, class)).await;
        }
        assert!(world.metric(MEMORY).await > answered, "boards follow");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ranks_from_the_database_are_those_of_the_naive_model() {
    // No room for a board in memory.
    let settings = Settings {
        rank_mebibytes: 0,
        ..Settings::default()
    };
    let mut world = World::start(NOW, settings).await;
    let events = events_of(&generated_documents(8, 1_200).unwrap()).unwrap();
    world.tell(&events).await;
    let global = "/api/v1/leaderboards/global";
    let month = Period::Month(2024, 2);
    for metric in [Metric::Score, Metric::Kind(ContributionKind::Comment)] {
        for class in ClassFilter::ALL {
            check(&world, global, &Scope::Global, (month, metric, class)).await;
        }
    }
    assert_eq!(world.metric(MEMORY).await, 0);
    // A period in which nothing happened has a board without members.
    let nothing = (Period::Year(2001), Metric::Score, ClassFilter::Human);
    check(&world, global, &Scope::Global, nothing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ranks_in_repositories_and_organizations_are_those_of_the_naive_model() {
    let mut world = World::start(NOW, Settings::default()).await;
    let events = events_of(&generated_documents(9, 1_000).unwrap()).unwrap();
    world.tell(&events).await;
    let (reference, name) = busiest_repository(&world).await;
    let board = (Period::All, Metric::Score, ClassFilter::Everyone);
    let path = format!("/api/v1/leaderboards/repositories/{name}");
    check(&world, &path, &Scope::Repository(reference), board).await;
    let owner = name.split('/').next().unwrap();
    let path = format!("/api/v1/leaderboards/organizations/{owner}");
    let scope = Scope::Organization(owner.to_ascii_lowercase());
    check(&world, &path, &scope, board).await;
}

pub(crate) async fn busiest_repository(world: &World) -> (RepositoryReference, String) {
    let (reference, name): (String, String) = sqlx::query_as(
        "SELECT repository, name FROM daily_counts JOIN repositories USING (repository)
         GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 1",
    )
    .fetch_one(world.pool())
    .await
    .unwrap();
    (RepositoryReference::from_stored(reference), name)
}

#[tokio::test(flavor = "multi_thread")]
async fn contributors_are_found_by_any_login_and_others_are_not() {
    let mut world = World::start(NOW, Settings::default()).await;
    let events = events_of(&generated_documents(10, 600).unwrap()).unwrap();
    world.tell(&events).await;
    let board = world
        .get("/api/v1/leaderboards/global?class=everyone&limit=20")
        .await;
    for entry in board["leaderboard"].as_array().unwrap() {
        let login = entry["login"]
            .as_str()
            .unwrap()
            .to_uppercase()
            .replace('[', "%5B");
        let path = format!("/api/v1/leaderboards/global/ranks/{login}?class=everyone");
        // The first time from the database, then with what was kept.
        for _ in 0..2 {
            let found = world.get(&path).await;
            assert_eq!(found["rank"]["account"], entry["account"], "{path}");
            assert_eq!(found["rank"]["rank"], entry["rank"], "{path}");
            assert_eq!(found["rank"]["score"], entry["score"], "{path}");
        }
    }
    let (status, body) = world
        .text("/api/v1/leaderboards/global/ranks/nobody-at-all")
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["type"], "/docs#not-found");
}
