//! Webhooks that people subscribe with: told of everything they want, signed, again
//! until they take it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use event_log::EventLog;
use events::{DeadLetterOutcome, DeadLetterResolved, Envelope, Event};
use notifier::{Delivery, NotifierParts, webhooks};
use query_api::{Api, Settings};
use runtime::{Clock, SystemClock};
use serde_json::Value;
use tests::{
    Servers, events_of, generated_documents, listen, project_until, projector_settings, publish,
    workspace,
};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody's receiver, over HTTP: verifies and keeps what it is sent.
#[derive(Default)]
struct Receiver {
    /// Messages by id, with how often each was taken.
    taken: Mutex<BTreeMap<String, (usize, Value)>>,
    /// Messages that were answered otherwise, in order.
    refused: Mutex<Vec<String>>,
    /// How it answers a message, by its id and how often it was asked before.
    mood: Mutex<Option<Mood>>,
    changed: Notify,
}

type Mood = Box<dyn Fn(&str, usize) -> StatusCode + Send>;

impl Receiver {
    async fn start() -> (Arc<Self>, String) {
        let receiver = Arc::new(Self::default());
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(Arc::clone(&receiver));
        let (listener, address) = listen().await.unwrap();
        let url = format!("{address}/hook");
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    fn answers(&self, mood: impl Fn(&str, usize) -> StatusCode + Send + 'static) {
        *self.mood.lock().unwrap() = Some(Box::new(mood));
    }

    fn taken(&self) -> BTreeMap<String, (usize, Value)> {
        self.taken.lock().unwrap().clone()
    }

    fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap().clone()
    }

