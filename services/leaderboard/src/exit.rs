//! How a command ends that did not do what it was asked.

use thiserror::Error;

/// An end that a script may want to tell from others.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct ExitWith {
    code: u8,
    message: String,
}

impl ExitWith {
    /// An end with a code, and the message that a person sees.
    #[must_use]
    pub fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The code that an error ends the process with: its own, or 1.
    #[must_use]
    pub fn code_of(error: &anyhow::Error) -> u8 {
        error.downcast_ref().map_or(1, |exit: &Self| exit.code)
    }
}
