//! What the HTTP edge does when no database is there to help: refusals,
//! headers, assets, health, and problems for programs and for people.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up is to fail"
)]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

// `make fuzz` builds this, too, instrumented; what its instruments call is in there.
use access::{AllowedHosts, Gate, GateSettings, Key, KeyRing, Keys, Scope};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use bolero as _;
use query_api::{Api, Settings, openapi, router};
use runtime::FixedClock;
use sqlx::postgres::PgPoolOptions;
use tower::ServiceExt;

/// The service over a database that refuses connections.
fn service() -> Router {
    service_behind(Gate::default())
}

fn service_behind(gate: Gate) -> Router {
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
    let api = Api::new(pool, settings, Arc::new(clock), metrics).guarded_by(gate);
    let api = api.describing_events(events());
    router(Arc::new(api.describing_commands(commands())))
}

/// The document of the events as it is published.
fn events() -> serde_json::Value {
    serde_json::from_str(include_str!("../../../docs/asyncapi.json")).unwrap()
}

/// The document of the commands, likewise.
fn commands() -> serde_json::Value {
    serde_json::from_str(include_str!("../../../docs/openapi.commands.json")).unwrap()
}

async fn send(request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    send_to(&service(), request).await
}

async fn send_to(service: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let response = service.clone().oneshot(request).await.unwrap();
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
        assert_eq!(problem["type"], "/docs#invalid-parameter");
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
        "/docs",
        "/docs/commands",
        "/docs/events",
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
    for path in ["/docs", "/docs/commands", "/docs/events"] {
        let (_, _, body) = get(path).await;
        // Scripts are files of the same server; none stands in a page.
        let own = body
            .matches("<script type=\"module\" src=\"/assets/")
            .count();
        assert_eq!(body.matches("<script").count(), own, "{path}");
        assert!(!body.contains(" style="), "{path}");
        assert!(!body.contains("src=\"http"), "{path} loads from elsewhere");
    }
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

/// A request of somebody on the Internet.
fn from(address: &str, path: &str) -> Request<Body> {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    let peer: SocketAddr = format!("{address}:4711").parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

/// A gate with a key that may be used for one thing; returns its secret.
fn gate(settings: GateSettings, scope: Scope) -> (Gate, String) {
    let made = Key::from_random(&[7; 32], "ann", &[scope], None).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keys");
    std::fs::write(&file, made.key.to_string()).unwrap();
    let keys = KeyRing::open(Keys::default(), Some(file)).unwrap();
    let clock = FixedClock::at("2016-01-01T15:00:00Z".parse().unwrap());
    let gate = Gate::new(settings, Arc::new(keys), Arc::new(clock));
    (gate, made.secret)
}

fn limits() -> GateSettings {
    GateSettings {
        by_address: "2/1h".parse().ok(),
        by_key: "5/1h".parse().ok(),
        ..GateSettings::default()
    }
}

#[tokio::test]
async fn who_asks_too_often_is_told_how_long_to_wait() {
    let (gate, secret) = gate(limits(), Scope::Read);
    let service = service_behind(gate);
    let board = "/api/v1/leaderboards/global?limit=0";
    for left in [1, 0] {
        let (status, headers, _) = send_to(&service, from("203.0.113.9", board)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(headers["ratelimit-policy"], "\"address\";q=2;w=3600");
        let state = headers["ratelimit"].to_str().unwrap();
        assert!(
            state.starts_with(&format!("\"address\";r={left};t=")),
            "{state}"
        );
    }
    let (status, headers, body) = send_to(&service, from("203.0.113.9", board)).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(headers["content-type"], "application/problem+json");
    let wait: u64 = headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=1800).contains(&wait), "{wait}");
    let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["type"], "/docs#too-many-requests");
    assert!(
        problem["detail"].as_str().unwrap().contains("2/1h"),
        "{body}"
    );

    // A person sees a page of it, and the page a picture.
    let (status, headers, _) = send_to(&service, from("203.0.113.9", "/about")).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert!(headers.contains_key("retry-after"));
    let (status, headers, _) = send_to(&service, from("203.0.113.9", "/embed/x.svg")).await;
    assert_eq!(
        status,
        StatusCode::NOT_FOUND,
        "images have an allowance of their own"
    );
    assert_eq!(headers["ratelimit-policy"], "\"images\";q=20;w=3600");

    // Others are not concerned, nor are machines that watch, nor who has a key.
    for request in [
        from("203.0.113.10", "/about"),
        from("203.0.113.9", "/health/live"),
        from("203.0.113.9", "/metrics"),
    ] {
        assert_eq!(send_to(&service, request).await.0, StatusCode::OK);
    }
    let mut with_key = from("203.0.113.9", "/about");
    let bearer = format!("Bearer {secret}").parse().unwrap();
    with_key.headers_mut().insert("authorization", bearer);
    let (status, headers, _) = send_to(&service, with_key).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["ratelimit-policy"], "\"key\";q=5;w=3600");
}

