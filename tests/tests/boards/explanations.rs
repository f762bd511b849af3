//! Explanations: every score on every board is the sum of its contributions,
//! and each says where it comes from.

use chrono::Utc;
use domain::{RepositoryName, Source, SourceReference};
use events::Envelope;
use query_api::Settings;
use runtime::{Clock, SystemClock};
use serde_json::Value;
use tests::{Document, events_of, generated_documents_of};

use crate::groups::define;
use crate::ranks::busiest_repository;
use crate::world::World;

const HOURS: [&str; 4] = [
    "2024-02-29T23:00:00Z",
    "2024-03-01T00:00:00Z",
    "2024-02-02T23:00:00Z",
    "2023-12-03T00:00:00Z",
];

const PERIODS: [&str; 9] = [
    "all",
    "2024",
    "2024-Q1",
    "2024-02",
    "2024-W09",
    "2024-02-29",
    "28d",
    "365d",
    "2024-02-03..2024-02-29",
];

pub(crate) async fn world() -> World {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    for hour in HOURS {
        // The same people, every hour; those of few repositories fill caps.
        let documents = generated_documents_of(hour, 11, 200).unwrap();
        world.tell(&events_of(&documents).unwrap()).await;
    }
    world
}

/// Where explanations of a contributor are asked for.
pub(crate) fn explain(account: &str) -> String {
    let account = match account.strip_prefix('@') {
        Some(login) => format!("@{login}"),
        None => format!("id:{account}"),
    };
    format!("/api/v1/contributors/{account}/explain")
}

/// All pages of an explanation, and the totals that each told.
pub(crate) async fn pages(world: &World, path: &str, query: &str) -> (Vec<Value>, Value) {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("{path}?limit=37&{query}{cursor}")).await;
        found.extend(page["contributions"].as_array().unwrap().iter().cloned());
        let meta = &page["meta"];
        match meta["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (found, meta["totals"].clone()),
        }
    }
}

pub(crate) fn points(contributions: &[Value]) -> i64 {
    let points = |one: &Value| one["points_thousandths"].as_i64().unwrap();
    contributions.iter().map(points).sum()
}

/// The scores of a board, by account.
pub(crate) async fn scores(world: &World, path: &str, period: &str) -> Vec<(String, i64)> {
    let query = format!("period={period}&class=everyone");
    let board = world.board(path, &query).await;
    let score = |(_, account, value, _)| (account, value);
    board.into_iter().map(score).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_score_on_every_board_is_the_sum_of_its_explanation() {
    let world = world().await;
    let (_, name) = busiest_repository(&world).await;
    let owner = name.split('/').next().unwrap().to_owned();
    define(&world, &[RepositoryName::parse(&name).unwrap()], 1).await;
    let scopes = [
        ("global".to_owned(), "global".to_owned()),
        (name.clone(), format!("repositories/{name}")),
        (owner.clone(), format!("organizations/{owner}")),
        ("group:web".to_owned(), "groups/web".to_owned()),
    ];
    let mut checked = 0;
    for (scope, board) in scopes {
        for period in PERIODS {
            let board = format!("/api/v1/leaderboards/{board}");
            let scores = scores(&world, &board, period).await;
            // Everybody's sum, and page by page that of some.
            for (place, (account, score)) in scores.iter().enumerate() {
                let query = format!("scope={scope}&period={period}");
                let path = explain(account);
                if place % 40 == 0 {
                    let (contributions, totals) = pages(&world, &path, &query).await;
                    assert_eq!(points(&contributions), *score, "{path} {query}");
                    assert_eq!(totals["contributions"], contributions.len());
                }
                let page = world.get(&format!("{path}?limit=1&{query}")).await;
                let totals = &page["meta"]["totals"];
                for told in ["points_thousandths", "explained_value", "board_value"] {
                    assert_eq!(totals[told], *score, "{told} of {path} {query}");
                }
                assert_eq!(totals["agrees"], true, "{path} {query}");
                checked += 1;
            }
        }
    }
    assert!(checked > 500, "{checked}");
}

/// The same documents, as another source gave them.
fn seen_by(documents: &[Document], source: Source, reference: &str) -> Vec<Envelope> {
    let documents: Vec<Document> = documents
        .iter()
        .map(|(_, text)| {
            let source = SourceReference {
                source,
                reference: reference.to_owned(),
            };
            (source, text.clone())
        })
        .collect();
    events_of(&documents).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_source_that_saw_a_contribution_is_named_with_its_place() {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    let documents = generated_documents_of(HOURS[0], 11, 60).unwrap();
    let places = [
        (Source::Archive, "2024-02-29-23.json.gz:17"),
        (Source::Bigquery, "bqjob_r1_0001"),
        (
            Source::Api,
            "https://api.github.com/repos/a/b/events?page=1",
        ),
        (Source::Webhook, "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
    ];
    for (source, reference) in places {
        world.tell(&seen_by(&documents, source, reference)).await;
    }
    let now = SystemClock.now();
    let (account, _) = scores(&world, "/api/v1/leaderboards/global", "all")
        .await
        .remove(0);
    let (contributions, totals) = pages(&world, &explain(&account), "period=all").await;
    assert_eq!(totals["agrees"], true);
    for one in &contributions {
        let sources = one["sources"].as_array().unwrap();
        let named: Vec<(&str, &str)> = sources
            .iter()
            .map(|seen| {
                (
                    seen["source"].as_str().unwrap(),
                    seen["reference"].as_str().unwrap(),
                )
            })
            .collect();
        let expected = places.map(|(source, reference)| (source.as_str(), reference));
        assert_eq!(named, expected, "in the order of the log: {one}");
        let sequences: Vec<u64> = sources
            .iter()
            .map(|seen| seen["sequence"].as_u64().unwrap())
            .collect();
        assert!(sequences.is_sorted() && sequences[0] > 0, "{one}");
        assert_eq!(one["sequence"], sequences[0]);
        let recorded: chrono::DateTime<Utc> = one["recorded_at"].as_str().unwrap().parse().unwrap();
        assert!(recorded <= now, "{one}");
        for told in ["rule", "basis", "semantic_key", "kind", "repository"] {
            assert!(!one[told].as_str().unwrap().is_empty(), "{told}: {one}");
        }
        let address = one["github_url"].as_str().unwrap();
        assert!(address.contains("github.com/"), "{address}");
    }
}