    /// Waits until what it was sent is enough.
    async fn wait_until(&self, is_enough: impl Fn(&Self) -> bool) {
        let waiting = async {
            loop {
                let changed = self.changed.notified();
                if is_enough(self) {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap();
    }
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let status = take(&receiver, &headers, &body);
    receiver.changed.notify_waiters();
    status
}

fn take(receiver: &Receiver, headers: &HeaderMap, body: &Bytes) -> StatusCode {
    let verifier = standardwebhooks::Webhook::new(SECRET).unwrap();
    if verifier.verify(body, headers).is_err() {
        receiver.refused.lock().unwrap().push("unsigned".to_owned());
        return StatusCode::UNAUTHORIZED;
    }
    let message: Value = serde_json::from_slice(body).unwrap();
    let id = message["id"].as_str().unwrap().to_owned();
    assert_eq!(headers["webhook-id"], id.as_str());
    assert!(
        headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("application/cloudevents+json")
    );
    let mut refused = receiver.refused.lock().unwrap();
    if let Some(mood) = receiver.mood.lock().unwrap().as_ref() {
        let before = refused.iter().filter(|other| **other == id).count();
        let status = mood(&id, before);
        if !status.is_success() {
            refused.push(id);
            return status;
        }
    }
    let mut taken = receiver.taken.lock().unwrap();
    taken.entry(id).or_insert((0, message)).0 += 1;
    StatusCode::NO_CONTENT
}

/// A notifier that runs until it is stopped.
struct Notifier {
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Notifier {
    fn start(log: &EventLog, settings: &str, api: Option<String>) -> Self {
        let webhooks = webhooks(settings, api.is_some()).unwrap();
        let stop = CancellationToken::new();
        let parts = NotifierParts {
            log: log.clone(),
            clock: Arc::new(SystemClock),
            api,
            delivery: Delivery::new().unwrap().waiting(Duration::from_millis(10)),
        };
        let running = tokio::spawn(notifier::run(webhooks, parts, stop.clone()));
        Self { stop, running }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap();
    }
}

fn settings(url: &str, wants: &str) -> String {
    format!("[webhooks.ours]\nurl = \"{url}\"\nsecrets = [\"{SECRET}\"]\n{wants}\n")
}

const FROM_START: &str = "contributions = { from_start = true }";

fn ids_of<'a>(envelopes: impl IntoIterator<Item = &'a Envelope>) -> BTreeSet<String> {
    let ids = envelopes
        .into_iter()
        .map(|envelope| envelope.id.to_string());
    ids.collect()
}

fn ids_taken(receiver: &Receiver) -> BTreeSet<String> {
    receiver.taken().into_keys().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_contribution_is_told_whatever_stops_and_fails() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(21, 200).unwrap()).unwrap();
    let all = ids_of(&events);
    publish(&log, &events, 100).await.unwrap();
    let (receiver, url) = Receiver::start().await;
    // Every third message finds it overloaded at first.
    receiver.answers(|id, before| {
        let is_third = id
            .as_bytes()
            .iter()
            .map(|byte| u32::from(*byte))
            .sum::<u32>()
            % 3
            == 0;
        if is_third && before == 0 {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::OK
        }
    });
    let settings = settings(&url, FROM_START);
    let mut enough = all.len() / 4;
    while enough < all.len() {
        let notifier = Notifier::start(&log, &settings, None);
        receiver
            .wait_until(|receiver| receiver.taken().len() >= enough)
            .await;
        notifier.stop().await;
        enough += all.len() / 4;
    }
    let notifier = Notifier::start(&log, &settings, None);
    receiver
        .wait_until(|receiver| receiver.taken().len() == all.len())
        .await;
    assert_eq!(ids_taken(&receiver), all);
    let refused = receiver.refused();
    assert!(!refused.is_empty() && !refused.contains(&"unsigned".to_owned()));
    // What is on the log later is told too.
    let later = events_of(&generated_documents(22, 50).unwrap()).unwrap();
    publish(&log, &later, 100).await.unwrap();
    let wanted = &all | &ids_of(&later);
    receiver
        .wait_until(|receiver| receiver.taken().len() == wanted.len())
        .await;
    notifier.stop().await;
    assert_eq!(ids_taken(&receiver), wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_told_of_its_repositories_and_kinds_only() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(23, 600).unwrap()).unwrap();
    let repository_of = |envelope: &&Envelope| match &envelope.event {
        Event::ContributionRecorded(event) => {
            let name = event.repository.name.as_ref()?;
            Some((name.owner().to_owned(), event.kind.as_str().to_owned()))
        }
        _ => None,
    };
    let (owner, kind) = events
        .iter()
        .find_map(|event| repository_of(&event))
        .unwrap();
    let wanted = events.iter().filter(|event| {
        repository_of(event).is_some_and(|(of, is)| of.eq_ignore_ascii_case(&owner) && is == kind)
    });
    let wanted = ids_of(wanted);
    assert!(!wanted.is_empty() && wanted.len() < events.len());
    publish(&log, &events, 100).await.unwrap();
    let (receiver, url) = Receiver::start().await;
    let wants = format!(
        "contributions = {{ from_start = true, repositories = [\"{owner}/*\"], kinds = [\"{kind}\"] }}"
    );
    let notifier = Notifier::start(&log, &settings(&url, &wants), None);
    receiver
        .wait_until(|receiver| receiver.taken().len() >= wanted.len())
        .await;
    notifier.stop().await;
    assert_eq!(ids_taken(&receiver), wanted);
}

/// The dead letters that are on the log, waited for.
async fn letters(log: &EventLog, enough: usize) -> Vec<(Uuid, events::DeadLetterRecorded)> {
    let mut found = Vec::new();
    let stream = event_log::LogStream::DeadLetters;
    let mut subscription = log.subscribe(stream, 0).await.unwrap();
    while found.len() < enough {
        let batch = tokio::time::timeout(PATIENCE, subscription.next_batch(100)).await;
        for delivered in batch.unwrap().unwrap() {
            let envelope = Envelope::decode(&delivered.payload).unwrap();
            if let Event::DeadLetterRecorded(letter) = envelope.event {
                found.push((letter.id(), letter));
            }
        }
    }
    found
}

async fn ask_again(log: &EventLog, letter: Uuid) {
    let resolved = Event::DeadLetterResolved(DeadLetterResolved {
        letter,
        outcome: DeadLetterOutcome::Redriven,
        actor: "ann".to_owned(),
        reason: "the receiver is mended".to_owned(),
        resolved_at: SystemClock.now(),
    });
    let envelope = Envelope::wrap("/tests", resolved).unwrap();
    publish(log, &[envelope], 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_receiver_refuses_is_a_dead_letter_and_the_rest_goes_on() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(24, 60).unwrap()).unwrap();
    let bad = events[7].id.to_string();
    let (receiver, url) = Receiver::start().await;
    let disliked = bad.clone();
    receiver.answers(move |id, _| {
        if id == disliked {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::OK
        }
    });
    publish(&log, &events, 100).await.unwrap();
    let wants = format!("attempts = 3\n{FROM_START}");
    let notifier = Notifier::start(&log, &settings(&url, &wants), None);
    let all = ids_of(&events);
    let letters_of = letters(&log, 1).await;
    let (letter, told) = &letters_of[0];
    assert_eq!(told.service, "notifier");
    assert!(told.origin.starts_with("ours, "), "{}", told.origin);
    assert!(
        told.error.contains("400 Bad Request (attempt 3)"),
        "{}",
        told.error
    );
    assert!(told.content.contains(&bad));
    receiver
        .wait_until(|receiver| receiver.taken().len() == all.len() - 1)
        .await;
    assert_eq!(receiver.refused(), vec![bad.clone(); 3]);

    // Sent again it is refused again: another letter, at once.
    ask_again(&log, *letter).await;
    let letters_of = letters(&log, 2).await;
    assert_ne!(letters_of[1].0, letters_of[0].0);
    assert!(letters_of[1].1.content.contains(&bad));
    receiver.answers(|_, _| StatusCode::OK);
    ask_again(&log, letters_of[1].0).await;
    receiver
        .wait_until(|receiver| receiver.taken().len() == all.len())
        .await;
    notifier.stop().await;
    assert_eq!(ids_taken(&receiver), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_reaches_whoever_serves_its_webhook() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(28, 12).unwrap()).unwrap();
    let (receiver, url) = Receiver::start().await;
    let (stranger, elsewhere) = Receiver::start().await;
    receiver.answers(|_, _| StatusCode::BAD_REQUEST);
    publish(&log, &events, 100).await.unwrap();
    // Another notifier on the same log, for somebody else.
    let theirs = settings(&elsewhere, "contributions = {}").replace("ours", "theirs");
    let theirs = Notifier::start(&log, &theirs, None);
    let wants = format!("attempts = 1\n{FROM_START}");
    let ours = settings(&url, &wants);
    let notifiers = [(); 2].map(|()| Notifier::start(&log, &ours, None));
    let letters_of = letters(&log, events.len()).await;

    receiver.answers(|_, _| StatusCode::OK);
    for (letter, _) in &letters_of {
        ask_again(&log, *letter).await;
    }
    receiver
        .wait_until(|receiver| receiver.taken().len() == events.len())
        .await;
    for notifier in notifiers.into_iter().chain([theirs]) {
        notifier.stop().await;
    }
    assert_eq!(ids_taken(&receiver), ids_of(&events));
    // Of two who serve the same, one sends.
    let sent: usize = receiver.taken().values().map(|(times, _)| times).sum();
    assert_eq!(sent, events.len());
    assert!(stranger.taken().is_empty(), "{:?}", stranger.taken());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_is_told_when_it_is_another_and_only_then() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let first = events_of(&generated_documents(25, 100).unwrap()).unwrap();
    publish(&log, &first, 100).await.unwrap();
    let project = || project_until(&pool, &log, projector_settings("projector", 1_000));
    project().await.unwrap();
    let clock = Arc::new(SystemClock);
    let api = Api::new(
        pool.clone(),
        Settings::default(),
        clock,
        Arc::new(String::new),
    );
    let (listener, address) = listen().await.unwrap();
    let stop = CancellationToken::new();
    let serving = query_api::serve(Arc::new(api), listener, stop.clone());
    let serving = tokio::spawn(serving);

    let (receiver, url) = Receiver::start().await;
    let wants = "boards = [\"global?period=all&limit=5\"]\nevery = 1";
    let notifier = Notifier::start(&log, &settings(&url, wants), Some(address.clone()));
    receiver
        .wait_until(|receiver| receiver.taken().len() == 1)
        .await;
    let later = events_of(&generated_documents(26, 400).unwrap()).unwrap();
    publish(&log, &later, 100).await.unwrap();
    project().await.unwrap();
    receiver
        .wait_until(|receiver| receiver.taken().len() >= 2)
        .await;
    notifier.stop().await;
    let asked = reqwest::get(format!(
        "{address}/api/v1/leaderboards/global?period=all&limit=5"
    ));
    let now: Value = asked.await.unwrap().json().await.unwrap();
    let taken = receiver.taken();
    let messages: Vec<&Value> = taken.values().map(|(_, message)| message).collect();
    assert!(messages.iter().all(|message| {
        message["type"] == "leaderboard.board.changed.v1"
            && message["data"]["board"] == "global?period=all&limit=5"
    }));
    let boards: Vec<&Value> = messages
        .iter()
        .map(|message| &message["data"]["leaderboard"])
        .collect();
    assert!(boards.contains(&&now["leaderboard"]), "{boards:#?}");
    let different: BTreeSet<String> = boards.iter().map(ToString::to_string).collect();
    assert_eq!(different.len(), boards.len());

    // Whoever starts anew may say it once more, under the same id.
    let before = taken.len();
    let notifier = Notifier::start(&log, &settings(&url, wants), Some(address));
    receiver
        .wait_until(|receiver| receiver.taken().values().any(|(times, _)| *times == 2))
        .await;
    notifier.stop().await;
    assert_eq!(receiver.taken().len(), before);
    stop.cancel();
    serving.await.unwrap().unwrap();
}

/// A receiver as it is documented, in some language.
struct Example {
    process: std::process::Child,
    said: std::io::BufReader<std::process::ChildStdout>,
    url: String,
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Example {
    /// Starts one; `None` when there is no program to run it with.
    fn start(program: &str, arguments: &[&str]) -> Option<Self> {
        let is_there = std::process::Command::new(program)
            .arg("--version")
            .output();
        if program == "node" && is_there.is_err() {
            println!("skipped: the receiver in JavaScript, for there is no node");
            return None;
        }
        let mut process = std::process::Command::new(program)
            .args(arguments)
            .arg("0")
            .current_dir(workspace())
            .env("WEBHOOK_SECRET", SECRET)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let said = std::io::BufReader::new(process.stdout.take().unwrap());
        let mut example = Self {
            process,
            said,
            url: String::new(),
        };
        let port = example.line();
        let port = port.strip_prefix("listening on ").unwrap();
        example.url = format!("http://127.0.0.1:{port}/hook");
        Some(example)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        std::io::BufRead::read_line(&mut self.said, &mut line).unwrap();
        line.trim().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documented_receivers_take_what_is_signed_and_nothing_else() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(27, 20).unwrap()).unwrap();
    publish(&log, &events, 100).await.unwrap();
    let in_rust = [
        "run",
        "--quiet",
        "--locked",
        "-p",
        "notifier",
        "--example",
        "webhook_receiver",
        "--",
    ];
    let examples = [
        ("python3", &["docs/examples/webhook_receiver.py"][..]),
        ("node", &["docs/examples/webhook_receiver.mjs"]),
        (env!("CARGO"), &in_rust),
    ];
    for (place, (program, arguments)) in examples.into_iter().enumerate() {
        let Some(mut example) = Example::start(program, arguments) else {
            continue;
        };
        let client = reqwest::Client::new();
        let forged = client
            .post(&example.url)
            .header("webhook-id", "1")
            .header("webhook-timestamp", SystemClock.now().timestamp())
            .header("webhook-signature", "v1,Zm9yZ2Vk")
            .body(r#"{"id":"1","type":"forged"}"#)
            .send();
        assert_eq!(forged.await.unwrap().status(), 401, "{program}");
        let settings = settings(&example.url, FROM_START).replace("ours", &format!("hook-{place}"));
        let notifier = Notifier::start(&log, &settings, None);
        let mut taken = BTreeSet::new();
        while taken.len() < events.len() {
            let line = example.line();
            let (event_type, id) = line.split_once(' ').unwrap();
            assert!(
                event_type.starts_with("leaderboard.contribution."),
                "{line}"
            );
            taken.insert(id.to_owned());
        }
        notifier.stop().await;
        assert_eq!(taken, ids_of(&events), "{program}");
    }
}
