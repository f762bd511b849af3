//! What was decided, and what was missed.

use chrono::{DateTime, TimeDelta, Utc};
use decisions::counting::{Terms, publish_policy};
use decisions::disputes::raise;
use decisions::tracking::{decide_tracking, define_group};
use domain::RepositoryName;
use domain::dispute::Disputed;
use query_api::Settings;
use reqwest::StatusCode;
use serde_json::json;
use tests::{events_of, generated_documents};

use super::{ESCAPED, SCRIPT, author, holds, page, page_with};
use crate::ranks::busiest_repository;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_listed_with_who_and_why_and_can_be_filtered() {
    let now: DateTime<Utc> = "2026-11-26T12:00:00Z".parse().unwrap();
    let world = World::start(&now.to_rfc3339(), Settings::default()).await;
    let nothing = page(&world, "/decisions").await;
    holds(&nothing, &["Nothing was decided yet"]);

    let document = json!({ "points": { "commit": 5 } });
    let an_hour_ago = author(SCRIPT, now - TimeDelta::hours(3));
    publish_policy(world.log(), None, Terms::Entered(&document), &an_hour_ago)
        .await
        .unwrap();
    define_group(world.log(), "web", &[], &author("for the web", now))
        .await
        .unwrap();
    world.project().await;

    let all = page(&world, "/decisions").await;
    holds(
        &all,
        &[
            "Policy published",
            "Group defined",
            "href=\"/groups/web\"",
            "for the web",
            ESCAPED,
            "3 hours ago",
            "title=\"26 Nov 2026, 09:00 UTC\"",
        ],
    );
    let groups = page(&world, "/decisions?what=group.defined&actor=ann").await;
    holds(&groups, &["Group defined", "Everything"]);
    assert!(!groups.contains("Policy published"), "{groups}");
    let nobody = page(&world, "/decisions?actor=%22%3E%3Cscript%3E").await;
    holds(
        &nobody,
        &["Nothing of the kind was done", "&#34;&#62;&#60;script&#62;"],
    );

    let first = page(&world, "/decisions?limit=1&actor=ann").await;
    holds(&first, &["Group defined", "Earlier"]);
    let next = first
        .split("href=\"")
        .find(|rest| rest.contains("rel=\"next\""));
    let next = next
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&#38;", "&");
    let second = page(&world, &next).await;
    holds(&second, &["Policy published", "Back to the newest"]);
    assert!(!second.contains("Group defined"), "{second}");
    for query in ["cursor=zz", "limit=201"] {
        let path = format!("/decisions?{query}");
        page_with(&world, &path, StatusCode::BAD_REQUEST).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_lead_only_to_pages_that_there_are() {
    let now: DateTime<Utc> = "2024-03-01T12:00:00Z".parse().unwrap();
    let mut world = World::start(&now.to_rfc3339(), Settings::default()).await;
    let events = events_of(&generated_documents(6, 300).unwrap()).unwrap();
    world.tell(&events).await;
    let (_, seen) = busiest_repository(&world).await;
    for repository in [seen.as_str(), "octo/unseen"] {
        let name = RepositoryName::parse(repository).unwrap();
        decide_tracking(world.log(), &name, true, &author("for a look", now))
            .await
            .unwrap();
    }
    world.project().await;
    let all = page(&world, "/decisions").await;
    holds(
        &all,
        &["octo/unseen", &format!("href=\"/repositories/{seen}\"")],
    );
    assert!(!all.contains("/repositories/octo/unseen"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn disputes_are_listed_and_each_says_how_it_stands() {
    let now: DateTime<Utc> = "2026-11-26T12:00:00Z".parse().unwrap();
    let world = World::start(&now.to_rfc3339(), Settings::default()).await;
    let nothing = page(&world, "/disputes").await;
    holds(&nothing, &["Nobody missed anything yet"]);
    let missed = Disputed::parse("https://github.com/octo/cat/pull/7").unwrap();
    raise(world.log(), &missed, &author(SCRIPT, now))
        .await
        .unwrap();
    world.project().await;
    let list = page(&world, "/disputes").await;
    holds(
        &list,
        &[
            "octo/cat/pull/7",
            "GitHub is to be asked",
            ESCAPED,
            "just now",
        ],
    );
    let one = page(&world, &format!("/disputes/{}", missed.id())).await;
    holds(
        &one,
        &[
            "href=\"https://github.com/octo/cat/pull/7\"",
            "No contribution, so far",
            ESCAPED,
        ],
    );
    let unknown = format!("/disputes/{}", uuid::Uuid::nil());
    page_with(&world, &unknown, StatusCode::NOT_FOUND).await;
    page_with(&world, "/disputes/7", StatusCode::BAD_REQUEST).await;
}
