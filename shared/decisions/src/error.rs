//! Why a decision could not be made.

use event_log::LogError;
use thiserror::Error;

/// Why a decision could not be made.
#[derive(Debug, Error)]
pub enum DecisionError {
    /// The log cannot be read or written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The decision cannot be written.
    #[error("a decision cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    /// Not the name of a group.
    #[error("{0:?} cannot name a group; use up to 64 lower-case letters, digits and hyphens")]
    GroupName(String),
    /// Others keep deciding about the same thing.
    #[error("others keep deciding about the same thing; look at it and decide again")]
    Contested,
}
