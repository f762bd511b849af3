//! What readers have already (`If-None-Match`) is not sent to them again, in whatever
//! way they say so; and what is not there is told to be so.

use query_api::Settings;
use reqwest::header::{ETAG, IF_NONE_MATCH};
use reqwest::{Method, Response, StatusCode};
use serde_json::json;
use tests::{events_of, generated_documents};

use crate::world::World;

async fn world() -> World {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    let events = events_of(&generated_documents(13, 300).unwrap()).unwrap();
    world.tell(&events).await;
    world
}

/// Asks with as many headers as there are lists.
async fn ask(world: &World, method: Method, path: &str, known: &[&str]) -> Response {
    let request = known
        .iter()
        .fold(world.request(method, path), |request, list| {
            request.header(IF_NONE_MATCH, *list)
        });
    request.send().await.unwrap()
}

async fn is_not_sent_again(world: &World, method: Method, path: &str, known: &[&str]) {
    let answer = ask(world, method.clone(), path, known).await;
    let told = format!("{method} {path} {known:?}");
    assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{told}");
    assert!(answer.headers().contains_key("vary"), "{told}");
    assert!(answer.bytes().await.unwrap().is_empty(), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_has_it_is_told_so_in_whatever_way_they_say_it() {
    let world = world().await;
    for path in [
        "/api/v1/leaderboards/global?limit=20",
        "/api/v1/leaderboards/global?limit=20&fields=leaderboard.login,meta.version",
        "/api/v1/leaderboards/global/board.csv",
        "/api/v1/leaderboards/global/companies/board.csv",
        "/api/v1/coverage",
        "/embed/board.svg",
        "/",
    ] {
        let answer = ask(&world, Method::GET, path, &[]).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let etag = answer.headers()[ETAG].to_str().unwrap().to_owned();
        assert!(!answer.bytes().await.unwrap().is_empty(), "{path}");
        let strong = etag.strip_prefix("W/").unwrap();
        let among = format!("\"of, before\", {strong} , W/\"of others\"");
        for known in [
            &[etag.as_str()] as &[&str],
            &[strong],
            &[among.as_str()],
            &["\"of before\"", etag.as_str()],
            &["*"],
        ] {
            is_not_sent_again(&world, Method::GET, path, known).await;
            is_not_sent_again(&world, Method::HEAD, path, known).await;
            let answer = ask(&world, Method::GET, path, known).await;
            assert_eq!(answer.headers()[ETAG], *etag, "{path} {known:?}");
        }
        let inner = strong.trim_matches('"');
        let beside = format!("\"of before, {inner}\", \"*\"");
        for known in [
            &["W/\"of before\""] as &[&str],
            &[beside.as_str()],
            &["\"\""],
        ] {
            let answer = ask(&world, Method::GET, path, known).await;
            assert_eq!(answer.status(), StatusCode::OK, "{path} {known:?}");
            assert!(
                !answer.bytes().await.unwrap().is_empty(),
                "{path} {known:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_has_whatever_there_is_is_told_whether_there_is_anything() {
    let world = world().await;
    // Answers that bear no validator are there, too.
    for path in ["/api/v1/jobs", "/api/v1/audit", "/operations", "/docs"] {
        is_not_sent_again(&world, Method::GET, path, &["*"]).await;
        is_not_sent_again(&world, Method::HEAD, path, &["*"]).await;
    }
    for (path, status) in [
        (
            "/api/v1/leaderboards/repositories/no/such",
            StatusCode::NOT_FOUND,
        ),
        (
            "/api/v1/leaderboards/groups/none/board.csv",
            StatusCode::NOT_FOUND,
        ),
        ("/api/v1/contributors/nobody-at-all", StatusCode::NOT_FOUND),
        ("/embed/board.svg?repo=no/such", StatusCode::NOT_FOUND),
        ("/groups/none", StatusCode::NOT_FOUND),
        ("/nowhere", StatusCode::NOT_FOUND),
        (
            "/api/v1/leaderboards/global?limit=0",
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let answer = ask(&world, Method::GET, path, &["*"]).await;
        assert_eq!(answer.status(), status, "{path}");
        assert!(!answer.bytes().await.unwrap().is_empty(), "{path}");
    }
    // What is asked with a body is answered whatever the reader has.
    let request = world.request(Method::POST, "/api/v1/what-if");
    let request = request.header(IF_NONE_MATCH, "*");
    let answer = request.json(&json!({ "policy": { "points": { "commit": 5 } } }));
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}
