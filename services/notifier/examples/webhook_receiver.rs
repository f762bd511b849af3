//! Receives webhooks, verified by a library of the Standard Webhooks specification.
//!
//! `WEBHOOK_SECRET=whsec_… cargo run -p notifier --example webhook_receiver -- 9000`

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde::Deserialize;
use tokio::net::TcpListener;

/// What is needed of an event to tell it apart.
#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    event_type: String,
}

struct Receiver {
    webhook: standardwebhooks::Webhook,
    /// What has been taken: remember it where your own data is, in one transaction.
    taken: Mutex<BTreeSet<String>>,
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    if receiver.webhook.verify(&body, &headers).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(event) = serde_json::from_slice::<Event>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let taken = receiver.taken.lock();
    let mut taken = taken.unwrap_or_else(PoisonError::into_inner);
    if taken.insert(event.id.clone()) {
        println!("{} {}", event.event_type, event.id);
    }
    StatusCode::NO_CONTENT
}

#[expect(
    clippy::disallowed_methods,
    reason = "an example on its own has no other configuration"
)]
fn secret() -> Result<String, std::env::VarError> {
    std::env::var("WEBHOOK_SECRET")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args().nth(1).unwrap_or_else(|| "9000".to_owned());
    let receiver = Arc::new(Receiver {
        webhook: standardwebhooks::Webhook::new(&secret()?)?,
        taken: Mutex::default(),
    });
    let router = Router::new().fallback_service(post(receive).with_state(receiver));
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on {}", listener.local_addr()?.port());
    axum::serve(listener, router).await?;
    Ok(())
}
