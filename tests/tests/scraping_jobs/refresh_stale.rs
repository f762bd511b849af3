//! Tracked repositories from GitHub's API.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::jobs::Severity;
use serde_json::{Value, json};
use tests::github::Fault;
use tests::star_of;

use crate::world::World;

fn start() -> DateTime<Utc> {
    "2026-06-01T16:00:00Z".parse().unwrap()
}

/// A star of a repository, an hour before the test.
fn star(id: u64, name: &str, visitor: u64) -> Value {
    star_of((id, name), start() - TimeDelta::hours(1), visitor)
}

/// The merge of a pull request as GitHub has had it since late 2025: of author
/// and lines it says nothing.
fn trimmed_merge() -> Value {
    json!({
        "id": "2", "type": "PullRequestEvent", "created_at": "2026-06-01T15:00:00Z",
        "actor": { "id": 1, "login": "merger" }, "repo": { "id": 7, "name": "octo/cat" },
        "payload": {
            "action": "merged", "number": 12,
            "pull_request": { "id": 900, "number": 12, "url": "", "head": {}, "base": {} },
        },
    })
}

/// The same pull request, asked for alone.
fn whole_merge() -> Value {
    json!({
        "id": 900, "number": 12, "merged": true, "additions": 300, "deletions": 20,
        "user": { "id": 2, "login": "author", "type": "User" },
        "merged_by": { "id": 1, "login": "merger", "type": "User" },
        "created_at": "2026-05-30T10:00:00Z", "closed_at": "2026-06-01T15:00:00Z",
        "merged_at": "2026-06-01T15:00:00Z", "merge_commit_sha": "d".repeat(40),
    })
}

