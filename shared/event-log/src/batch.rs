//! Atomic batches (NATS ADR-50): up to 1,000 messages stored and synced as
//! one, with one acknowledgement for all.

use async_nats::HeaderMap;
use async_nats::jetstream::Context;
use bytes::Bytes;
use serde::Deserialize;
use uuid::Uuid;

/// Messages in one atomic batch at most; the server's own limit.
pub(crate) const LARGEST_BATCH: usize = 1_000;

/// One message on its way out.
#[derive(Clone)]
pub(crate) struct Outgoing {
    pub(crate) subject: String,
    pub(crate) message_id: String,
    pub(crate) payload: Bytes,
}

/// Why a batch was not stored.
pub(crate) enum BatchError {
    /// A message of it is on the stream already; none was stored.
    HoldsDuplicate,
    /// The server's refusal, or what happened to the connection.
    Failed { detail: String, transient: bool },
}

#[derive(Deserialize)]
struct Acknowledgement {
    error: Option<ServerError>,
}

#[derive(Deserialize)]
struct ServerError {
    code: u16,
    #[serde(default)]
    err_code: u32,
    #[serde(default)]
    description: String,
}

/// The server's code for a duplicate message id within an atomic batch.
const DUPLICATE_IN_BATCH: u32 = 10_201;

/// Publishes all messages as one atomic batch and waits for its commit.
pub(crate) async fn publish_batch(
    context: &Context,
    messages: &[Outgoing],
    trace: &HeaderMap,
) -> Result<(), BatchError> {
    let client = context.client();
    let batch = Uuid::now_v7().simple().to_string();
    let Some((last, before)) = messages.split_last() else {
        return Ok(());
    };
    let headers = |message: &Outgoing, sequence: usize| {
        let mut headers = trace.clone();
        headers.insert("Nats-Msg-Id", message.message_id.as_str());
        headers.insert("Nats-Batch-Id", batch.as_str());
        headers.insert("Nats-Batch-Sequence", sequence.to_string());
        headers
    };
    for (index, message) in before.iter().enumerate() {
        let (subject, payload) = (message.subject.clone(), message.payload.clone());
        client
            .publish_with_headers(subject, headers(message, index + 1), payload)
            .await
            .map_err(|error| failed(error.to_string(), true))?;
    }
    let mut commit = headers(last, messages.len());
    commit.insert("Nats-Batch-Commit", "1");
    let answer = client
        .request_with_headers(last.subject.clone(), commit, last.payload.clone())
        .await
        .map_err(|error| failed(error.to_string(), true))?;
    read_acknowledgement(&answer.payload)
}

fn read_acknowledgement(payload: &[u8]) -> Result<(), BatchError> {
    let acknowledgement: Acknowledgement = serde_json::from_slice(payload)
        .map_err(|error| failed(format!("acknowledgement cannot be read: {error}"), true))?;
    match acknowledgement.error {
        None => Ok(()),
        Some(error) if error.err_code == DUPLICATE_IN_BATCH => Err(BatchError::HoldsDuplicate),
        // 4xx are refusals of what was sent, but a batch that was cut off half
        // way (its idle time-out, a change of leader) is refused the same way.
        Some(error) => Err(failed(
            format!(
                "{} (code {}, {})",
                error.description, error.code, error.err_code
            ),
            error.code >= 500 || error.description.contains("batch"),
        )),
    }
}

fn failed(detail: String, transient: bool) -> BatchError {
    BatchError::Failed { detail, transient }
}
