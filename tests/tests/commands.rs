//! Commands through the API: whoever has a key decides, and it is known who.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use command_api::{Commands, Doors, Keys};
use domain::jobs::Queue;
use event_log::EventLog;
use jobs::QueueLog;
use reqwest::{Client, Method, StatusCode};
use runtime::SystemClock;
use serde_json::{Value, json};
use tests::Servers;
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
        let servers = Servers::start().await.unwrap();
        let log = servers.log().await.unwrap();
        let keys = Keys::new([format!("ann={KEY}").as_str()]).unwrap();
        let commands = Commands {
            log: log.clone(),
            keys,
            clock: Arc::new(SystemClock),
        };
        let doors = Doors {
            webhooks: None,
            commands: Some(Arc::new(commands)),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
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

    let (_, answer) = door.send(Method::DELETE, track, KEY, &why).await;
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
    assert_eq!(answer["title"], "A key is needed");
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
