//! Copies of whole streams: taken while the server runs, and put back on another.
//!
//! The server makes them (`JetStream`'s snapshots): a stream as it was at one
//! moment, every message under its sequence, with the consumers that stand in it.

use std::time::Duration;

use async_nats::Message;
use bytes::Bytes;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{EventLog, LogError, LogStream};

/// Bytes of a piece of a copy.
const PIECE: usize = 128 * 1_024;

/// How long the server may be silent before a copy is given up: it reads all of
/// a stream before it begins.
const SILENCE: Duration = Duration::from_secs(60);

/// The status of the piece behind the last.
const NO_CONTENT: u16 = 204;

/// What a copy is of, without which it cannot be put back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamCopy {
    /// The stream's configuration, as the server has it.
    pub config: Value,
    /// What it held, as the server says it.
    pub state: Value,
}

impl StreamCopy {
    /// The last sequence in it.
    #[must_use]
    pub fn last_sequence(&self) -> u64 {
        self.state["last_seq"].as_u64().unwrap_or_default()
    }

    /// How many messages it holds.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.state["messages"].as_u64().unwrap_or_default()
    }
}

/// An answer of the server's API: what was asked for, or why not.
#[derive(Deserialize)]
struct Answer<T> {
    error: Option<Refused>,
    #[serde(flatten)]
    given: Option<T>,
}

#[derive(Deserialize)]
struct Refused {
    description: String,
}

#[derive(Deserialize)]
struct Restoring {
    deliver_subject: String,
}

impl EventLog {
    /// Copies a stream as it is now; hands on its bytes in order.
    ///
    /// # Errors
    /// [`LogError::Copy`] with the server's answer, or what `keep` says.
    pub async fn copy_stream(
        &self,
        stream: LogStream,
        mut keep: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<StreamCopy, LogError> {
        let failed = failure(stream);
        let client = self.context().client();
        let inbox = client.new_inbox();
        let pieces = client.subscribe(inbox.clone()).await;
        let mut pieces = pieces.map_err(|error| failed(error.to_string()))?;
        // Every message is read again by the server, and its sum checked.
        let wanted = json!({ "deliver_subject": inbox, "chunk_size": PIECE, "jsck": true });
        let name = format!("STREAM.SNAPSHOT.{}", stream.name());
        let copy: StreamCopy = self.ask(stream, name, &wanted).await?;
        loop {
            let piece = next_piece(&mut pieces).await.map_err(&failed)?;
            if piece.payload.is_empty() {
                // That there is nothing more is said without a status by older servers.
                return match piece.status {
                    Some(status) if status.as_u16() != NO_CONTENT => {
                        Err(failed(format!("the server broke it off: {status}")))
                    }
                    _ => Ok(copy),
                };
            }
            keep(&piece.payload).map_err(|error| failed(error.to_string()))?;
            if let Some(reply) = piece.reply {
                let took = client.publish(reply, Bytes::new()).await;
                took.map_err(|error| failed(error.to_string()))?;
            }
        }
    }

    /// Puts a stream back that is not there, with everything that a copy holds;
    /// `next` gives the bytes of the copy in order, and none at its end.
    ///
    /// # Errors
    /// [`LogError::Copy`] with the server's answer, or what `next` says.
    pub async fn restore_stream(
        &self,
        stream: LogStream,
        copy: &StreamCopy,
        mut next: impl FnMut() -> std::io::Result<Option<Vec<u8>>>,
    ) -> Result<(), LogError> {
        let failed = failure(stream);
        let mut config = copy.config.clone();
        // A cluster of another size keeps as many copies as it can.
        config["num_replicas"] = json!(self.replicas());
        let wanted = json!({ "config": config, "state": copy.state });
        let name = format!("STREAM.RESTORE.{}", stream.name());
        let restoring: Restoring = self.ask(stream, name, &wanted).await?;
        let client = self.context().client();
        loop {
            let piece = next().map_err(|error| failed(error.to_string()))?;
            let is_last = piece.is_none();
            let piece = Bytes::from(piece.unwrap_or_default());
            let request = async_nats::Request::new()
                .payload(piece)
                .timeout(Some(SILENCE));
            let answer = client.send_request(restoring.deliver_subject.clone(), request);
            let answer = answer.await.map_err(|error| failed(error.to_string()))?;
            if !answer.payload.is_empty() {
                let answer: Answer<Value> = serde_json::from_slice(&answer.payload)?;
                if let Some(error) = answer.error {
                    return Err(failed(error.description));
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Removes a stream, with all that is in it.
    ///
    /// # Errors
    /// [`LogError::Copy`] with the server's answer.
    pub async fn remove_stream(&self, stream: LogStream) -> Result<(), LogError> {
        let removed = self.context().delete_stream(stream.name()).await;
        removed.map_err(|error| failure(stream)(error.to_string()))?;
        Ok(())
    }

    /// Whether a stream is there, and how many messages it holds.
    ///
    /// # Errors
    /// [`LogError::Copy`] when the server cannot be asked.
    pub async fn messages_of(&self, stream: LogStream) -> Result<Option<u64>, LogError> {
        use async_nats::jetstream::ErrorCode;
        use async_nats::jetstream::context::GetStreamErrorKind;
        match self.context().get_stream(stream.name()).await {
            Ok(found) => Ok(Some(found.cached_info().state.messages)),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(answer)
                    if answer.error_code() == ErrorCode::STREAM_NOT_FOUND =>
                {
                    Ok(None)
                }
                _ => Err(failure(stream)(error.to_string())),
            },
        }
    }

    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        stream: LogStream,
        name: String,
        wanted: &Value,
    ) -> Result<T, LogError> {
        let failed = failure(stream);
        let answer = self.context().request::<_, _, Value>(name, wanted).await;
        let answer = answer.map_err(|error| failed(error.to_string()))?;
        let answer: Answer<T> = serde_json::from_value(answer)?;
        match (answer.given, answer.error) {
            (Some(given), None) => Ok(given),
            (_, Some(error)) => Err(failed(error.description)),
            (None, None) => Err(failed("the server's answer cannot be read".to_owned())),
        }
    }
}

fn failure(stream: LogStream) -> impl Fn(String) -> LogError {
    move |detail| LogError::Copy {
        stream: stream.name(),
        detail,
    }
}

async fn next_piece(pieces: &mut async_nats::Subscriber) -> Result<Message, String> {
    match tokio::time::timeout(SILENCE, pieces.next()).await {
        Ok(Some(piece)) => Ok(piece),
        Ok(None) => Err("the connection ended".to_owned()),
        Err(_) => Err(format!("the server was silent for {} s", SILENCE.as_secs())),
    }
}
