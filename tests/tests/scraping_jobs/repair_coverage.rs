//! Holes that are filled by themselves.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use query_api::{Api, Settings, serve};
use serde_json::{Value, json};
use sqlx::PgPool;
use tests::{listen, project_until, projector_settings, star_of};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::world::{World, file_of, file_with};

const GIBIBYTE: u64 = 1 << 30;

/// The start of an hour of the day that has holes.
fn hour(number: u32) -> DateTime<Utc> {
    format!("2026-06-01T{number:02}:00:00Z").parse().unwrap()
}

fn day() -> NaiveDate {
    hour(0).date_naive()
}

/// The next day.
fn now() -> DateTime<Utc> {
    hour(12) + TimeDelta::days(1)
}

fn star(repository: (u64, &str), number: u32) -> Value {
    let at = hour(number) + TimeDelta::minutes(20);
    star_of(repository, at, repository.0 * 100 + u64::from(number))
}

/// Somebody else's star, so that a file is not empty.
fn other(number: u32) -> Value {
    star((5, "octo/other"), number)
}

/// Has the archives read from four to six o'clock.
async fn read_archive(world: &World) {
    // At twelve of the next day, six o'clock is 30 hours ago.
    let arguments = [("hours", "3"), ("behind", "30")];
    world.done("read-archive", &arguments).await;
}

