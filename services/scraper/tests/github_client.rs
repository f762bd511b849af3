//! What the client of GitHub's API keeps to itself, and what it remembers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

// `make fuzz` builds this, too, instrumented; what its instruments call is in there.
use bolero as _;
use chrono::DateTime;
use runtime::FixedClock;
use scraper::sources::github::{Answer, GithubClient, GithubError, GithubSettings, Token};
use serde_json::Value;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn client(server: &MockServer) -> GithubClient {
    // Another test of the process may have done so before.
    _ = rustls::crypto::ring::default_provider().install_default();
    let settings = GithubSettings {
        url: server.uri(),
        tokens: vec![Token::new("secret")],
        first_wait: std::time::Duration::from_millis(1),
        ..GithubSettings::default()
    };
    let clock = Arc::new(FixedClock::at(DateTime::UNIX_EPOCH));
    GithubClient::new(settings, clock).unwrap()
}

#[tokio::test]
async fn a_token_follows_no_redirect_to_another_origin() {
    let (github, other) = (MockServer::start().await, MockServer::start().await);
    // The same host, but another port: another origin.
    let elsewhere = format!("{}/user", other.uri());
    let moved = ResponseTemplate::new(301).insert_header("location", elsewhere.as_str());
    Mock::given(method("GET"))
        .and(path("/repos/octo/cat"))
        .respond_with(moved)
        .mount(&github)
        .await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_string("{}"))
        .mount(&other)
        .await;
    let error = client(&github).get("/repos/octo/cat").await.unwrap_err();
    assert!(matches!(error, GithubError::Connection { .. }), "{error}");
    assert!(other.received_requests().await.unwrap().is_empty());

    let within = ResponseTemplate::new(301).insert_header("location", "/repositories/7");
    Mock::given(method("GET"))
        .and(path("/repos/octo/dog"))
        .respond_with(within)
        .mount(&github)
        .await;
    Mock::given(method("GET"))
        .and(path("/repositories/7"))
        .respond_with(ResponseTemplate::new(200).set_body_string("{}"))
        .mount(&github)
        .await;
    client(&github).get("/repos/octo/dog").await.unwrap();
}

#[tokio::test]
async fn only_what_was_made_use_of_is_remembered() {
    let github = MockServer::start().await;
    let answer = ResponseTemplate::new(200)
        .insert_header("etag", "\"tag\"")
        .set_body_string("{}");
    Mock::given(method("GET"))
        .respond_with(answer)
        .mount(&github)
        .await;
    let client = client(&github);
    client.get("/once").await.unwrap();
    for made_use_of in [false, true, true] {
        let answer = client.get_if_changed("/once").await.unwrap();
        let Answer::Fresh(page) = answer else {
            panic!("{answer:?}")
        };
        if made_use_of {
            client.remember("/once", page.validator.as_deref());
        }
    }
    let asked = github.received_requests().await.unwrap();
    let with_validator = asked
        .iter()
        .map(|request| request.headers.contains_key("if-none-match"));
    assert_eq!(Vec::from_iter(with_validator), [false, false, false, true]);
}

#[tokio::test]
async fn half_a_character_makes_no_answer_unreadable() {
    let github = MockServer::start().await;
    let body = r#"{"title":"cut \ud83d"}"#;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_string(body))
        .mount(&github)
        .await;
    let page = client(&github).get("/issue").await.unwrap();
    assert_eq!(page.read::<Value>().unwrap()["title"], "cut \u{fffd}");
}
