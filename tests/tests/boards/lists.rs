//! Lists of repositories and of groups, and comparisons as JSON: each number is that
//! of the answer about the one thing.

use decisions::tracking::{decide_tracking, define_group, follow_rename};
use domain::{ContributionKind, RepositoryName, Source};
use events::{Envelope, Event};
use query_api::Settings;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{coverage_of, events_of, generated_documents, publish};

use crate::pages::author;
use crate::world::World;

/// What was decided at some time or other.
const THEN: &str = "2024-02-01T00:00:00Z";

async fn world_with_events() -> World {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    let events = events_of(&generated_documents(6, 1_500).unwrap()).unwrap();
    world.tell(&events).await;
    world
}

fn name(text: &str) -> RepositoryName {
    RepositoryName::parse(text).unwrap()
}

/// The repositories of all pages.
async fn listed(world: &World, query: &str) -> Vec<Value> {
    let mut listed = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = world
            .get(&format!("/api/v1/repositories?limit=7&{query}{cursor}"))
            .await;
        listed.extend(page["repositories"].as_array().unwrap().iter().cloned());
        match page["meta"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return listed,
        }
    }
}

fn names(listed: &[Value]) -> Vec<String> {
    let names = listed.iter();
    names
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Tracks and waits until the API has heard of it.
async fn track(world: &World, repository: &str, tracked: bool) {
    let author = author("a test", THEN.parse().unwrap());
    decide_tracking(world.log(), &name(repository), tracked, &author)
        .await
        .unwrap();
    heard_of(world, repository, tracked).await;
}

/// As [`track`], of one that was seen, in other case.
async fn track_seen(world: &World, repository: &str) {
    let author = author("a test", THEN.parse().unwrap());
    let shouted = name(&repository.to_uppercase());
    decide_tracking(world.log(), &shouted, true, &author)
        .await
        .unwrap();
    heard_of(world, repository, true).await;
}

async fn heard_of(world: &World, repository: &str, tracked: bool) {
    world.project().await;
    world
        .until("the API has heard of what is tracked", async || {
            let known = names(&listed(world, "only=tracked").await);
            known.contains(&repository.to_owned()) == tracked
        })
        .await;
}

/// Each test of what is only read has the same world.
#[tokio::test(flavor = "multi_thread")]
async fn lists_comparisons_and_finds_are_what_is_said_of_each() {
    let world = world_with_events().await;
    repositories_are_listed_by_name(&world).await;
    comparisons_are_what_boards_and_profiles_say(&world).await;
    what_is_found_has_its_place(&world).await;
}

/// And each of what is decided another.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_decided_about_repositories_is_listed() {
    let world = world_with_events().await;
    groups_are_listed_with_the_names_of_now(&world).await;
    what_is_tracked_is_listed_though_nothing_was_seen_of_it(&world).await;
}