#[tokio::test]
async fn a_key_that_does_not_hold_or_is_for_something_else_is_refused() {
    let (gate, secret) = gate(GateSettings::default(), Scope::Operate);
    let service = service_behind(gate);
    for (key, status, name, challenge) in [
        (
            "guess",
            StatusCode::UNAUTHORIZED,
            "key-not-valid",
            "invalid_token",
        ),
        (
            &secret,
            StatusCode::FORBIDDEN,
            "scope-missing",
            "scope=\"read\"",
        ),
    ] {
        let request =
            Request::get("/api/v1/search?q=a").header("authorization", format!("Bearer {key}"));
        let (found, headers, body) = send_to(&service, request.body(Body::empty()).unwrap()).await;
        assert_eq!(found, status);
        let told = headers["www-authenticate"].to_str().unwrap();
        assert!(told.contains(challenge), "{told}");
        assert!(body.contains(&format!("/docs#{name}")), "{body}");
    }
}

#[tokio::test]
async fn only_allowed_hosts_are_answered_to() {
    let settings = GateSettings {
        hosts: AllowedHosts::new(["leaderboard.example.org"]).unwrap(),
        ..GateSettings::default()
    };
    let service = service_behind(gate(settings, Scope::Read).0);
    for (host, path, expected) in [
        ("leaderboard.example.org:8443", "/about", StatusCode::OK),
        (
            "rebound.example.net",
            "/about",
            StatusCode::MISDIRECTED_REQUEST,
        ),
        (
            "rebound.example.net",
            "/assets/x.css",
            StatusCode::MISDIRECTED_REQUEST,
        ),
        ("a b", "/about", StatusCode::BAD_REQUEST),
        ("10.0.0.7:8080", "/health/live", StatusCode::OK),
        ("10.0.0.7:8080", "/metrics", StatusCode::OK),
    ] {
        let request = Request::get(path).header("host", host);
        let (status, ..) = send_to(&service, request.body(Body::empty()).unwrap()).await;
        assert_eq!(status, expected, "{host} {path}");
    }
}

/// Every id and every link to one, of a page.
fn anchors(page: &str) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let after = |mark| {
        page.split(mark)
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
    };
    (after(" id=\"").collect(), after("href=\"#").collect())
}

#[tokio::test]
async fn everything_is_in_the_reference_and_every_link_leads_somewhere() {
    let (status, _, page) = get("/docs").await;
    assert_eq!(status, StatusCode::OK);
    let (ids, links) = anchors(&page);
    assert!(links.is_subset(&ids), "{:?}", links.difference(&ids));
    let document = serde_json::to_value(openapi()).unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.contains(id), "{path} is not described");
        }
    }
    for shape in document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        assert!(ids.contains(format!("shape-{shape}").as_str()), "{shape}");
    }

    let (status, _, page) = get("/docs/events").await;
    assert_eq!(status, StatusCode::OK);
    let (ids, links) = anchors(&page);
    assert!(links.is_subset(&ids), "{:?}", links.difference(&ids));
    let events = events();
    for (name, message) in events["components"]["messages"].as_object().unwrap() {
        assert!(ids.contains(name.as_str()), "{name} is not described");
        let id = message["examples"][0]["payload"]["id"].as_str().unwrap();
        assert!(page.contains(id), "{name} has no example");
    }
    let (status, _, body) = get("/asyncapi.json").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&body).unwrap(),
        events
    );
}

#[tokio::test]
async fn every_command_is_in_the_reference_with_what_it_needs() {
    let (_, _, reading) = get("/docs").await;
    assert!(reading.contains("href=\"/docs/commands\""), "{reading}");
    let (documented, _) = anchors(&reading);
    let (status, _, page) = get("/docs/commands").await;
    assert_eq!(status, StatusCode::OK);
    let (ids, links) = anchors(&page);
    assert!(links.is_subset(&ids), "{:?}", links.difference(&ids));
    for link in page.split("href=\"/docs#").skip(1) {
        let problem = link.split('"').next().unwrap();
        assert!(documented.contains(problem), "{problem}");
    }
    let document = commands();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.contains(id), "{path} is not described");
        }
    }
    assert!(page.contains("-X PUT"), "{page}");
    assert!(page.contains("Authorization: Bearer $KEY"), "{page}");
    let (status, headers, body) = get("/openapi.commands.json").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&body).unwrap(),
        document
    );
}

#[tokio::test]
async fn what_a_problem_says_it_is_is_explained_where_it_says() {
    let (_, _, page) = get("/docs").await;
    let (ids, _) = anchors(&page);
    let (gate, secret) = gate(limits(), Scope::Operate);
    let service = service_behind(gate);
    let mut requests = vec![
        Request::get("/api/v1/leaderboards/global?limit=0"),
        Request::get("/api/v1/leaderboards/global"),
        Request::get("/api/v1/nowhere"),
        Request::get("/api/v1/%zz"),
        Request::post("/api/v1/leaderboards/global"),
        Request::get("/api/v1/search?q=a").header("content-length", "5"),
        Request::get("/api/v1/search?q=a").header("authorization", "Bearer guess"),
        Request::get("/api/v1/search?q=a").header("authorization", format!("Bearer {secret}")),
    ];
    let mut told = BTreeSet::new();
    for request in requests.drain(..) {
        let request = request.body(Body::empty()).unwrap();
        let (status, _, body) = send_to(&service, request).await;
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
        let kind = problem["type"].as_str().unwrap().to_owned();
        let anchor = kind.strip_prefix("/docs#").unwrap();
        assert!(ids.contains(anchor), "{kind} is not explained");
        assert!(
            page.contains(problem["title"].as_str().unwrap()),
            "{status}"
        );
        told.insert(kind);
    }
    assert!(told.len() >= 7, "{told:?}");
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
