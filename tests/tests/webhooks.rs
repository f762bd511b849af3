//! Webhook deliveries: the same contributions as an archive has of the same
//! things, on the boards, and nothing from anybody but GitHub.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use command_api::{Doors, Secrets, Webhooks};
use domain::{Source, SourceReference};
use events::{ContributionRecorded, Event};
use hmac::{Hmac, Mac};
use query_api::{Api, Settings};
use reqwest::{Client, Response};
use runtime::FixedClock;
use serde_json::{Value, json};
use sha2::Sha256;
use sqlx::PgPool;
use tests::{
    Document, Servers, documents_of, events_of, projector_settings, publish, real_data,
    wait_until_projected, webhook_of,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use translation::{Delivery, Translation, translate, translate_webhook};

const SECRET: &str = "a secret of sufficient length";

fn now() -> DateTime<Utc> {
    "2026-11-01T12:00:00Z".parse().unwrap()
}

fn deliver(kind: &str, body: &Value) -> Translation {
    let source = SourceReference {
        source: Source::Webhook,
        reference: "72d3162e-cc78-11e3-81ab-4c9367dc0958".to_owned(),
    };
    let body = serde_json::to_vec(body).unwrap();
    let delivery = Delivery {
        event: kind,
        body: &body,
        received_at: now(),
    };
    translate_webhook(&delivery, &source).unwrap()
}

/// What a sighting says of a contribution, but for where and when it was seen.
fn said(event: &ContributionRecorded) -> Value {
    let mut said = json!(event);
    for part in ["source", "occurred_at", "push"] {
        said.as_object_mut().unwrap().remove(part);
    }
    if said.get("credited").is_none() {
        said["credited"] = said["actor"].clone();
    }
    without_type(&mut said);
    said
}

/// Archives do not say of an actor that it is a bot; webhooks do.
fn without_type(value: &mut Value) {
    if let Some(object) = value.as_object_mut() {
        object.remove("called_bot");
        object.values_mut().for_each(without_type);
    }
}

fn contributions(events: &[Event]) -> BTreeMap<String, Value> {
    let recorded = events.iter().filter_map(|event| match event {
        Event::ContributionRecorded(event) => Some((event.key.clone(), said(event))),
        _ => None,
    });
    recorded.collect()
}

/// Compares deliveries made of the events of a file with the events; returns
/// how many contributions of each kind were compared.
fn compare(documents: &[Document]) -> BTreeMap<String, usize> {
    let mut compared = BTreeMap::new();
    for (source, document) in documents {
        let event: Value = serde_json::from_slice(document).unwrap();
        // Wiki edits have no id but that of their event.
        if event["type"] == "GollumEvent" {
            continue;
        }
        let Some((kind, body)) = webhook_of(&event) else {
            continue;
        };
        let archived = contributions(&translate(document, source).unwrap().events);
        let delivered = contributions(&deliver(kind, &body).events);
        assert_eq!(delivered, archived, "{}", source.reference);
        for contribution in delivered.values() {
            let kind = contribution["kind"].as_str().unwrap().to_owned();
            *compared.entry(kind).or_default() += 1;
        }
    }
    compared
}

#[test]
fn deliveries_are_the_contributions_that_archives_have() {
    let test = "deliveries_are_the_contributions_that_archives_have";
    let files = [
        ("2015-01-01-15.json.gz", 9),
        ("2021-07-21-few-hours.json.gz", 9),
        ("2025-01-01-15.head1024.json.gz", 6),
        ("2026-06-01-15.head2500.json.gz", 6),
    ];
    for (file, kinds) in files {
        let Some(path) = real_data(test, &format!("sample/{file}")) else {
            return;
        };
        let compared = compare(&documents_of(&path).unwrap());
        assert!(compared.len() >= kinds, "{file}: {compared:?}");
    }
}

fn push(reference: &str) -> Value {
    json!({
        "ref": reference,
        "before": "1111111111111111111111111111111111111111",
        "after": "3333333333333333333333333333333333333333",
        "sender": { "id": 1, "login": "ada", "type": "User" },
        "repository": { "id": 7, "full_name": "octo/hello", "pushed_at": 1_793_534_400 },
        "commits": [
            {
                "id": "2222222222222222222222222222222222222222", "distinct": true,
                "message": "one", "timestamp": "2026-09-01T08:00:00+02:00",
                "author": { "username": "Bob", "email": "44+bob@users.noreply.github.com" }
            },
            {
                "id": "3333333333333333333333333333333333333333", "distinct": true,
                "message": "two", "timestamp": "2026-09-01T08:00:00+02:00",
                "author": { "email": "nobody@example.org" }
            },
            {
                "id": "4444444444444444444444444444444444444444", "distinct": false,
                "message": "known before", "author": { "username": "ada" }
            }
        ]
    })
}

#[test]
fn commits_go_to_the_authors_that_github_names() {
    let translation = deliver("push", &push("refs/heads/main"));
    let found: Vec<Value> = contributions(&translation.events).into_values().collect();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["credited"], json!({ "id": 44, "login": "Bob" }));
    assert_eq!(found[0]["basis"], "author");
    assert_eq!(found[1]["basis"], "pusher");
    assert_eq!(found[1]["credited"], json!({ "id": 1, "login": "ada" }));
    // The instant is that of the push, not that of an old commit.
    assert_eq!(translation.occurred_at.unwrap().timestamp(), 1_793_534_400);
    assert!(deliver("push", &push("refs/tags/v1")).events.is_empty());
}

