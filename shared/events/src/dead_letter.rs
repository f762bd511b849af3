//! Dead letters: what could not be processed, kept where a person can see it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
