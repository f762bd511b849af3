//! What is missing is told of the span that what was read is counted over, whatever the
//! files are called that were read.

use chrono::{DateTime, TimeDelta, Utc};
use events::{CoverageObserved, Envelope, Event, HourCount};
use query_api::Settings;
use serde_json::{Value, json};
use tests::{coverage_of, publish};

use crate::world::World;

fn hour(number: i64) -> DateTime<Utc> {
    let first: DateTime<Utc> = "2024-02-20T00:00:00Z".parse().unwrap();
    first + TimeDelta::hours(number)
}

/// A file that held an event of each of some hours.
fn file(unit: &str, hours: &[i64]) -> CoverageObserved {
    let counts = hours.iter().map(|number| HourCount {
        hour: hour(*number),
        events: 1,
        contributions: 1,
    });
    let hours: Vec<HourCount> = counts.collect();
    CoverageObserved {
        events: hours.len() as u64,
        hours,
        ..coverage_of(unit, hour(100))
    }
}

async fn read(world: &World, coverage: CoverageObserved) {
    let event = Envelope::wrap("/tests", Event::CoverageObserved(coverage)).unwrap();
    publish(world.log(), &[event], 10).await.unwrap();
    world.project().await;
}

/// From when to when something is missing, and what the summary says is.
async fn missing(world: &World, query: &str) -> (Vec<(Value, Value)>, Value) {
    let holes = world.get(&format!("/api/v1/coverage/holes?{query}")).await;
    let holes = holes["holes"].as_array().unwrap();
    let told: i64 = holes
        .iter()
        .map(|hole| hole["hours"].as_i64().unwrap())
        .sum();
    let summary = world.get(&format!("/api/v1/coverage?{query}")).await;
    let hours = summary["meta"]["totals"]["hours"].clone();
    let counted = hours["missing"].as_i64().unwrap() + hours["partial"].as_i64().unwrap();
    assert_eq!(told, counted, "{query}: {holes:?} {hours}");
    let spans = holes.iter();
    let spans = spans.map(|hole| (hole["from"].clone(), hole["until"].clone()));
    (spans.collect(), hours["all"].clone())
}

fn span(from: i64, until: i64) -> (Value, Value) {
    (json!(hour(from)), json!(hour(until)))
}

#[tokio::test(flavor = "multi_thread")]
async fn holes_go_as_far_as_the_hours_that_are_counted() {
    let world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    assert_eq!(missing(&world, "").await, (Vec::new(), json!(0)));
    // Alone, what is named after no hour lacks nothing but what is between its hours.
    read(&world, file("stray.json.gz", &[6, 9])).await;
    assert_eq!(missing(&world, "").await, (vec![span(7, 9)], json!(4)));
    read(&world, file("2024-02-20-3", &[3])).await;
    let holes = vec![span(4, 6), span(7, 9)];
    assert_eq!(missing(&world, "").await, (holes, json!(7)));
    // A file that was looked for and not found belongs to it, too.
    let lost = CoverageObserved {
        whole: false,
        ..file("2024-02-20-12", &[])
    };
    read(&world, lost).await;
    let holes = vec![span(4, 6), span(7, 9), span(10, 13)];
    assert_eq!(missing(&world, "").await, (holes, json!(10)));
    // Where a span is asked for, it is that; and nothing is missing of what is to come.
    let from = "from=2024-02-20T08:00:00Z&to=2024-02-20T11:00:00Z";
    let holes = vec![span(8, 9), span(10, 11)];
    assert_eq!(missing(&world, from).await, (holes, json!(3)));
    assert_eq!(missing(&world, "from=2024-04-01").await.0, []);
}
