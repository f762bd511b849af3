//! Dead letters: what could not be processed, kept where a person can see it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
    /// The beginning of what was read, with what is not UTF-8 replaced.
    pub content: String,
    /// Number of bytes there were in all.
    pub bytes: u64,
    /// When it happened, in UTC.
    pub recorded_at: DateTime<Utc>,
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
