//! The `CloudEvents` envelope and the versions of the data in it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;
use uuid::Uuid;

use crate::Event;

/// Namespace of event ids.
const EVENT_NAMESPACE: Uuid = Uuid::from_u128(0x2c5e_4b1d_90af_5e27_8d3b_41c6_a7f9_0e58);

/// A message on the log that is no event this version can read.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// Not a `CloudEvents` envelope, or data of the wrong shape.
    #[error("the message is no event: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The envelope speaks of a specification other than 1.0.
    #[error("CloudEvents version {0:?} is not supported; 1.0 is")]
    SpecificationVersion(String),
    /// No such event type, or a newer version of one.
    #[error(
        "event type {0:?} is not known to this version; upgrade, or redrive it after an upgrade"
    )]
    UnknownType(String),
}

/// A `CloudEvents` 1.0 envelope in structured JSON form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Deterministic: the same event has the same id.
    pub id: Uuid,
    /// The service and source it comes from, such as `/scraper/archive`.
    pub source: String,
    /// When what it tells happened.
    pub time: DateTime<Utc>,
    /// What it tells.
    pub event: Event,
}

#[derive(Serialize)]
struct Outgoing<'a, D: Serialize> {
    specversion: &'static str,
    id: Uuid,
    source: &'a str,
    #[serde(rename = "type")]
    event_type: &'static str,
    time: DateTime<Utc>,
    data: &'a D,
}

#[derive(Deserialize)]
struct Incoming<'a> {
    specversion: String,
    id: Uuid,
    source: String,
    #[serde(rename = "type")]
    event_type: String,
    time: DateTime<Utc>,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// When what a message tells happened, read without reading the rest of it;
/// `None` when the message is no envelope.
#[must_use]
pub fn time_of(payload: &[u8]) -> Option<DateTime<Utc>> {
    #[derive(Deserialize)]
    struct Time {
        time: DateTime<Utc>,
    }
    serde_json::from_slice::<Time>(payload)
        .ok()
        .map(|envelope| envelope.time)
}

impl Envelope {
    /// Wraps an event. The id is derived from type and content, so that publishing
    /// the same event again is recognised as the same.
    ///
    /// # Errors
    /// When the event cannot be written as JSON, which no event here can fail.
    pub fn wrap(source: &str, event: Event) -> Result<Self, serde_json::Error> {
        let content = format!("{} {}", event.event_type(), event.data()?);
        let id = Uuid::new_v5(&EVENT_NAMESPACE, content.as_bytes());
        Ok(Self {
            id,
            source: source.to_owned(),
            time: event.time(),
            event,
        })
    }

    /// Writes the envelope as JSON.
    ///
    /// # Errors
    /// As [`Envelope::wrap`].
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        self.event.encode_in(self)
    }

    pub(crate) fn encode_with<D: Serialize>(&self, data: &D) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&Outgoing {
            specversion: "1.0",
            id: self.id,
            source: &self.source,
            event_type: self.event.event_type(),
            time: self.time,
            data,
        })
    }

    /// Reads an envelope and its event.
    ///
    /// # Errors
    /// [`DecodeError`], naming what is wrong with the message.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let incoming: Incoming<'_> = serde_json::from_slice(payload)?;
        if incoming.specversion != "1.0" {
            return Err(DecodeError::SpecificationVersion(incoming.specversion));
        }
        Ok(Self {
            id: incoming.id,
            event: Event::from_data(&incoming.event_type, incoming.data)?,
            source: incoming.source,
            time: incoming.time,
        })
    }
}
