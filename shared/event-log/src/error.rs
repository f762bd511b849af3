//! What can go wrong with the log.

use thiserror::Error;

use crate::encryption::explained;

/// An error of the log, saying what was tried.
#[derive(Debug, Error)]
pub enum LogError {
    /// No connection could be made.
    #[error("cannot connect to NATS at {url}: {}", explained(source))]
    Connect {
        /// The server's address, without credentials.
        url: String,
        /// Why.
        source: async_nats::ConnectError,
    },
    /// What is said about encryption cannot be done.
    #[error("the event log's address {url} cannot be used: {}", faults.join("; "))]
    Encryption {
        /// The server's address, without credentials.
        url: String,
        /// All that is wrong.
        faults: Vec<String>,
    },
    /// A stream's declaration file is wrong.
    #[error("the declaration of stream {stream} is wrong: {source}")]
    Declaration {
        /// The stream.
        stream: &'static str,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The server refused a stream.
    #[error(
        "cannot declare stream {stream}: {detail}; if this user may not, let one who may run: leaderboard declare"
    )]
    Declare {
        /// The stream.
        stream: &'static str,
        /// The server's answer.
        detail: String,
        /// Whether trying again may help.
        transient: bool,
    },
    /// A publication was not acknowledged.
    #[error("publishing to {stream} failed: {detail}")]
    Publish {
        /// The stream.
        stream: &'static str,
        /// What happened, or the server's answer.
        detail: String,
        /// Whether trying again may help.
        transient: bool,
    },
    /// A subscription ended; start again after the last message processed.
    #[error("the subscription to {stream} ended: {detail}")]
    Subscription {
        /// The stream.
        stream: &'static str,
        /// Why.
        detail: String,
    },
    /// A stream was not copied, or not put back.
    #[error("stream {stream} cannot be copied: {detail}")]
    Copy {
        /// The stream.
        stream: &'static str,
        /// What happened, or the server's answer.
        detail: String,
    },
    /// Something on the log cannot be read.
    #[error("message {subject} cannot be read: {source}")]
    Unreadable {
        /// Its subject.
        subject: String,
        /// Why.
        source: events::DecodeError,
    },
    /// People were erased, and cannot be known again.
    #[error(
        "people were erased from this log, and without the key they cannot be known again; set LEADERBOARD_ERASURE_KEY"
    )]
    NoErasureKey,
    /// An event cannot be written.
    #[error("an event cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
}

impl LogError {
    /// Whether trying again may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Publish { transient, .. } | Self::Declare { transient, .. } => *transient,
            Self::Connect { .. } | Self::Subscription { .. } | Self::Copy { .. } => true,
            Self::Encryption { .. }
            | Self::Declaration { .. }
            | Self::Unreadable { .. }
            | Self::NoErasureKey
            | Self::Encode(_) => false,
        }
    }
}
