//! What went wrong, and how bad it is.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad a failure is: it says what is done about it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It may pass: the job is tried again.
    Low,
    /// One item cannot be done: the job goes on without it.
    Medium,
    /// The job cannot be done: it fails, and is not tried again.
    High,
    /// Nothing of the kind can be done: the job fails, and its queue stands
    /// still until a person lets it go on.
    Critical,
}

impl Severity {
    /// The severity as it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// How bad it is.
    pub severity: Severity,
    /// What went wrong, and what to do about it.
    pub message: String,
    /// Where: a repository, a day, a file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<String, String>,
    /// When it may be tried again at the earliest, where whoever refused says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<DateTime<Utc>>,
}

impl Failure {
    /// A failure with nothing more to say about it.
    #[must_use]
    pub fn new(severity: Severity, message: impl fmt::Display) -> Self {
        Self {
            severity,
            message: message.to_string(),
            context: BTreeMap::new(),
            retry_after: None,
        }
    }

    /// Says where it went wrong.
    #[must_use]
    pub fn at(mut self, what: &str, which: impl fmt::Display) -> Self {
        self.context.insert(what.to_owned(), which.to_string());
        self
    }

    /// Says when it may be tried again at the earliest.
    #[must_use]
    pub fn not_before(mut self, instant: Option<DateTime<Utc>>) -> Self {
        self.retry_after = instant;
        self
    }
}
