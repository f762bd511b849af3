//! What somebody misses.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use decisions::Author;
use decisions::disputes::{job, raise};
use domain::dispute::Disputed;
use domain::{Source, SourceReference};
use event_log::LogStream;
use events::Envelope;
use query_api::{Api, Settings};
use runtime::FixedClock;
use scraper::translate::translate;
use serde_json::{Value, json};
use tests::{Served, project_until, projector_settings};

use crate::world::World;

fn start() -> DateTime<Utc> {
    "2026-06-01T16:00:00Z".parse().unwrap()
}

const SHA: &str = "dddddddddddddddddddddddddddddddddddddddd";

/// A repository with a merged pull request, a review of it, and commits.
fn fill(world: &World) {
    let github = &world.github;
    github.set_repository(7, "octo/cat", Vec::new());
    let author = json!({ "id": 2, "login": "author", "type": "User" });
    let pull_request = json!({
        "id": 900, "number": 12, "merged": true, "additions": 300, "deletions": 20,
        "user": author, "merged_by": { "id": 1, "login": "merger", "type": "User" },
        "created_at": "2026-05-30T10:00:00Z", "closed_at": "2026-06-01T15:00:00Z",
        "merged_at": "2026-06-01T15:00:00Z", "merge_commit_sha": "e".repeat(40),
    });
    github.set_object(7, "pulls/12", pull_request);
    let review = json!({
        "id": 99, "state": "approved", "submitted_at": "2026-05-31T10:00:00Z",
        "user": { "id": 3, "login": "reviewer", "type": "User" },
    });
    github.set_object(7, "pulls/12/reviews/99", review);
    let commit = |author: &Value| {
        json!({
            "sha": SHA, "author": author,
            "commit": { "message": "Mend it", "committer": { "date": "2026-05-29T09:00:00Z" } },
        })
    };
    github.set_object(7, &format!("commits/{SHA}"), commit(&author));
    let held = json!({ "status": "behind", "total_commits": 0, "commits": [] });
    github.set_object(7, &format!("compare/HEAD...{SHA}"), held);
    let stray = "f".repeat(40);
    github.set_object(7, &format!("commits/{stray}"), commit(&author));
    let elsewhere = json!({ "status": "diverged", "total_commits": 1, "commits": [] });
    github.set_object(7, &format!("compare/HEAD...{stray}"), elsewhere);
}

/// Disputes something, and has it answered.
async fn dispute(world: &World, path: &str) -> Disputed {
    let url = format!("https://github.com/octo/{path}");
    let disputed = Disputed::parse(&url).unwrap();
    let author = Author {
        actor: "octocat".to_owned(),
        reason: "it is missing".to_owned(),
        at: world.now(),
    };
    let asked = job(&disputed, &author).unwrap();
    world.queue().enqueue(&asked).await.unwrap();
    raise(&world.log, &disputed, &author).await.unwrap();
    world.end_of(asked.job).await;
    disputed
}

/// What is on the log of disputes: the types of its events.
async fn said(world: &World) -> Vec<&'static str> {
    let subject = events::Subject::of_disputes();
    let said = world
        .log
        .read_all(LogStream::Decisions, subject.as_str(), 0);
    let said = said.await.unwrap().into_iter();
    said.map(|recorded| recorded.envelope.event.event_type())
        .collect()
}

