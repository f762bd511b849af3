//! Dead letters: what could not be processed, kept where a person can see it.

use chrono::{DateTime, Utc};
use domain::{Source, SourceReference};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Namespace of the ids of dead letters.
const NAMESPACE: Uuid = Uuid::from_u128(0x51b9_3e0c_7fd4_5c28_a6e3_0d94_8b71_f25a);

/// Bytes kept at most of what could not be read. Written as JSON it is at most
/// six times as long, which the log's largest message still has room for.
const LARGEST: usize = 1_024 * 1_024;

/// The form that something came in: which reading of it is the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceivedForm {
    /// An event as archives and GitHub's feeds have them.
    Event,
    /// A delivery of a webhook.
    Webhook,
    /// A row of a table in BigQuery, as an object of its columns.
    Row,
}

/// From where and in which form something came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Received {
    /// Where it was seen: what it holds is published under the same source.
    #[serde(flatten)]
    pub source: SourceReference,
    /// Its form.
    pub form: ReceivedForm,
    /// Of a webhook's delivery what `X-GitHub-Event` said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Whether all of it was kept.
    pub whole: bool,
}

impl Received {
    /// Something of a form other than a webhook's delivery.
    #[must_use]
    pub fn from(source: &SourceReference, form: ReceivedForm) -> Self {
        Self {
            source: source.clone(),
            form,
            event: None,
            whole: true,
        }
    }

    /// A delivery of a webhook.
    #[must_use]
    pub fn delivery(event: &str, delivery: &str) -> Self {
        let source = SourceReference {
            source: Source::Webhook,
            reference: delivery.to_owned(),
        };
        Self {
            event: Some(event.to_owned()),
            ..Self::from(&source, ReceivedForm::Webhook)
        }
    }
}

/// `dead_letter.recorded`, version 1: something could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetterRecorded {
    /// The service that gave up.
    pub service: String,
    /// Where it stood: a file and line, or a stream and sequence.
    pub origin: String,
    /// The line within the file, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What was wrong and what to do about it.
    pub error: String,
    /// What was read, up to a mebibyte of it, with what is not UTF-8 replaced.
    pub content: String,
    /// Number of bytes there were in all.
    pub bytes: u64,
    /// From where and in which form it came; older letters do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Received>,
    /// When it happened, in UTC.
    pub recorded_at: DateTime<Utc>,
}

impl DeadLetterRecorded {
    /// A letter about something that was received, kept whole unless it is
    /// longer than a letter may be; then it is cut, and says so.
    #[must_use]
    pub fn of_received(
        service: &str,
        origin: String,
        mut error: String,
        content: &[u8],
        mut received: Received,
        recorded_at: DateTime<Utc>,
    ) -> Self {
        let mut kept = String::from_utf8_lossy(content).into_owned();
        if kept.len() > LARGEST {
            kept.truncate(kept.floor_char_boundary(LARGEST));
            received.whole = false;
            let bytes = content.len();
            error.push_str(&format!(
                "; only the first {} of its {bytes} bytes are kept",
                kept.len()
            ));
        }
        Self {
            service: service.to_owned(),
            origin,
            line: None,
            error,
            content: kept,
            bytes: content.len() as u64,
            received: Some(received),
            recorded_at,
        }
    }

    /// The letter's id. The same damage met again, on another reading of the
    /// file, is one letter.
    #[must_use]
    pub fn id(&self) -> Uuid {
        let place = format!(
            "{}:{}:{:?}:{}",
            self.service, self.origin, self.line, self.content
        );
        Uuid::new_v5(&NAMESPACE, place.as_bytes())
    }
}

/// What somebody did about a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterOutcome {
    /// What it holds could be read by now, and is on the log.
    Redriven,
    /// It holds nothing that anybody wants.
    Discarded,
}

impl DeadLetterOutcome {
    /// The outcome as it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redriven => "redriven",
            Self::Discarded => "discarded",
        }
    }
}

/// `dead_letter.resolved`, version 1: somebody did something about a dead
/// letter. The latest counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetterResolved {
    /// The dead letter.
    pub letter: Uuid,
    /// What was done.
    pub outcome: DeadLetterOutcome,
    /// Who did it.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When, in UTC.
    pub resolved_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(content: &[u8]) -> DeadLetterRecorded {
        let received = Received::delivery("push", "d-1");
        let origin = "webhook push d-1".to_owned();
        let at = DateTime::UNIX_EPOCH;
        DeadLetterRecorded::of_received("tests", origin, "no".to_owned(), content, received, at)
    }

    #[test]
    fn what_is_too_long_is_cut_between_letters_and_says_so() {
        let whole = letter(&vec![b'x'; LARGEST]);
        assert!(whole.received.is_some_and(|received| received.whole));
        assert_eq!(whole.error, "no");
        let content = "\u{e9}".repeat(LARGEST);
        let cut = letter(format!("x{content}").as_bytes());
        assert_eq!(cut.content.len(), LARGEST - 1);
        assert!(cut.received.is_some_and(|received| !received.whole));
        assert!(cut.error.contains("of its 2097153 bytes"), "{}", cut.error);
    }

    #[test]
    fn what_came_is_written_beside_the_source_it_came_from() {
        let written = serde_json::to_value(Received::delivery("push", "d-1")).unwrap();
        let expected = serde_json::json!({
            "source": "webhook", "reference": "d-1", "form": "webhook", "event": "push",
            "whole": true,
        });
        assert_eq!(written, expected);
    }
}