/// The command API, a projector and the query API, on real servers.
struct World {
    _servers: Servers,
    log: event_log::EventLog,
    pool: PgPool,
    client: Client,
    webhooks: String,
    api: String,
    stop: CancellationToken,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl World {
    async fn start() -> Self {
        let servers = Servers::start().await.unwrap();
        let (pool, _) = servers.fresh_database().await.unwrap();
        let log = servers.log().await.unwrap();
        let stop = CancellationToken::new();
        let clock = Arc::new(FixedClock::at(now()));
        let webhooks = Arc::new(Webhooks {
            publisher: log.publisher(),
            secrets: Secrets::new(["a secret that was before", SECRET]).unwrap(),
            clock: clock.clone(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/webhooks/github", listener.local_addr().unwrap());
        let doors = Doors {
            webhooks: Some(webhooks),
            ..Doors::default()
        };
        tokio::spawn(command_api::serve(doors, listener, stop.clone()));
        let projecting = projector_settings("projector", 10_000);
        tokio::spawn(projector::run(
            pool.clone(),
            log.clone(),
            projecting,
            stop.clone(),
        ));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        let metrics = Arc::new(String::new);
        let query = Arc::new(Api::new(pool.clone(), Settings::default(), clock, metrics));
        tokio::spawn(query_api::serve(query, listener, stop.clone()));
        Self {
            _servers: servers,
            log,
            pool,
            client: Client::new(),
            webhooks: address,
            api,
            stop,
        }
    }

    async fn post(&self, kind: &str, delivery: &str, body: Vec<u8>, secret: &str) -> Response {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        let signature = mac.chain_update(&body).finalize().into_bytes();
        let hexadecimal: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        self.client
            .post(&self.webhooks)
            .header("x-github-event", kind)
            .header("x-github-delivery", delivery)
            .header("x-hub-signature-256", format!("sha256={hexadecimal}"))
            .body(body)
            .send()
            .await
            .unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        wait_until_projected(&self.pool, &self.log).await.unwrap();
        let asked = self.client.get(format!("{}{path}", self.api)).send();
        let text = asked.await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_on_the_board_once_however_often_it_is_sent() {
    let world = World::start().await;
    let body = serde_json::to_vec(&push("refs/heads/main")).unwrap();
    let first = world.post("push", "d-1", body.clone(), SECRET).await;
    assert_eq!(first.status(), 200);
    let answer: Value = serde_json::from_str(&first.text().await.unwrap()).unwrap();
    assert_eq!(answer, json!({ "delivery": "d-1", "contributions": 2 }));
    // Answered: the log has it.
    let last = world.log.last_sequence(event_log::LogStream::Contributions);
    assert!(last.await.unwrap() >= 2);
    for delivery in ["d-1", "d-2"] {
        let again = world.post("push", delivery, body.clone(), SECRET).await;
        assert_eq!(again.status(), 200);
    }
    let board = world.get("/api/v1/leaderboards/global").await;
    let rows: Vec<(&str, i64)> = board["leaderboard"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["login"].as_str().unwrap(),
                row["value"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(rows.len(), 2, "{board}");
    assert!(rows.iter().all(|(_, value)| *value == 10_000), "{rows:?}");
}

/// The trimmed event that an archive has of the same push.
fn archived_push() -> Vec<u8> {
    let event = json!({
        "id": "1", "type": "PushEvent", "created_at": "2026-11-01T12:00:01Z",
        "actor": { "id": 1, "login": "ada" },
        "repo": { "id": 7, "name": "octo/hello" },
        "payload": {
            "repository_id": 7, "push_id": 99, "ref": "refs/heads/main",
            "before": "1111111111111111111111111111111111111111",
            "head": "3333333333333333333333333333333333333333"
        }
    });
    serde_json::to_vec(&event).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_an_archive_trimmed_is_not_counted_besides_its_commits() {
    for archive_first in [true, false] {
        let world = World::start().await;
        let source = SourceReference {
            source: Source::Archive,
            reference: "2026-11-01-12.json.gz".to_owned(),
        };
        let archived = events_of(&[(source, archived_push())]).unwrap();
        let body = serde_json::to_vec(&push("refs/heads/main")).unwrap();
        if archive_first {
            publish(&world.log, &archived, 10).await.unwrap();
            let board = world.get("/api/v1/leaderboards/global").await;
            assert_eq!(board["leaderboard"][0]["value"], 10_000, "{board}");
        }
        let taken = world.post("push", "d-1", body, SECRET).await;
        assert_eq!(taken.status(), 200);
        publish(&world.log, &archived, 10).await.unwrap();
        let board = world.get("/api/v1/leaderboards/global").await;
        let rows = board["leaderboard"].as_array().unwrap();
        let points: i64 = rows.iter().map(|row| row["value"].as_i64().unwrap()).sum();
        assert_eq!(points, 20_000, "two commits and no push: {board}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_from_github_is_refused_and_what_cannot_be_read_is_kept() {
    let world = World::start().await;
    let body = serde_json::to_vec(&push("refs/heads/main")).unwrap();
    let forged = world
        .post("push", "d-1", body.clone(), "another secret")
        .await;
    assert_eq!(forged.status(), 401);
    assert_eq!(forged.headers()["content-type"], "application/problem+json");
    let unsigned = world.client.post(&world.webhooks).body(body).send();
    assert_eq!(unsigned.await.unwrap().status(), 401);
    // It is answered before its body is there, which never comes.
    let host = world.webhooks.trim_start_matches("http://");
    let (host, path) = host.split_once('/').unwrap();
    let mut connection = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\nx-github-event: push\r\ncontent-length: 9\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
    let ping = world
        .post("ping", "d-2", b"{\"zen\":\"\"}".to_vec(), SECRET)
        .await;
    assert_eq!(ping.status(), 200);
    let unknown = world
        .post("sponsorship", "d-3", b"{}".to_vec(), SECRET)
        .await;
    assert_eq!(unknown.status(), 202);
    let last = world.log.last_sequence(event_log::LogStream::Contributions);
    assert_eq!(last.await.unwrap(), 0, "nothing was contributed");

    let damaged = world
        .post("push", "d-4", b"{\"ref\":".to_vec(), SECRET)
        .await;
    assert_eq!(damaged.status(), 400);
    let letters = world.get("/api/v1/dead-letters").await;
    let letter = &letters["dead_letters"][0];
    assert_eq!(letter["origin"], "webhook push d-4", "{letters}");
    let large = world
        .post("push", "d-5", vec![b' '; 26 * 1_024 * 1_024], SECRET)
        .await;
    assert_eq!(large.status(), 413);
}
