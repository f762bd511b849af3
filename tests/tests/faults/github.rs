//! GitHub: too many requests, server errors, silence, half an answer.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use domain::jobs::Severity;
use serde_json::Value;
use tests::github::Fault;
use tests::star_of;

use crate::desk::Desk;
use crate::table::{Row, hold};

const CIRCUIT: &str = "circuit_open{dependency=\"github\"}";

/// A repository takes two requests: for its name, and for its feed.
const FOR_EVER: u64 = u64::MAX;

const REPOSITORIES: [(u64, &str); 2] = [(7, "octo/cat"), (8, "octo/dog")];

fn start() -> DateTime<Utc> {
    "2026-06-01T16:00:00Z".parse().unwrap()
}

/// The world of the test: what is in the feeds, and so must be on the log.
struct World {
    desk: Desk,
    visitors: Vec<u64>,
}

impl World {
    /// The repositories are stale again, and a star of each is new in its feed.
    async fn go_on(&mut self) {
        self.desk.pass(TimeDelta::hours(7));
        self.visitors.push(100 + self.visitors.len() as u64);
        for repository in REPOSITORIES {
            let newest = self.visitors.iter().rev();
            let at = start() - TimeDelta::hours(1);
            let feed: Vec<Value> = newest.map(|who| star_of(repository, at, *who)).collect();
            let (id, name) = repository;
            self.desk.github.set_repository(id, name, feed);
        }
    }

    /// Everything in the feeds is on the log, and nothing else.
    async fn is_whole(&self) -> String {
        let found = self.desk.contributions().await;
        let expected: BTreeSet<String> = REPOSITORIES
            .iter()
            .flat_map(|(id, _)| {
                self.visitors
                    .iter()
                    .map(move |who| format!("star:{id}:{who}"))
            })
            .collect();
        assert_eq!(found, expected);
        let covered = self.desk.coverage("api").await;
        assert!(
            !covered.is_empty() && covered.values().all(|whole| *whole),
            "{covered:?}"
        );
        "the log holds each contribution of both feeds, and coverage says so".to_owned()
    }
}

/// A fault that lasts for one request, then one that lasts.
async fn passing_and_lasting(world: &mut World, name: &'static str, fault: Fault) -> Row {
    world.go_on().await;
    world.desk.github.fail(1, 1, fault);
    let job = world.desk.ask_for("refresh-stale", &[]).await;
    let done = world.desk.end_of(job).await;
    assert_eq!((done.attempt, &done.left_out[..]), (1, &[][..]), "{done:?}");
    assert_eq!(world.desk.metric(CIRCUIT), 0.0);
    world.is_whole().await;

    world.go_on().await;
    let before = world.desk.contributions().await;
    world.desk.github.fail(0, FOR_EVER, fault);
    let requests = world.desk.github.requests();
    let job = world.desk.ask_for("refresh-stale", &[]).await;
    let retrying = world.desk.retry_of(job).await;
    assert_eq!(retrying.failure.severity, Severity::Low, "{retrying:?}");
    let until = retrying.failure.retry_after.unwrap();
    let pause = until - world.desk.now();
    let asked = world.desk.github.requests() - requests;
    assert_eq!(world.desk.metric(CIRCUIT), 1.0);
    assert_eq!(world.desk.contributions().await, before);

    world.desk.github.recover();
    world.desk.pass(retrying.again_at - world.desk.now());
    // Any news wakes the worker.
    let news = world.desk.ask_for("refresh-stale", &[]).await;
    world.desk.end_of(news).await;
    let done = world.desk.end_of(job).await;
    assert_eq!(done.attempt, 2);
    assert_eq!(world.desk.metric(CIRCUIT), 0.0);
    Row {
        fault: name,
        happens: format!(
            "one is asked for again, four times in all; after {asked} failures in a row nobody is \
             asked for {} s, and the job waits (`retrying`)",
            pause.num_seconds()
        ),
        seen: "boards as of before; coverage of the repositories says since when".to_owned(),
        over: format!(
            "the job goes on in attempt {} once the pause is over",
            done.attempt
        ),
        told: format!(
            "{}: `github_retrying`, `job_retrying`; `circuit_open{{dependency=\"github\"}}` 1",
            retrying.failure.severity.as_str()
        ),
        kept: world.is_whole().await,
    }
}

/// GitHub says how long to wait.
async fn too_many(world: &mut World) -> Row {
    world.go_on().await;
    let seconds = 900;
    world.desk.github.fail(
        0,
        1,
        Fault::TooManyFor {
            retry_after: seconds,
        },
    );
    let job = world.desk.ask_for("refresh-stale", &[]).await;
    let retrying = world.desk.retry_of(job).await;
    let until = world.desk.now() + TimeDelta::seconds(900);
    assert_eq!(retrying.failure.retry_after, Some(until), "{retrying:?}");
    assert!(retrying.again_at >= until, "{retrying:?}");
    let requests = world.desk.github.requests();
    // A refusal is an answer: the circuit stays closed.
    assert_eq!(world.desk.metric(CIRCUIT), 0.0);
    world.desk.pass(retrying.again_at - world.desk.now());
    // Any news wakes the worker.
    let news = world.desk.ask_for("refresh-stale", &[]).await;
    world.desk.end_of(news).await;
    let done = world.desk.end_of(job).await;
    assert!(world.desk.github.requests() > requests);
    Row {
        fault: "429 with `Retry-After`",
        happens: "that token is left alone so long; when all are, the job waits (`retrying`)"
            .to_owned(),
        seen: "boards as of before".to_owned(),
        over: format!(
            "not before the time GitHub says ({seconds} s here), in attempt {}",
            done.attempt
        ),
        told: format!(
            "{}: `rate_limit_hit`, `job_retrying` with `retry_after`; the circuit stays closed",
            retrying.failure.severity.as_str()
        ),
        kept: world.is_whole().await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn github() {
    let desk = Desk::start(start(), start().date_naive()).await;
    desk.track(&REPOSITORIES.map(|(_, name)| name)).await;
    let mut world = World {
        desk,
        visitors: Vec::new(),
    };
    let rows = [
        too_many(&mut world).await,
        passing_and_lasting(&mut world, "5xx", Fault::BadGateway).await,
        passing_and_lasting(&mut world, "no answer in time", Fault::Silence).await,
        passing_and_lasting(&mut world, "half an answer", Fault::Half).await,
    ];
    hold("GitHub", &rows);
}
