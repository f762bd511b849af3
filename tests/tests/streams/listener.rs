//! A reader of events that remembers the id of the last one.

use std::time::Duration;

use futures::{Stream, StreamExt};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use std::pin::Pin;

/// How long an event may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

type Chunks = Pin<Box<dyn Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>;

/// An event as it was told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: Value,
}

pub(crate) struct Listener {
    chunks: Chunks,
    text: String,
    /// The id of the last event.
    pub(crate) last: String,
}

impl Listener {
    /// Opens a stream, after the event of an id if there is one.
    pub(crate) async fn open(address: &str, last: &str) -> Self {
        let response = ask(address, last).await;
        assert_eq!(response.status(), StatusCode::OK, "{address}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self {
            chunks: Box::pin(response.bytes_stream()),
            text: String::new(),
            last: last.to_owned(),
        }
    }

    /// The next event; none when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Told> {
        let waited = tokio::time::timeout(PATIENCE, self.read_event()).await;
        waited.expect("no event came")
    }

    /// The next event, of this name.
    pub(crate) async fn expect(&mut self, name: &str) -> Told {
        let told = self.next().await.unwrap();
        assert_eq!(told.name, name, "{told:?}");
        told
    }

    async fn read_event(&mut self) -> Option<Told> {
        loop {
            while let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(told) = self.take(&frame) {
                    return Some(told);
                }
            }
            let chunk = self.chunks.next().await?.ok()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    fn take(&mut self, frame: &str) -> Option<Told> {
        let field = |name: &str| {
            let mut lines = frame.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        if let Some(id) = field("id") {
            id.clone_into(&mut self.last);
        }
        let data = field("data")?;
        Some(Told {
            id: self.last.clone(),
            name: field("event").unwrap_or_default().to_owned(),
            data: serde_json::from_str(data).unwrap(),
        })
    }
}

/// Asks for a stream.
pub(crate) async fn ask(address: &str, last: &str) -> Response {
    let asked = Client::new().get(address);
    let asked = match last {
        "" => asked,
        last => asked.header("Last-Event-ID", last),
    };
    asked.send().await.unwrap()
}
