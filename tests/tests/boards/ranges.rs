//! Boards of any days: windows that move at midnight, leap days, late events.

use domain::{ClassFilter, ContributionKind, Metric, Period, RepositoryReference, Scope};
use events::Envelope;
use query_api::Settings;
use tests::{events_of, generated_documents_of};

use crate::ranks::busiest_repository;
use crate::world::{World, board_of};

const GLOBAL: &str = "/api/v1/leaderboards/global";

/// Hours at the edges of windows that end around the leap day of 2024, in an
/// order in which no archive tells them.
const HOURS: [&str; 10] = [
    "2024-02-29T23:00:00Z",
    "2023-03-01T23:00:00Z",
    "2024-02-03T00:00:00Z",
    "2024-03-01T00:00:00Z",
    "2024-02-02T23:00:00Z",
    "2024-02-23T12:00:00Z",
    "2023-12-02T23:00:00Z",
    "2023-03-02T00:00:00Z",
    "2024-02-28T23:00:00Z",
    "2023-12-03T00:00:00Z",
];

const PERIODS: [&str; 7] = [
    "7d",
    "28d",
    "90d",
    "365d",
    "2024-02-28..2024-03-01",
    "2024-02-03..2024-02-29",
    "2023-03-02..2024-02-28",
];

fn events_of_hour(hour: &str) -> Vec<Envelope> {
    // The same people, every hour.
    events_of(&generated_documents_of(hour, 11, 130).unwrap()).unwrap()
}

/// Compares boards with the naive model: over everything, of the busiest
/// repository, and of its owner.
async fn check(world: &World, today: &str, busiest: &(RepositoryReference, String)) {
    let tally = world.tally();
    let (reference, name) = busiest;
    let owner = name.split('/').next().unwrap();
    let repository = Scope::Repository(reference.clone());
    let organization = Scope::Organization(owner.to_ascii_lowercase());
    let everyone = ClassFilter::Everyone;
    let commits = Metric::Kind(ContributionKind::Commit);
    for period in PERIODS {
        let resolved = Period::parse(period, today.parse().unwrap()).unwrap();
        let boards = [
            (
                GLOBAL.to_owned(),
                Scope::Global,
                Metric::Score,
                ClassFilter::Human,
            ),
            (GLOBAL.to_owned(), Scope::Global, commits, everyone),
            (
                format!("/api/v1/leaderboards/repositories/{name}"),
                repository.clone(),
                Metric::Score,
                everyone,
            ),
            (
                format!("/api/v1/leaderboards/organizations/{owner}"),
                organization.clone(),
                Metric::Score,
                everyone,
            ),
        ];
        for (path, scope, metric, class) in boards {
            let query = format!("period={period}&kind={metric}&class={}", class.as_str());
            let found = world.board(&path, &query).await;
            let expected = board_of(&tally, &scope, resolved, metric, class);
            assert_eq!(found, expected, "{path} {query} on {today}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn boards_of_any_days_follow_late_events_and_midnight() {
    let mut world = World::start("2024-02-29T23:59:59Z", Settings::default()).await;
    world.tell(&events_of_hour(HOURS[0])).await;
    let busiest = busiest_repository(&world).await;
    for hours in HOURS[1..].chunks(3) {
        for hour in hours {
            world.tell(&events_of_hour(hour)).await;
        }
        world.set_clock("2024-02-29T23:59:59Z");
        check(&world, "2024-02-29", &busiest).await;
        world.set_clock("2024-03-01T00:00:00Z");
        check(&world, "2024-03-01", &busiest).await;
    }
    let followed = world
        .metric(r#"boards_computed_total{how="followed"}"#)
        .await;
    assert!(followed > 0, "boards are not computed anew for each change");
}

#[tokio::test(flavor = "multi_thread")]
async fn scores_of_any_days_are_the_sums_of_their_explanations() {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    for hour in &HOURS[..4] {
        world.tell(&events_of_hour(hour)).await;
    }
    for period in ["28d", "2024-02-03..2024-02-29"] {
        let board = world
            .get(&format!("{GLOBAL}?period={period}&limit=10"))
            .await;
        let entries = board["leaderboard"].as_array().unwrap();
        assert!(!entries.is_empty());
        for entry in entries {
            let explained = entry["links"]["explain"].as_str().unwrap();
            let explanation = world.get(&format!("{explained}&limit=200")).await;
            let totals = &explanation["meta"]["totals"];
            assert_eq!(totals["agrees"], true, "{explained}");
            assert_eq!(totals["points_thousandths"], entry["value"], "{explained}");
            let contributor = entry["links"]["contributor"].as_str().unwrap();
            let profile = world.get(&format!("{contributor}?period={period}")).await;
            let profile = &profile["contributor"];
            assert_eq!(profile["ranks"][0]["rank"], entry["rank"]);
            assert_eq!(profile["work"]["score"], entry["score"]);
            assert_eq!(profile["work"]["counts"], entry["counts"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calendar_periods_tell_what_moved_since_the_one_before() {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    for hour in HOURS {
        world.tell(&events_of_hour(hour)).await;
    }
    let tally = world.tally();
    for period in [
        "2024",
        "2024-Q1",
        "2024-02",
        "2024-W09",
        "2024-02-29",
        "all",
    ] {
        for class in ClassFilter::ALL {
            let query = format!("period={period}&class={}", class.as_str());
            let found = world.board(GLOBAL, &query).await;
            let resolved = period.parse().unwrap();
            let expected = board_of(&tally, &Scope::Global, resolved, Metric::Score, class);
            assert_eq!(found, expected, "{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_show_windows_days_and_movements() {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    for hour in HOURS {
        world.tell(&events_of_hour(hour)).await;
    }
    for (path, holds) in [
        ("/?period=28d", "3 Feb 2024 to 1 Mar 2024"),
        (
            "/?first=2024-02-03&last=2024-02-29",
            "3 Feb 2024 to 29 Feb 2024",
        ),
        ("/?period=2024-02", "class=\"move "),
        ("/", "?period=28d"),
    ] {
        let (status, body) = world.text(path).await;
        assert!(status.is_success(), "{path}: {body}");
        assert!(body.contains(holds), "{path} holds {holds}: {body}");
    }
}
