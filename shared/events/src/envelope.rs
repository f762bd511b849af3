//! The `CloudEvents` envelope and the versions of the data in it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;
use uuid::Uuid;

use crate::{
    ContributionEnriched, ContributionRecorded, ContributionRetracted, CoverageObserved,
    DeadLetterRecorded,
};

/// Namespace of event ids.
const EVENT_NAMESPACE: Uuid = Uuid::from_u128(0x2c5e_4b1d_90af_5e27_8d3b_41c6_a7f9_0e58);

/// Everything that can be on the log.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
pub enum Event {
    /// A source saw a contribution.
    ContributionRecorded(ContributionRecorded),
    /// Something about contributions was learned.
    ContributionEnriched(ContributionEnriched),
    /// A contribution counts no more.
    ContributionRetracted(ContributionRetracted),
    /// A unit of a source was read.
    CoverageObserved(CoverageObserved),
    /// Something could not be read.
    DeadLetterRecorded(DeadLetterRecorded),
}

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

impl Event {
    /// The event's type with its version, as the envelope carries it.
    #[must_use]
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::ContributionRecorded(_) => "leaderboard.contribution.recorded.v1",
            Self::ContributionEnriched(_) => "leaderboard.contribution.enriched.v1",
            Self::ContributionRetracted(_) => "leaderboard.contribution.retracted.v1",
            Self::CoverageObserved(_) => "leaderboard.coverage.observed.v1",
            Self::DeadLetterRecorded(_) => "leaderboard.dead_letter.recorded.v1",
        }
    }

    /// When what it tells happened.
    #[must_use]
    pub fn time(&self) -> DateTime<Utc> {
        match self {
            Self::ContributionRecorded(event) => event.occurred_at,
            Self::ContributionEnriched(event) => event.occurred_at,
            Self::ContributionRetracted(event) => event.retracted_at,
            Self::CoverageObserved(event) => event.observed_at,
            Self::DeadLetterRecorded(event) => event.recorded_at,
        }
    }

    fn data(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::ContributionRecorded(event) => serde_json::to_string(event),
            Self::ContributionEnriched(event) => serde_json::to_string(event),
            Self::ContributionRetracted(event) => serde_json::to_string(event),
            Self::CoverageObserved(event) => serde_json::to_string(event),
            Self::DeadLetterRecorded(event) => serde_json::to_string(event),
        }
    }

    /// Reads the data of an event type. A type's older versions are read here
    /// too and lifted to the present one, so nothing else knows of them.
    fn from_data(event_type: &str, data: &RawValue) -> Result<Self, DecodeError> {
        fn read<D: DeserializeOwned>(data: &RawValue) -> Result<D, DecodeError> {
            Ok(serde_json::from_str(data.get())?)
        }
        match event_type {
            "leaderboard.contribution.recorded.v1" => read(data).map(Self::ContributionRecorded),
            "leaderboard.contribution.enriched.v1" => read(data).map(Self::ContributionEnriched),
            "leaderboard.contribution.retracted.v1" => read(data).map(Self::ContributionRetracted),
            "leaderboard.coverage.observed.v1" => read(data).map(Self::CoverageObserved),
            "leaderboard.dead_letter.recorded.v1" => read(data).map(Self::DeadLetterRecorded),
            unknown => Err(DecodeError::UnknownType(unknown.to_owned())),
        }
    }
}

impl Envelope {
    /// Wraps an event. The id is derived from the content, so that publishing
    /// the same event again is recognised as the same.
    ///
    /// # Errors
    /// When the event cannot be written as JSON, which no event here can fail.
    pub fn wrap(source: &str, event: Event) -> Result<Self, serde_json::Error> {
        let content = event.data()?;
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
        match &self.event {
            Event::ContributionRecorded(data) => self.encode_with(data),
            Event::ContributionEnriched(data) => self.encode_with(data),
            Event::ContributionRetracted(data) => self.encode_with(data),
            Event::CoverageObserved(data) => self.encode_with(data),
            Event::DeadLetterRecorded(data) => self.encode_with(data),
        }
    }

    fn encode_with<D: Serialize>(&self, data: &D) -> Result<Vec<u8>, serde_json::Error> {
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
