//! An Alertmanager with the deployed configuration, and those whom it tells.

use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::extract::{Path as Segment, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tests::Served;

use super::files::{monitoring, text};
use super::programs::Server;

/// As its makers call it, and as Debian does.
pub(super) const NAMES: [&str; 2] = ["alertmanager", "prometheus-alertmanager"];

/// Something that a receiver was told, as it shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// Which webhook it came by.
    pub(super) webhook: String,
    pub(super) channel: String,
    pub(super) title: String,
    pub(super) text: String,
}

/// Takes what a chat would be told.
pub(super) struct Chat {
    served: Served,
    told: Arc<Mutex<Vec<Message>>>,
}

impl Chat {
    pub(super) async fn start() -> Self {
        let told = Arc::<Mutex<Vec<Message>>>::default();
        let router = Router::new()
            .route("/{webhook}", post(keep))
            .with_state(Arc::clone(&told));
        let served = Served::start(router).await.unwrap();
        Self { served, told }
    }

    /// The first message of a webhook with a title.
    pub(super) fn told(&self, webhook: &str, title: &str) -> Option<Message> {
        let told = self.told.lock().unwrap();
        let mut told = told.iter();
        told.find(|message| message.webhook == webhook && message.title == title)
            .cloned()
    }
}

async fn keep(
    State(told): State<Arc<Mutex<Vec<Message>>>>,
    Segment(webhook): Segment<String>,
    Json(message): Json<Value>,
) -> StatusCode {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let attachments = message["attachments"].as_array().unwrap();
    let mut told = told.lock().unwrap();
    told.extend(attachments.iter().map(|attachment| Message {
        webhook: webhook.clone(),
        channel: word(&message["channel"]),
        title: word(&attachment["title"]),
        text: word(&attachment["text"]),
    }));
    StatusCode::OK
}

/// An Alertmanager that tells a chat what the deployed configuration says, and waits
/// for nothing.
pub(super) struct Alertmanager {
    _server: Server,
}

impl Alertmanager {
    /// Starts a program that listens at an address.
    pub(super) fn start(program: &str, address: &str, chat: &Chat) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let secrets = directory.path().join("secrets");
        std::fs::create_dir(&secrets).unwrap();
        for webhook in ["on-call-webhook", "team-webhook"] {
            let address = format!("{}/{webhook}", chat.served.address());
            std::fs::write(secrets.join(webhook), address).unwrap();
        }
        let deployed = text(&monitoring().join("alertmanager.yml"));
        let place = "/etc/alertmanager/secrets";
        assert!(deployed.contains(place));
        let deployed = deployed.replace(place, secrets.to_str().unwrap());
        let configuration = at_once(&deployed, &["group_wait", "group_interval"]);
        let flags = ["--cluster.listen-address=", "--storage.path"];
        Self {
            _server: Server::start(program, directory, &configuration, address, &flags),
        }
    }
}

/// A configuration of which some waits take a second.
fn at_once(configuration: &str, waits: &[&str]) -> String {
    let lines = configuration.lines().map(|line| {
        let (name, _) = line.split_once(':').unwrap_or_default();
        match waits.contains(&name.trim()) {
            true => format!("{name}: 1s\n"),
            false => format!("{line}\n"),
        }
    });
    lines.collect()
}

/// The deployed rules below a directory, whose alerts fire after a second.
pub(super) fn hurried_rules(directory: &Path) {
    let rules = directory.join("rules");
    std::fs::create_dir(&rules).unwrap();
    for entry in std::fs::read_dir(monitoring().join("rules")).unwrap() {
        let deployed = entry.unwrap().path();
        let copy = rules.join(deployed.file_name().unwrap());
        std::fs::write(copy, at_once(&text(&deployed), &["for"])).unwrap();
    }
}
