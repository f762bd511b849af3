//! Whoever is sent something: a collector of traces, an error tracker, and two
//! subscribers, of whom one takes nothing.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use tokio::net::TcpListener;

/// Whom the error tracker knows.
pub(super) const ERRORS_KEY: &str = "d3adb33fd3adb33fd3adb33fd3adb33f";

/// What subscribers are sent is signed with.
pub(super) const SUBSCRIBERS_SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

type Kept = Arc<Mutex<Vec<Bytes>>>;

/// A collector, which keeps the traces that it is sent.
pub(super) struct Collector {
    address: String,
    kept: Kept,
}

impl Collector {
    pub(super) async fn start() -> Self {
        let kept = Kept::default();
        let router = Router::new()
            .route("/v1/traces", post(keep))
            .route("/api/1/envelope/", post(async || StatusCode::OK))
            .route("/takes", post(async || StatusCode::NO_CONTENT))
            .route("/refuses", post(async || StatusCode::BAD_REQUEST))
            .with_state(Arc::clone(&kept));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, kept }
    }

    /// Where spans are sent.
    pub(super) fn traces(&self) -> String {
        format!("http://{}/v1/traces", self.address)
    }

    /// Where errors are told.
    pub(super) fn errors(&self) -> String {
        format!("http://{ERRORS_KEY}@{}/1", self.address)
    }

    /// A file of subscribers.
    pub(super) fn subscribers(&self) -> String {
        let subscriber = |name: &str| {
            format!(
                "[webhooks.{name}]\n\
                 url = \"http://{}/{name}\"\n\
                 secrets = [\"{SUBSCRIBERS_SECRET}\"]\n\
                 contributions = {{ repositories = [\"octo/cat\"], from_start = true }}\n",
                self.address
            )
        };
        subscriber("takes") + &subscriber("refuses")
    }

    /// Whether it was sent a span of a trace, given as hexadecimal digits: its bytes are
    /// in the message as they are.
    pub(super) fn has(&self, trace: &str) -> bool {
        let byte = |place: usize| u8::from_str_radix(&trace[place..place + 2], 16).unwrap();
        let id: Vec<u8> = (0..trace.len()).step_by(2).map(byte).collect();
        assert_eq!(id.len(), 16, "{trace}");
        let kept = self.kept.lock().unwrap();
        kept.iter()
            .any(|message| message.windows(16).any(|bytes| bytes == id))
    }
}

async fn keep(State(kept): State<Kept>, message: Bytes) {
    kept.lock().unwrap().push(message);
}