fn keys(keys: &[&str]) -> BTreeSet<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_repositories_land_on_the_log_and_fresh_ones_are_left_alone() {
    let world = World::start(start()).await;
    let feed = vec![trimmed_merge(), star(7, "octo/cat", 31)];
    world.github.set_repository(7, "octo/cat", feed);
    world.github.set_object(7, "pulls/12", whole_merge());
    world
        .github
        .set_repository(8, "octo/dog", vec![star(8, "octo/dog", 32)]);
    world.track(&["octo/cat", "octo/dog"]).await;
    world.employ(None, None);

    let done = world.done("refresh-stale", &[]).await;
    assert_eq!(done.summary, "2 of 2 stale repositories were read");
    assert_eq!(done.left_out, []);
    let expected = keys(&["pull_request_merged:7:12", "star:7:31", "star:8:32"]);
    assert_eq!(world.contributions().await, expected);
    let (queries, _) = world.github.queries_and_pulls();
    assert_eq!(queries, 1, "the merge is asked for");
    let known = BTreeMap::from([
        ("octo/cat".to_owned(), Some(7)),
        ("octo/dog".to_owned(), Some(8)),
    ]);
    assert_eq!(world.tracked().await, known, "their ids are learned");

    let requests = world.github.requests();
    let again = world.done("refresh-stale", &[]).await;
    assert_eq!(again.summary, "0 of 0 stale repositories were read");
    assert_eq!(world.github.requests(), requests);

    // Stale is what was read longer ago than is asked for, or than usual.
    world.pass(TimeDelta::hours(2));
    let fresh = world.done("refresh-stale", &[]).await;
    assert_eq!(fresh.summary, "0 of 0 stale repositories were read");
    let sooner = world.done("refresh-stale", &[("stale_hours", "1")]).await;
    assert_eq!(sooner.summary, "2 of 2 stale repositories were read");
    let failure = world.failed("refresh-stale", &[("stale_hours", "soon")]);
    let failure = failure.await;
    assert_eq!(failure.severity, Severity::High);
    assert!(failure.message.contains("stale_hours"), "{failure:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_repository_stays_tracked_under_its_new_name() {
    let world = World::start(start()).await;
    world
        .github
        .set_repository(7, "octo/cat", vec![star(7, "octo/cat", 31)]);
    world.track(&["octo/cat"]).await;
    world.github.rename(7, "octo/lion");
    world.employ(None, None);

    let done = world.done("refresh-stale", &[]).await;
    assert_eq!(done.summary, "1 of 1 stale repositories were read");
    let lion = BTreeMap::from([("octo/lion".to_owned(), Some(7))]);
    assert_eq!(world.tracked().await, lion);

    // Somebody else takes the name it had; it is found by its id all the same.
    world
        .github
        .set_repository(9, "octo/cat", vec![star(9, "octo/cat", 99)]);
    world.github.rename(7, "octo/tiger");
    let feed = vec![star(7, "octo/tiger", 32), star(7, "octo/cat", 31)];
    world.github.set_repository(7, "octo/tiger", feed);
    world.pass(TimeDelta::hours(7));
    let done = world.done("refresh-stale", &[]).await;
    assert_eq!(done.summary, "1 of 1 stale repositories were read");
    let tiger = BTreeMap::from([("octo/tiger".to_owned(), Some(7))]);
    assert_eq!(world.tracked().await, tiger);
    assert_eq!(
        world.contributions().await,
        keys(&["star:7:31", "star:7:32"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_is_gone_is_left_out_and_the_others_are_read() {
    let world = World::start(start()).await;
    for (id, name) in [(7, "octo/cat"), (9, "octo/eel")] {
        world
            .github
            .set_repository(id, name, vec![star(id, name, 31)]);
    }
    world.track(&["octo/cat", "octo/dodo", "octo/eel"]).await;
    world.employ(None, None);

    let done = world.done("refresh-stale", &[]).await;
    assert_eq!(done.summary, "2 of 3 stale repositories were read");
    assert_eq!(
        world.contributions().await,
        keys(&["star:7:31", "star:9:31"])
    );
    let [gone] = done.left_out.as_slice() else {
        panic!("{:?}", done.left_out)
    };
    assert_eq!(gone.severity, Severity::Medium);
    assert_eq!(gone.context["repository"], "octo/dodo");
    let reason = "GitHub has nothing at /repos/octo/dodo";
    assert!(gone.message.contains(reason), "{gone:?}");
    // It is tracked still, and looked for the next time.
    assert!(world.tracked().await.contains_key("octo/dodo"));
    let again = world.done("refresh-stale", &[]).await;
    assert_eq!(again.summary, "0 of 1 stale repositories were read");
}

/// Two repositories, and GitHub refuses to go on after the first, until a time.
/// The job waits until then, and goes on with the second.
async fn waits_and_goes_on(world: &World, refuse: impl FnOnce(&World), until: DateTime<Utc>) {
    for (id, name) in [(7, "octo/cat"), (8, "octo/dog")] {
        world
            .github
            .set_repository(id, name, vec![star(id, name, 31)]);
    }
    world.track(&["octo/cat", "octo/dog"]).await;
    world.employ(None, None);
    refuse(world);

    let job = world.ask_for("refresh-stale", &[]).await;
    let retrying = world.retry_of(job).await;
    assert_eq!(retrying.failure.severity, Severity::Low);
    assert_eq!(retrying.failure.retry_after, Some(until), "{retrying:?}");
    assert_eq!(retrying.failure.context["repository"], "octo/dog");
    assert!(retrying.again_at >= until, "{retrying:?}");
    assert_eq!(world.contributions().await, keys(&["star:7:31"]));

    // A second before it is due, other jobs are done and this one is not. What
    // is asked for is older, and so would come first.
    let requests = world.github.requests();
    world.pass(retrying.again_at - world.now() - TimeDelta::seconds(1));
    world.done("read-archive", &[("hours", "1")]).await;
    assert_eq!(world.attempts_of(job).await, 1);
    assert_eq!(world.github.requests(), requests);

    world.pass(TimeDelta::seconds(1));
    let done = world.end_of(job).await;
    assert_eq!(done.attempt, 2);
    assert_eq!(done.summary, "1 of 1 stale repositories were read");
    let expected = keys(&["star:7:31", "star:8:31"]);
    assert_eq!(world.contributions().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_github_asks_to_wait_is_waited() {
    let world = World::start(start()).await;
    let until = start() + TimeDelta::minutes(15);
    let limit = Fault::SecondaryLimit { retry_after: 900 };
    // A repository takes two requests: for its name, and for its feed.
    waits_and_goes_on(&world, |world| world.github.fail(2, 1, limit), until).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_budget_is_waited_for_until_it_is_back() {
    let world = World::start(start()).await;
    let until = start() + TimeDelta::hours(1);
    waits_and_goes_on(&world, |world| world.github.set_budget(2), until).await;
}
