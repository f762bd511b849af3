//! What the HTTP edge does when no database is there to help: refusals,
//! headers, assets, health, and problems for programs and for people.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up is to fail"
)]

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use query_api::{Api, Settings, openapi, router};
use runtime::FixedClock;
use sqlx::postgres::PgPoolOptions;
use tower::ServiceExt;

/// The service over a database that refuses connections.
fn service() -> Router {
    let pool = PgPoolOptions::new()
        .acquire_timeout(Duration::from_millis(200))
        .connect_lazy("postgres://nobody@127.0.0.1:1/nothing")
        .unwrap();
    let settings = Settings {
        demo_notice: Some("Made-up data".to_owned()),
        ..Settings::default()
    };
    let clock = FixedClock::at("2016-01-01T15:00:00Z".parse().unwrap());
    let metrics = Arc::new(|| "up 1\n".to_owned());
    router(Arc::new(Api::new(pool, settings, Arc::new(clock), metrics)))
}

async fn send(request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let response = service().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    (parts.status, parts.headers, body)
}

async fn get(path: &str) -> (StatusCode, HeaderMap, String) {
    send(Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn bad_parameters_are_named_before_the_database_is_asked() {
    let board = "/api/v1/leaderboards/global";
    for (query, parameter) in [
        ("period=foo", "period"),
        ("period=2016-02-30", "period"),
        ("kind=merge", "kind"),
        ("kind=%00", "kind"),
        ("kind=%zz", "kind"),
        ("class=robot", "class"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("cursor=abc", "cursor"),
        ("perod=all", "perod"),
    ] {
        let (status, headers, body) = get(&format!("{board}?{query}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(headers["content-type"], "application/problem+json");
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(problem["parameter"], parameter, "{query}");
        assert_eq!(problem["type"], "/about#invalid-parameter");
    }
}

#[tokio::test]
async fn images_tell_what_is_wrong_with_them_and_escape_it() {
    for (query, told) in [
        ("board.svg?limit=26", "limit is"),
        ("board.svg?theme=sepia", "auto, light or dark"),
        ("board.svg?metric=merge", "metric is"),
        ("board.svg?repo=%3Cscript%3E", "owner/name"),
        ("board.svg?repo=a/b&org=a", "only one of repo"),
        ("badge.svg?reop=a/b", "is no parameter of this address"),
        ("share.svg?login=", "leave the parameter out"),
    ] {
        let (status, headers, body) = get(&format!("/embed/{query}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(headers["content-type"], "image/svg+xml", "{query}");
        assert!(body.contains(told), "{query}: {body}");
        assert!(!body.contains("<script"), "{body}");
    }
    let (status, headers, body) = get("/embed/badge.svg").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(headers.contains_key("retry-after"));
    assert!(body.contains("The database does not answer"), "{body}");
    let (status, headers, _) = get("/embed/nothing.svg").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(headers["content-type"], "image/svg+xml");
    let program = Request::get("/embed/board.svg?limit=0").header("accept", "application/json");
    let (_, headers, _) = send(program.body(Body::empty()).unwrap()).await;
    assert_eq!(headers["content-type"], "application/problem+json");
}

#[tokio::test]
async fn an_unreachable_database_is_a_problem_with_a_time_to_retry() {
    let (status, headers, body) = get("/api/v1/leaderboards/global").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(headers.contains_key("retry-after"));
    assert!(!body.contains("127.0.0.1"), "{body}");
    let (status, _, body) = get("/health/ready").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains(r#""available":false"#), "{body}");
}

#[tokio::test]
async fn liveness_and_metrics_need_no_database() {
    assert_eq!(get("/health/live").await.0, StatusCode::OK);
    assert_eq!(get("/metrics").await.2, "up 1\n");
}

#[tokio::test]
async fn people_get_pages_and_programs_get_problems() {
    let (status, headers, body) = get("/nowhere").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert!(body.contains("Made-up data") && body.contains("404"));
    let (status, headers, _) = get("/api/v1/nowhere").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(headers["content-type"], "application/problem+json");
}

#[tokio::test]
async fn every_response_bears_the_security_headers_and_a_request_id() {
    for path in [
        "/",
        "/nowhere",
        "/health/live",
        "/api/v1/search?q=",
        "/embed/board.svg",
    ] {
        let (_, headers, _) = get(path).await;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(headers.contains_key("x-request-id"), "{path}");
    }
}

#[tokio::test]
async fn only_reading_is_allowed_and_from_anywhere() {
    let post = Request::post("/api/v1/leaderboards/global").body(Body::from("{}"));
    let (status, headers, _) = send(post.unwrap()).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(headers.contains_key("allow"));
    let other_origin = Request::get("/health/live").header("origin", "https://example.org");
    let (_, headers, _) = send(other_origin.body(Body::empty()).unwrap()).await;
    assert_eq!(headers["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn pages_hold_no_script_and_no_inline_style() {
    let (status, _, body) = get("/about").await;
    assert_eq!(status, StatusCode::OK);
    assert!(!body.contains("<script") && !body.contains(" style="));
    let start = body.find("/assets/").unwrap();
    let path = body[start..].split('"').next().unwrap();
    let (status, headers, _) = get(path).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        headers["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
}

#[test]
fn the_published_document_is_the_one_that_is_served() {
    let published = include_str!("../../../docs/openapi.json");
    let served = serde_json::to_string_pretty(&openapi()).unwrap();
    assert!(
        published.trim_end() == served,
        "docs/openapi.json is out of date: make documents"
    );
}