/// Whoever raises a dispute and is killed before all is said has nobody wait
/// for ever: the job alone says it.
#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_is_raised_by_its_job_unless_that_was_done() {
    const RAISED: &str = "leaderboard.dispute.raised.v1";
    const ANSWERED: &str = "leaderboard.dispute.answered.v1";
    let world = World::start(start()).await;
    fill(&world);
    world.employ(None, None);
    let disputed = Disputed::parse("https://github.com/octo/cat/pull/12").unwrap();
    let author = Author {
        actor: "octocat".to_owned(),
        reason: "it is missing".to_owned(),
        at: world.now(),
    };
    let asked = job(&disputed, &author).unwrap();
    world.queue().enqueue(&asked).await.unwrap();
    world.end_of(asked.job).await;
    assert_eq!(said(&world).await, [RAISED, ANSWERED]);
    let answer = answers(&world, &[disputed]).await.remove(0);
    assert_eq!(answer["dispute"]["actor"], "octocat");
    assert_eq!(answer["dispute"]["reason"], "it is missing");

    dispute(&world, "cat/pull/13").await;
    let raised = said(&world).await.into_iter();
    assert_eq!(raised.filter(|said| *said == RAISED).count(), 2);
}

async fn answers(world: &World, disputes: &[Disputed]) -> Vec<Value> {
    let (pool, _) = world.servers.fresh_database().await.unwrap();
    let settings = projector_settings("projector", 1_000);
    project_until(&pool, &world.log, settings).await.unwrap();
    let clock = Arc::new(FixedClock::at(start()));
    let api = Api::new(pool, Settings::default(), clock, Arc::new(String::new));
    let served = Served::start(query_api::router(Arc::new(api)))
        .await
        .unwrap();
    let mut answers = Vec::new();
    for disputed in disputes {
        let url = format!("{}/api/v1/disputes/{}", served.address(), disputed.id());
        let answer = reqwest::get(url).await.unwrap().error_for_status().unwrap();
        answers.push(answer.json().await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missed_is_recorded_or_it_is_said_why_not() {
    let world = World::start(start()).await;
    fill(&world);
    world.track(&["octo/cat"]).await;
    world.employ(None, None);
    let stray = "f".repeat(40);
    let mut disputes = Vec::new();
    for path in [
        "cat/pull/12".to_owned(),
        "cat/pull/12#pullrequestreview-99".to_owned(),
        format!("cat/commit/{SHA}"),
        format!("cat/commit/{stray}"),
        "dog/pull/1".to_owned(),
    ] {
        disputes.push(dispute(&world, &path).await);
    }
    let expected = [
        "commit:7:dddddddddddddddddddddddddddddddddddddddd",
        "pull_request_merged:7:12",
        "pull_request_opened:7:12",
        "pull_request_reviewed:99",
    ];
    let expected: BTreeSet<String> = expected.into_iter().map(str::to_owned).collect();
    assert_eq!(world.contributions().await, expected);

    let answers = answers(&world, &disputes).await;
    let outcomes: Vec<&str> = answers
        .iter()
        .map(|answer| answer["dispute"]["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(
        outcomes,
        [
            "recorded",
            "recorded",
            "recorded",
            "not_counted",
            "not_found"
        ]
    );
    let merged = answers[0]["contributions"].as_array().unwrap();
    assert_eq!(merged.len(), 2);
    for contribution in merged {
        assert_eq!(contribution["login"], "author");
        assert_eq!(contribution["because"], "it counts");
    }
    assert_eq!(answers[1]["contributions"][0]["login"], "reviewer");
    let detail = answers[3]["dispute"]["detail"].as_str().unwrap();
    assert!(detail.contains("default branch"), "{detail}");
    assert_eq!(answers[4]["dispute"]["actor"], "octocat");
}

/// Events of pushes as the log has them, in repository 7.
async fn record_pushes(world: &World, payloads: &[Value]) {
    let mut events = Vec::new();
    for (number, payload) in payloads.iter().enumerate() {
        let document = json!({
            "id": number.to_string(), "type": "PushEvent", "created_at": "2026-05-30T09:00:00Z",
            "actor": { "id": 1, "login": "merger" }, "repo": { "id": 7, "name": "octo/cat" },
            "payload": payload,
        });
        let source = SourceReference {
            source: Source::Archive,
            reference: format!("file:{number}"),
        };
        let translated = translate(document.to_string().as_bytes(), &source).unwrap();
        events.extend(translated.events);
    }
    let envelopes = events.into_iter();
    let envelopes = envelopes.map(|event| Envelope::wrap("/tests", event).unwrap());
    let publisher = world.log.publisher();
    publisher.publish(envelopes.collect()).await.unwrap();
}

/// What counts in the read models: `kind counted day`.
async fn counted(world: &World) -> Vec<String> {
    let (pool, _) = world.servers.fresh_database().await.unwrap();
    let settings = projector_settings("projector", 1_000);
    project_until(&pool, &world.log, settings).await.unwrap();
    sqlx::query_scalar(
        "SELECT kind || ' ' || counted || ' ' || (occurred_at AT TIME ZONE 'UTC')::date
         FROM contribution_events ORDER BY 1",
    )
    .fetch_all(&pool)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_a_push_brought_counts_once_and_when_it_was_pushed() {
    let world = World::start(start()).await;
    fill(&world);
    let trimmed =
        json!({ "repository_id": 7, "push_id": 3, "before": "a".repeat(40), "head": SHA });
    record_pushes(&world, &[trimmed]).await;
    assert_eq!(counted(&world).await, ["push 1 2026-05-30"]);
    world.employ(None, None);
    dispute(&world, &format!("cat/commit/{SHA}")).await;
    assert_eq!(
        counted(&world).await,
        ["commit 1 2026-05-29", "push 0 2026-05-30"]
    );
    // The push that brought it is known with its commits: its instant counts.
    let listed = json!({ "push_id": 4, "size": 1, "head": SHA, "commits": [{ "sha": SHA }] });
    record_pushes(&world, &[listed]).await;
    assert_eq!(
        counted(&world).await,
        ["commit 1 2026-05-30", "push 0 2026-05-30"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_may_be_among_unlisted_ones_is_not_counted_again() {
    let world = World::start(start()).await;
    fill(&world);
    let large = json!({ "push_id": 3, "size": 81, "head": "b".repeat(40), "commits": [{ "sha": "b".repeat(40) }] });
    record_pushes(&world, &[large]).await;
    world.employ(None, None);
    let disputed = dispute(&world, &format!("cat/commit/{SHA}")).await;
    let before = ["commit 1 2026-05-30", "commit 80 2026-05-30"];
    assert_eq!(counted(&world).await, before);
    let answer = answers(&world, &[disputed]).await.remove(0);
    assert_eq!(answer["dispute"]["outcome"], "not_counted");
    let detail = answer["dispute"]["detail"].as_str().unwrap();
    assert!(detail.contains("no source lists them"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_brings_a_repository_in_by_missing_something() {
    let world = World::start(start()).await;
    fill(&world);
    world.employ(None, None);
    let disputed = dispute(&world, "cat/pull/12").await;
    assert_eq!(world.contributions().await, BTreeSet::new());
    let answer = answers(&world, &[disputed]).await.remove(0);
    assert_eq!(answer["dispute"]["outcome"], "not_counted");
    let detail = answer["dispute"]["detail"].as_str().unwrap();
    assert!(detail.contains("not tracked"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_found_by_a_tag_with_a_slash() {
    let world = World::start(start()).await;
    fill(&world);
    world.track(&["octo/cat"]).await;
    let release = json!({
        "id": 70, "author": { "id": 2, "login": "author", "type": "User" },
        "published_at": "2026-05-30T10:00:00Z",
    });
    let tag = "releases/tags/@scope/cat@1.0";
    world.github.set_object(7, tag, release);
    world.employ(None, None);
    dispute(&world, "cat/releases/tag/%40scope/cat%401.0").await;
    let expected = BTreeSet::from(["release_published:70".to_owned()]);
    assert_eq!(world.contributions().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_nothing_fails_at_once() {
    let world = World::start(start()).await;
    world.employ(None, None);
    let failure = world
        .failed("answer-dispute", &[("url", "https://github.com/octo")])
        .await;
    assert!(
        failure.message.contains("names nothing that could count"),
        "{failure:?}"
    );
}
