//! Commands through the API: whoever has a key decides, and it is known who.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use access::{Gate, GateSettings, Key, KeyRing, Keys, Scope};
use command_api::{COMMANDS, Commands, Doors, Entrance};
use domain::jobs::Queue;
use event_log::EventLog;
use jobs::QueueLog;
use reqwest::{Client, Method, StatusCode};
use runtime::SystemClock;
use serde_json::{Value, json};
use tests::{Servers, listen};
use tokio_util::sync::CancellationToken;

const KEY: &str = "0123456789abcdef0123";

struct Door {
    client: Client,
    url: String,
    log: EventLog,
    _servers: Servers,
}

impl Door {
    async fn open() -> Self {
        Self::open_to(tests::entrance(&format!("ann={KEY}"))).await
    }

    async fn open_to(entrance: Entrance) -> Self {
        let servers = Servers::start().await.unwrap();
        let log = servers.log().await.unwrap();
        let commands = Commands {
            log: log.clone(),
            clock: Arc::new(SystemClock),
            log_level: None,
        };
        let doors = Doors {
            commands: Some(Arc::new(commands)),
            entrance: Arc::new(entrance),
            ..Doors::default()
        };
        let (listener, url) = listen().await.unwrap();
        tokio::spawn(command_api::serve(
            doors,
            listener,
            CancellationToken::new(),
        ));
        Self {
            client: Client::new(),
            url,
            log,
            _servers: servers,
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        key: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let answer = request.bearer_auth(key).json(body).send().await.unwrap();
        let status = answer.status();
        (status, answer.json().await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tracking_and_groups_are_decided_in_the_name_of_the_key() {
    let door = Door::open().await;
    let why = json!({ "reason": "sponsored" });
    let track = "/api/v1/tracked/rust-lang/rust";
    let (status, answer) = door.send(Method::PUT, track, KEY, &why).await;
    assert_eq!((status, &answer["changed"]), (StatusCode::OK, &json!(true)));
    let (_, answer) = door.send(Method::PUT, track, KEY, &why).await;
    assert_eq!(answer["changed"], false);
    let (_, answer) = door
        .send(Method::GET, "/api/v1/tracked", KEY, &json!({}))
        .await;
    let tracked = &answer["repositories"][0];
    assert_eq!(tracked["repository"], "rust-lang/rust");
    assert_eq!(
        (&tracked["actor"], &tracked["reason"]),
        (&json!("ann"), &json!("sponsored"))
    );

    let members = json!({ "repositories": ["rust-lang/rust", "rust-lang/cargo"] });
    let (status, _) = door
        .send(Method::PUT, "/api/v1/groups/rust", KEY, &members)
        .await;
    assert_eq!(status, StatusCode::OK);
    let (_, answer) = door
        .send(Method::GET, "/api/v1/groups", KEY, &json!({}))
        .await;
    assert_eq!(answer["groups"][0]["repositories"][0], "rust-lang/cargo");

    // A decision that needs no more than its address needs no body.
    let request = door.client.delete(format!("{}{track}", door.url));
    let answer = request.bearer_auth(KEY).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["tracked"], false);
    let (_, answer) = door
        .send(Method::GET, "/api/v1/tracked", KEY, &json!({}))
        .await;
    assert_eq!(answer["repositories"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_nothing_is_decided_and_what_is_wrong_is_said() {
    let door = Door::open().await;
    let track = "/api/v1/tracked/rust-lang/rust";
    let (status, answer) = door.send(Method::PUT, track, "guess", &json!({})).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer["title"], "The key is not valid");
    let (status, _) = door
        .send(Method::GET, "/api/v1/tracked", "guess", &json!({}))
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);

    let bad = [
        (Method::PUT, "/api/v1/tracked/a%20b/rust", json!({})),
        (
            Method::PUT,
            "/api/v1/groups/Not%20one",
            json!({ "repositories": [] }),
        ),
        (
            Method::PUT,
            "/api/v1/groups/web",
            json!({ "repositories": ["alone"] }),
        ),
        (Method::PUT, "/api/v1/groups/web", json!({ "members": [] })),
        (Method::POST, "/api/v1/queues/cooking/pause", json!({})),
        // Words that could be neither stored nor shown would be decided for good.
        (
            Method::POST,
            "/api/v1/queues/reports/pause",
            json!({ "reason": "be\0cause" }),
        ),
        (
            Method::PUT,
            "/api/v1/tracked/rust-lang/rust",
            json!({ "reason": "be\0cause" }),
        ),
        (
            Method::PUT,
            "/api/v1/accounts/7/class",
            json!({ "class": "bot", "reason": "x".repeat(2_001) }),
        ),
        (
            Method::PUT,
            "/api/v1/accounts/7/affiliations",
            json!({ "affiliations": [{ "company": "Acme", "from": "-9000-01-01" }] }),
        ),
    ];
    for (method, path, body) in bad {
        let (status, answer) = door.send(method, path, KEY, &body).await;
        assert!(status.is_client_error(), "{path}: {status}");
        assert!(answer["detail"].as_str().unwrap().len() > 10, "{answer}");
    }
    let decided = door
        .log
        .read_all(event_log::LogStream::Decisions, "decisions.v1.>", 0)
        .await;
    assert!(decided.unwrap().is_empty());
}

/// A key of every scope but one, and its line.
fn key_without(missing: Scope) -> (String, String) {
    let scopes = Scope::ALL.into_iter().filter(|scope| *scope != missing);
    let scopes: Vec<Scope> = scopes.collect();
    let place = Scope::ALL.iter().position(|scope| *scope == missing);
    let bytes = [u8::try_from(place.unwrap()).unwrap(); 32];
    let made = Key::from_random(&bytes, &format!("not-{missing}"), &scopes, None);
    let made = made.unwrap();
    (made.secret, made.key.to_string())
}

/// What a command's path is of something.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{queue}" => "reports",
        part if part.starts_with('{') => "octo",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_is_refused_without_its_scope() {
    let keys = Scope::ALL.map(key_without);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keys");
    let lines: Vec<&str> = keys.iter().map(|(_, line)| line.as_str()).collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let ring = KeyRing::open(Keys::default(), Some(file)).unwrap();
    let clock = Arc::new(SystemClock);
    let gate = Gate::new(GateSettings::default(), Arc::new(ring), clock);
    let documentation = Some("https://leaderboard.example.org".to_owned());
    let entrance = Entrance {
        gate,
        documentation,
    };
    let door = Door::open_to(entrance).await;
    for command in COMMANDS {
        let method = Method::from_bytes(command.method.as_bytes()).unwrap();
        let path = filled(command.path);
        for (scope, (secret, _)) in Scope::ALL.into_iter().zip(&keys) {
            // A body that cannot be read: nothing is carried out by this test.
            let body = json!("nothing");
            let (status, answer) = door.send(method.clone(), &path, secret, &body).await;
            let what = format!("{method} {path} without {scope}: {status} {answer}");
            if scope == command.scope {
                assert_eq!(status, StatusCode::FORBIDDEN, "{what}");
                let detail = answer["detail"].as_str().unwrap();
                assert!(detail.contains(&format!("scope {scope}")), "{what}");
                let documented = "https://leaderboard.example.org/docs#scope-missing";
                assert_eq!(answer["type"], documented, "{what}");
            } else {
                assert_ne!(status, StatusCode::FORBIDDEN, "{what}");
                assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{what}");
                assert_ne!(status, StatusCode::NOT_FOUND, "{what}");
            }
        }
        let (status, _) = door.send(method.clone(), &path, "", &json!({})).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
    let patch = Method::PATCH;
    let (status, _) = door
        .send(patch, "/api/v1/policy", &keys[0].0, &json!({}))
        .await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    let decided = door
        .log
        .read_all(event_log::LogStream::Decisions, "decisions.v1.>", 0)
        .await;
    assert!(decided.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_stands_still_until_it_may_go_on() {
    let door = Door::open().await;
    let mut queue = QueueLog::new(door.log.clone(), Queue::Reports, Arc::new(SystemClock));
    let pause = "/api/v1/queues/reports/pause";
    let why = json!({ "reason": "the receiver is down" });
    door.send(Method::POST, pause, KEY, &why).await;
    queue.catch_up().await.unwrap();
    let paused = queue.state().paused().unwrap();
    assert_eq!(
        (paused.actor.as_str(), paused.reason.as_str()),
        ("ann", "the receiver is down")
    );
    door.send(Method::POST, "/api/v1/queues/reports/resume", KEY, &why)
        .await;
    queue.catch_up().await.unwrap();
    assert!(queue.state().paused().is_none());
}