async fn repositories_are_listed_by_name(world: &World) {
    let all = listed(world, "").await;
    let mut expected: Vec<String> = sqlx::query_scalar("SELECT name FROM repositories")
        .fetch_all(world.pool())
        .await
        .unwrap();
    expected.sort_by_key(|name| name.to_lowercase());
    assert_eq!(names(&all), expected);
    assert!(all.len() > 7, "there is more than a page of {}", all.len());
    for one in &all {
        let name = one["name"].as_str().unwrap();
        let known = world.get(&format!("/api/v1/repositories/{name}")).await;
        let totals = &known["repository"]["totals"];
        assert_eq!(one["contributors"], totals["contributors"], "{one}");
        for field in ["leaderboard", "github_url", "repository"] {
            assert_eq!(one[field], known["repository"][field], "{field} of {one}");
        }
        for field in ["verdict", "hours", "sources"] {
            let coverage = &known["meta"]["coverage"];
            assert_eq!(one["coverage"][field], coverage[field], "{field} of {one}");
        }
        let compared = world
            .get(&format!("/api/v1/compare/repositories?names={name}"))
            .await;
        assert_eq!(
            one["last_day"], compared["repositories"][0]["last_day"],
            "{one}"
        );
        assert_eq!(one["tracked"], false);
    }
    // Those of one owner, whatever the case.
    let owner = expected[0].split('/').next().unwrap();
    let own = listed(world, &format!("owner={}", owner.to_uppercase())).await;
    let of_owner = |name: &&String| name.split('/').next() == Some(owner);
    let expected: Vec<_> = expected.iter().filter(of_owner).cloned().collect();
    assert_eq!(names(&own), expected);
    assert_eq!(listed(world, "owner=nobody-at-all").await, [] as [Value; 0]);
    for wrong in ["only=x", "owner=", "limit=0", "cursor=00", "x=1"] {
        let (status, told) = world.text(&format!("/api/v1/repositories?{wrong}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}: {told}");
    }
}

async fn what_is_tracked_is_listed_though_nothing_was_seen_of_it(world: &World) {
    let all = names(&listed(world, "").await);
    assert_eq!(listed(world, "only=tracked").await, [] as [Value; 0]);
    let seen = all[3].as_str();
    track_seen(world, seen).await;
    track(world, "aa/nothing-was-seen", true).await;
    let tracked = listed(world, "only=tracked").await;
    assert_eq!(names(&tracked), ["aa/nothing-was-seen", seen]);
    let (unseen, known) = (&tracked[0], &tracked[1]);
    assert_eq!(unseen["repository"], Value::Null);
    assert_eq!(unseen["leaderboard"], Value::Null);
    assert_eq!(unseen["contributors"], 0);
    assert_eq!(unseen["tracked_since"], THEN);
    // Archives hold everybody's events: what was read of them was read of it, too.
    assert_eq!(unseen["coverage"], known["coverage"]);
    assert!(known["contributors"].as_u64().unwrap() > 0, "{known}");
    // Beside all others it is in its place.
    let mut expected = all.clone();
    expected.push("aa/nothing-was-seen".to_owned());
    expected.sort_by_key(|name| name.to_lowercase());
    let everything = listed(world, "").await;
    assert_eq!(names(&everything), expected);
    let marked = everything.iter().filter(|one| one["tracked"] == true);
    assert_eq!(marked.count(), 2);
    let page = world.get("/api/v1/repositories?limit=1").await;
    assert_eq!(page["meta"]["tracked"], 2);
    let own = listed(world, "only=tracked&owner=AA").await;
    assert_eq!(names(&own), ["aa/nothing-was-seen"]);
    // It is followed by its id, and taken away.
    let author = author("a test", THEN.parse().unwrap());
    let (before, present) = (name("aa/nothing-was-seen"), name("zz/elsewhere"));
    follow_rename(world.log(), &before, 9_000_000_077, &present, &author)
        .await
        .unwrap();
    heard_of(world, "zz/elsewhere", true).await;
    assert_eq!(
        names(&listed(world, "only=tracked").await),
        [seen, "zz/elsewhere"]
    );
    track(world, "zz/elsewhere", false).await;
    assert_eq!(names(&listed(world, "").await), all);
}

async fn groups_are_listed_with_the_names_of_now(world: &World) {
    let none = world.get("/api/v1/groups").await;
    assert_eq!(
        none,
        json!({ "groups": [], "meta": { "next_cursor": null } })
    );
    let all = names(&listed(world, "").await);
    let author = author("a test", THEN.parse().unwrap());
    let groups = [
        ("empty", vec![]),
        ("one", vec![name(&all[1])]),
        ("web", vec![name(&all[0].to_uppercase()), name("no/such")]),
    ];
    for (group, members) in &groups {
        define_group(world.log(), group, members, &author)
            .await
            .unwrap();
    }
    world.project().await;
    world
        .until("the API has heard of the groups", async || {
            let known = world.get("/api/v1/groups").await;
            known["groups"].as_array().unwrap().len() == 2
        })
        .await;
    let first = world.get("/api/v1/groups?limit=1").await;
    assert_eq!(first["groups"][0]["group"], "one");
    let cursor = first["meta"]["next_cursor"].as_str().unwrap();
    let last = world
        .get(&format!("/api/v1/groups?limit=1&cursor={cursor}"))
        .await;
    assert_eq!(last["meta"]["next_cursor"], Value::Null);
    let web = &last["groups"][0];
    assert_eq!(web["group"], "web");
    let mut members = vec![all[0].clone(), "no/such".to_owned()];
    members.sort();
    assert_eq!(web["repositories"], json!(members));
    let path = web["leaderboard"].as_str().unwrap();
    assert_eq!(world.get(path).await["meta"]["scope"]["name"], "web");
    let some = world.get("/api/v1/groups?fields=groups.group").await;
    assert_eq!(
        some,
        json!({ "groups": [{ "group": "one" }, { "group": "web" }] })
    );
}

/// That what was done in spans comes to what was done.
fn check_spans(compared: &Value, of: &str) {
    let spans = compared["over_time"]["spans"].as_array().unwrap();
    for one in compared[of].as_array().unwrap() {
        let values = one["over_time"].as_array().unwrap();
        assert_eq!(values.len(), spans.len(), "{one}");
        let sum: i64 = values.iter().map(|value| value.as_i64().unwrap()).sum();
        let counted = &one["counts"][ContributionKind::Comment.as_str()];
        assert_eq!(sum, counted.as_i64().unwrap_or(0), "{one}");
    }
}

async fn comparisons_are_what_boards_and_profiles_say(world: &World) {
    let board = world.get("/api/v1/leaderboards/global?limit=3").await;
    let entries = board["leaderboard"].as_array().unwrap();
    let logins = entries.iter().map(|entry| entry["login"].as_str().unwrap());
    let logins = logins.collect::<Vec<_>>().join(",");
    let path = format!("/api/v1/compare/contributors?names={logins}");
    let compared = world.get(&path).await;
    for (entry, one) in entries
        .iter()
        .zip(compared["contributors"].as_array().unwrap())
    {
        for field in [
            "account",
            "login",
            "rank",
            "score",
            "score_thousandths",
            "counts",
        ] {
            assert_eq!(one[field], entry[field], "{field} of {one}");
        }
    }
    assert_eq!(compared["meta"]["version"], board["meta"]["version"]);
    assert_eq!(compared["meta"]["coverage"], board["meta"]["coverage"]);
    assert_eq!(compared["over_time"]["span"], "day");
    check_spans(
        &world.get(&format!("{path}&kind=comment")).await,
        "contributors",
    );
    // In a period in which nothing was done, nobody has a place.
    let quiet = world.get(&format!("{path}&period=2020")).await;
    assert_eq!(quiet["over_time"]["span"], Value::Null);
    assert_eq!(quiet["contributors"][0]["rank"], Value::Null);
    assert_eq!(quiet["contributors"][0]["last_day"], Value::Null);

    let all = names(&listed(world, "").await);
    let wanted = all[..3].join(",");
    for class in ["everyone", "human"] {
        let path = format!("/api/v1/compare/repositories?names={wanted}&class={class}");
        let compared = world.get(&path).await;
        for (name, one) in all.iter().zip(compared["repositories"].as_array().unwrap()) {
            let known = world
                .get(&format!("/api/v1/repositories/{name}?class={class}"))
                .await;
            let totals = &known["repository"]["totals"];
            for field in ["contributors", "score", "score_thousandths", "counts"] {
                assert_eq!(one[field], totals[field], "{field} of {one}");
            }
            assert_eq!(one["coverage"], known["meta"]["coverage"]);
        }
        check_spans(
            &world.get(&format!("{path}&kind=comment")).await,
            "repositories",
        );
    }
    for (path, status) in [
        ("contributors?names=nobody-at-all", StatusCode::NOT_FOUND),
        ("repositories?names=no/such", StatusCode::NOT_FOUND),
        ("contributors", StatusCode::BAD_REQUEST),
        ("contributors?names=a,b,c,d,e,f", StatusCode::BAD_REQUEST),
        ("contributors?names=a&class=human", StatusCode::BAD_REQUEST),
        ("repositories?names=a/b&kind=x", StatusCode::BAD_REQUEST),
    ] {
        let (found, told) = world.text(&format!("/api/v1/compare/{path}")).await;
        assert_eq!(found, status, "{path}: {told}");
    }
}

async fn what_is_found_has_its_place(world: &World) {
    for class in ["human", "bot"] {
        let board = world
            .get(&format!(
                "/api/v1/leaderboards/global?class={class}&limit=2"
            ))
            .await;
        for entry in board["leaderboard"].as_array().unwrap() {
            let login = entry["login"].as_str().unwrap();
            let asked = login.replace('[', "%5B").replace(']', "%5D");
            let found = world.get(&format!("/api/v1/search?q={asked}")).await;
            let hit = &found["results"]["contributors"][0];
            for field in ["login", "rank", "score", "score_thousandths"] {
                assert_eq!(hit[field], entry[field], "{field} of {hit}");
            }
            assert_eq!(hit["links"]["page"], entry["links"]["page"], "{hit}");
            let contributor = &entry["links"]["contributor"];
            assert_eq!(&hit["links"]["contributor"], contributor, "{hit}");
            let (_, page) = world.text(&format!("/search?q={asked}")).await;
            let link = format!("<a href=\"{}\">", entry["links"]["page"].as_str().unwrap());
            assert!(page.contains(&link), "{link} is not in {page}");
            let place = format!("#{} · ", entry["rank"]);
            assert!(page.contains(&place), "{place} is not in {page}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn units_are_in_the_order_of_the_hours_that_they_are_called_after() {
    let world = World::start("2016-03-01T00:00:00Z", Settings::default()).await;
    let at = "2016-02-01T00:00:00Z".parse().unwrap();
    // As they are to be listed.
    let units = [
        (Source::Archive, "2016-01-02-0.json.gz"),
        (Source::Archive, "2016-01-01-23.json.gz"),
        (Source::Archive, "2016-01-01-10.json.gz"),
        (
            Source::Api,
            "octo/cat events 2016-01-01T09:30:00Z..2016-01-01T12:00:00Z",
        ),
        (Source::Archive, "2016-01-01-9.json.gz"),
        (Source::Archive, "2016-01-01-9.ndjson"),
        (Source::Archive, "2016-01-01-0.json.gz"),
        (Source::Api, "octo/cat day 2016-01-01"),
        (Source::Bigquery, "2016-02-02-5/cat day 2015-12-31"),
        (Source::Archive, "made-up-17.json.gz"),
        (Source::Webhook, "2016-02-02/cat deliveries"),
    ];
    let mut observed = units.map(|(source, unit)| {
        let mut coverage = coverage_of(unit, at);
        coverage.source = source;
        Envelope::wrap("/tests", Event::CoverageObserved(coverage)).unwrap()
    });
    observed.reverse();
    publish(world.log(), &observed, 100).await.unwrap();
    world.project().await;
    for limit in [1, 2, 100] {
        let (mut listed, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/coverage?limit={limit}{cursor}");
            let page = world.get(&path).await;
            let shown = page["coverage"]["units"].as_array().unwrap();
            listed.extend(
                shown
                    .iter()
                    .map(|unit| unit["unit"].as_str().unwrap().to_owned()),
            );
            match page["meta"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(listed, units.map(|(_, unit)| unit), "{limit} a page");
    }
}