/// A world whose archives lack the hour at five.
async fn with_a_hole() -> World {
    let world = World::start(now()).await;
    for number in [4, 6] {
        let file = file_with(&[other(number)]);
        world.mirror.put(&file_of(hour(number)), file);
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_came_late_is_read_from_the_archive_that_has_it() {
    let world = with_a_hole().await;
    world.employ(None, None);
    read_archive(&world).await;
    let file = file_of(hour(5));
    world.archive.put(&file, file_with(&[other(5)]));

    let done = world.done("repair-coverage", &[]).await;
    assert_eq!(
        done.summary,
        "of 1 holes 0 are open still; 1 files, 0 repositories and 0 days were asked for"
    );
    assert!(world.contributions().await.contains("star:5:505"));
    let asked = world.archive.asked_for(&file);

    let again = world.done("repair-coverage", &[]).await;
    assert_eq!(
        again.summary,
        "of 0 holes 0 are open still; 0 files, 0 repositories and 0 days were asked for"
    );
    assert_eq!(world.archive.asked_for(&file), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_archive_has_of_a_tracked_repository_comes_from_github() {
    let world = with_a_hole().await;
    let cat = (7, "octo/cat");
    world
        .github
        .set_repository(cat.0, cat.1, vec![star(cat, 5)]);
    world.track(&[cat.1]).await;
    world.employ(None, None);
    read_archive(&world).await;

    let done = world.done("repair-coverage", &[]).await;
    assert_eq!(
        done.summary,
        "of 1 holes 1 are open still; 1 files, 1 repositories and 0 days were asked for",
        "nobody else's hour is there"
    );
    assert_eq!(done.left_out, []);
    assert!(world.contributions().await.contains("star:7:705"));
    let requests = world.github.requests();

    let again = world.done("repair-coverage", &[]).await;
    assert_eq!(
        again.summary,
        "of 1 holes 1 are open still; 1 files, 0 repositories and 0 days were asked for",
        "an archive may have it some day, and costs nothing to ask"
    );
    assert_eq!(world.github.requests(), requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_github_has_no_more_comes_from_bigquery() {
    let world = with_a_hole().await;
    let cat = (7, "octo/cat");
    // GitHub's feed is full of what happened since.
    let newer = (0..300_u32).map(|number| {
        let at = now() - TimeDelta::seconds(i64::from(number));
        star_of(cat, at, 10_000 + u64::from(number))
    });
    world.github.set_repository(cat.0, cat.1, newer.collect());
    let table = vec![star(cat, 5)];
    world.warehouse.set_day(day(), table, (GIBIBYTE, GIBIBYTE));
    world.track(&[cat.1]).await;
    world.employ(Some(day()), None);
    read_archive(&world).await;

    // Nobody allowed anything: it is left out, and costs nothing.
    let unpaid = world.done("repair-coverage", &[]).await;
    let reason = unpaid.left_out[0].message.as_str();
    assert!(reason.contains("2026-06-01: ") && reason.contains("budget"));
    assert_eq!(world.warehouse.jobs(), 0);

    world.allow("1").await;
    let paid = world.done("repair-coverage", &[]).await;
    assert_eq!(
        paid.summary,
        "of 1 holes 1 are open still; 1 files, 0 repositories and 1 days were asked for",
        "GitHub was asked before"
    );
    assert_eq!(paid.left_out, []);
    assert!(world.contributions().await.contains("star:7:705"));
    let spenders = world.ledger().await.into_iter();
    let spenders = spenders.filter_map(|event| match event {
        events::Event::CostReserved(reserved) => Some(reserved.job),
        _ => None,
    });
    assert_eq!(spenders.collect::<Vec<_>>(), ["repair-coverage"]);
    let requests = world.github.requests();

    let again = world.done("repair-coverage", &[]).await;
    assert_eq!(
        again.summary,
        "of 1 holes 1 are open still; 1 files, 0 repositories and 0 days were asked for"
    );
    assert_eq!(
        (world.warehouse.jobs(), world.github.requests()),
        (1, requests)
    );
}

/// A query API over the read models of a world.
struct Asked {
    pool: PgPool,
    address: String,
    _stop: DropGuard,
}

impl Asked {
    async fn start(world: &World) -> Self {
        let (pool, _) = world.servers.fresh_database().await.unwrap();
        let api = Api::new(
            pool.clone(),
            Settings::default(),
            world.clock(),
            Arc::new(String::new),
        );
        let (listener, address) = listen().await.unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(serve(Arc::new(api), listener, stop.clone()));
        Self {
            pool,
            address,
            _stop: stop.drop_guard(),
        }
    }

    async fn project(&self, world: &World) {
        let settings = projector_settings("projector", 10_000);
        project_until(&self.pool, &world.log, settings)
            .await
            .unwrap();
    }

    async fn holes(&self) -> Vec<Value> {
        let url = format!("{}/api/v1/coverage/holes", self.address);
        let answer: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        answer["holes"].as_array().unwrap().clone()
    }
}

fn comment() -> Value {
    json!({
        "id": "55", "type": "IssueCommentEvent", "created_at": "2026-06-01T05:30:00Z",
        "actor": {"id": 9, "login": "talker"}, "repo": {"id": 7, "name": "octo/cat"},
        "payload": {
            "action": "created",
            "issue": {"id": 70, "number": 3, "user": {"id": 9, "login": "talker"}},
            "comment": {
                "id": 77, "user": {"id": 9, "login": "talker"},
                "created_at": "2026-06-01T05:30:00Z",
            },
        },
    })
}

/// A world in which the first archive's file of five o'clock lacks a comment
/// that BigQuery knows of, and that the other archive has.
async fn with_a_silent_file() -> (World, Asked) {
    let world = World::start(now()).await;
    let cat = (7, "octo/cat");
    let mut table = Vec::new();
    for number in 4..=6 {
        let own = star(cat, number);
        let file = file_with(&[own.clone(), other(number)]);
        world.mirror.put(&file_of(hour(number)), file);
        table.push(own);
    }
    let all = [star(cat, 5), other(5), comment()];
    world.archive.put(&file_of(hour(5)), file_with(&all));
    table.push(comment());
    world.warehouse.set_day(day(), table, (GIBIBYTE, GIBIBYTE));
    world.track(&[cat.1]).await;
    world.allow("1").await;
    let asked = Asked::start(&world).await;
    world.employ(Some(day()), Some(&asked.address));
    read_archive(&world).await;
    world.done("read-bigquery", &[]).await;
    (world, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_saw_more_of_is_read_where_a_query_api_tells_so() {
    let (world, asked) = with_a_silent_file().await;
    asked.project(&world).await;
    let [hole] = asked.holes().await.try_into().unwrap();
    assert_eq!(
        (&hole["source"], &hole["gap"]),
        (&json!("archive"), &json!("kinds"))
    );
    assert_eq!(hole["kinds"], json!({"comment": 1}));

    let done = world.done("repair-coverage", &[]).await;
    // The file of the hour, and the next one's, which holds what came late.
    assert!(done.summary.starts_with("of 1 holes 0 are open still; "));
    assert!(
        done.summary
            .ends_with("0 repositories and 0 days were asked for")
    );
    assert_eq!(done.left_out, []);
    assert!(world.archive.asked_for(&file_of(hour(5))) > 0);
    asked.project(&world).await;
    assert_eq!(asked.holes().await, [json!(null); 0]);

    let jobs = world.warehouse.jobs();
    let again = world.done("repair-coverage", &[]).await;
    assert_eq!(
        again.summary,
        "of 0 holes 0 are open still; 0 files, 0 repositories and 0 days were asked for"
    );
    assert_eq!((world.warehouse.jobs(), world.github.requests()), (jobs, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_api_that_is_away_keeps_no_file_from_being_read() {
    let world = with_a_hole().await;
    // Nobody listens there any more.
    let (listener, address) = listen().await.unwrap();
    drop(listener);
    world.employ(None, Some(&address));
    read_archive(&world).await;
    let file = file_with(&[other(5)]);
    world.archive.put(&file_of(hour(5)), file);

    let done = world.done("repair-coverage", &[]).await;
    assert!(
        done.summary
            .starts_with("of 1 holes 0 are open still; 1 files")
    );
    let [left_out] = done.left_out.as_slice() else {
        panic!("{:?}", done.left_out)
    };
    let reason = "what sources saw is not compared";
    assert!(left_out.message.contains(reason), "{left_out:?}");
}
