//! Parts of explanations, files and the page: whatever is shown of a score, it
//! is the same contributions with the same points.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde_json::Value;

use crate::explanations::{explain, pages, points, scores, world};
use crate::world::World;

/// Who a cap took something from, and who worked in most repositories.
async fn subjects(world: &World) -> Vec<String> {
    let everybody = scores(world, "/api/v1/leaderboards/global", "all").await;
    let (mut capped, mut widest) = (None, (0, String::new()));
    for (account, _) in everybody.into_iter().take(60) {
        let (contributions, totals) = pages(world, &explain(&account), "period=all").await;
        if capped.is_none() && totals["capped"].as_u64().unwrap() > 0 {
            capped = Some(account.clone());
        }
        let width = by(&contributions, "repository").len();
        if width > widest.0 {
            widest = (width, account);
        }
    }
    let Some(capped) = capped else {
        panic!("nobody did more than counts")
    };
    vec![capped, widest.1]
}

/// The contributions by what they say of something.
fn by(contributions: &[Value], what: &str) -> BTreeMap<String, Vec<Value>> {
    let mut parts: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for one in contributions {
        let part = match &one[what] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        parts.entry(part).or_default().push(one.clone());
    }
    parts
}

/// Without the running sum, which is of what is listed.
fn without_sums(contributions: &[Value]) -> Vec<Value> {
    let mut contributions = contributions.to_vec();
    for one in &mut contributions {
        one.as_object_mut().unwrap().remove("running_thousandths");
    }
    contributions
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_an_explanation_are_parts_of_the_whole_and_add_up() {
    let world = world().await;
    for account in subjects(&world).await {
        let path = explain(&account);
        let (whole, totals) = pages(&world, &path, "period=all").await;
        for (parameter, what) in [
            ("kind", "kind"),
            ("repository", "repository"),
            ("capped", "capped"),
        ] {
            let mut sum = 0;
            for (part, expected) in by(&whole, what) {
                let query = format!("{parameter}={part}");
                let (found, of_part) = pages(&world, &path, &query).await;
                assert_eq!(
                    without_sums(&found),
                    without_sums(&expected),
                    "{path} {query}"
                );
                assert_eq!(
                    of_part["points_thousandths"],
                    points(&found),
                    "{path} {query}"
                );
                assert_eq!(of_part["agrees"], true, "{path} {query}");
                let last = found.last().unwrap();
                assert_eq!(
                    last["running_thousandths"],
                    points(&found),
                    "{path} {query}"
                );
                sum += points(&found);
            }
            assert_eq!(totals["points_thousandths"], sum, "{path} by {what}");
        }
        // A part of a part, and nothing of a repository they never saw.
        let kind = whole[0]["kind"].as_str().unwrap();
        let repository = whole[0]["repository"].as_str().unwrap();
        let query = format!("kind={kind}&repository={repository}&capped=false");
        let expected = whole.iter().filter(|one| {
            one["kind"] == kind && one["repository"] == repository && one["capped"] == false
        });
        let expected: Vec<Value> = expected.cloned().collect();
        let (found, _) = pages(&world, &path, &query).await;
        assert_eq!(
            without_sums(&found),
            without_sums(&expected),
            "{path} {query}"
        );
    }
    let account = &subjects(&world).await[0];
    for (query, status) in [
        ("repository=no/such", StatusCode::NOT_FOUND),
        ("repository=rails", StatusCode::BAD_REQUEST),
        ("capped=perhaps", StatusCode::BAD_REQUEST),
    ] {
        let path = explain(account);
        for path in [
            path.clone(),
            format!("{path}.csv"),
            format!("{path}.ndjson"),
        ] {
            let (found, body) = world.text(&format!("{path}?{query}")).await;
            assert_eq!(found, status, "{path} {query}: {body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_hold_what_the_pages_do() {
    let world = world().await;
    for account in subjects(&world).await {
        let path = explain(&account);
        for query in [
            "period=all",
            "period=2024-02&kind=commit",
            "capped=true",
            "period=2011",
        ] {
            let (expected, _) = pages(&world, &path, query).await;
            let (status, text) = world.text(&format!("{path}.ndjson?{query}")).await;
            assert_eq!(status, StatusCode::OK);
            let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
            assert_eq!(lines.collect::<Vec<Value>>(), expected, "{path} {query}");
            let (status, table) = world.text(&format!("{path}.csv?{query}")).await;
            assert_eq!(status, StatusCode::OK);
            let rows = rows_of(&table);
            assert_eq!(rows.len(), expected.len(), "{path} {query}");
            for (row, one) in rows.iter().zip(&expected) {
                let sources: Value = serde_json::from_str(&row["sources"]).unwrap();
                assert_eq!(sources, one["sources"]);
                for told in [
                    "id",
                    "kind",
                    "points",
                    "semantic_key",
                    "github_url",
                    "basis",
                    "rule",
                ] {
                    assert_eq!(row[told], one[told].as_str().unwrap(), "{told}");
                }
            }
            let sum: i64 = rows
                .iter()
                .map(|row| row["points_thousandths"].parse::<i64>().unwrap())
                .sum();
            assert_eq!(sum, points(&expected), "{path} {query}");
        }
    }
}

fn rows_of(table: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let rows = reader.deserialize().collect::<Result<_, _>>();
    rows.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_parts_and_leads_to_files() {
    let world = world().await;
    let account = subjects(&world).await.remove(0);
    let page = format!("/contributors/id:{account}");
    let (status, body) = world.text(&page).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(
        body.contains("explain.csv") && body.contains("explain.ndjson"),
        "{body}"
    );
    assert!(body.contains("capped=true#explanation"), "{body}");
    let (status, body) = world.text(&format!("{page}?kind=commit&capped=true")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(body.contains("the whole equals the board"), "{body}");
    assert!(
        body.contains("explain.csv?kind=commit&#38;capped=true"),
        "{body}"
    );
    let repository =
        pages(&world, &explain(&account), "period=all").await.0[0]["repository"].clone();
    let repository = repository.as_str().unwrap();
    let (status, body) = world.text(&format!("{page}?repository={repository}")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(body.contains(">to all</a>"), "{body}");
}
