//! What can go wrong with GitHub's API.

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use thiserror::Error;

/// How instants are told to people.
const TO_THE_SECOND: &str = "%Y-%m-%d %H:%M:%S UTC";

/// What can go wrong with GitHub's API.
#[derive(Debug, Error)]
pub enum GithubError {
    /// No client can be made.
    #[error("no client for GitHub can be made: {0}")]
    Client(reqwest::Error),
    /// The address is none.
    #[error("{url:?} is no address of GitHub's API: {detail}")]
    Address {
        /// What was given.
        url: String,
        /// Why.
        detail: String,
    },
    /// Every token's budget is spent.
    #[error(
        "the budget of every GitHub token is spent until {}; the same command goes on from here then, or add tokens in LEADERBOARD_GITHUB_TOKENS",
        .0.format(TO_THE_SECOND)
    )]
    Exhausted(DateTime<Utc>),
    /// GitHub failed too often just now.
    #[error("GitHub failed several times in a row and is left alone until {}", .0.format(TO_THE_SECOND))]
    CircuitOpen(DateTime<Utc>),
    /// There is nothing there, or the token may not see it.
    #[error("GitHub has nothing at {0}, or the token may not see it")]
    NotFound(String),
    /// The connection failed.
    #[error("asking GitHub for {path} failed: {source}")]
    Connection {
        /// What was asked for.
        path: String,
        /// Why.
        source: reqwest::Error,
    },
    /// GitHub answered with an error.
    #[error("GitHub answered {status} to {path}: {detail}")]
    Status {
        /// What was asked for.
        path: String,
        /// The status.
        status: StatusCode,
        /// The beginning of the answer.
        detail: String,
    },
    /// The answer is not what is documented.
    #[error("GitHub's answer to {path} cannot be read: {source}")]
    Unreadable {
        /// What was asked for.
        path: String,
        /// Why.
        source: serde_json::Error,
    },
}

impl GithubError {
    /// Without the address that was asked, which may hold a secret.
    pub(super) fn connection(path: &str, source: reqwest::Error) -> Self {
        Self::Connection {
            path: path.to_owned(),
            source: source.without_url(),
        }
    }

    /// Whether the same may succeed in a moment.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Connection { .. } => true,
            Self::Status { status, .. } => status.is_server_error(),
            _ => false,
        }
    }

    /// Whether there is nothing of what was asked for. Of a commit that no
    /// repository has GitHub says that it cannot process it, of one in an empty
    /// repository that it is in conflict ("REST API endpoints for commits", read
    /// in November 2026).
    #[must_use]
    pub fn is_absence(&self) -> bool {
        match self {
            Self::NotFound(_) => true,
            Self::Status { status, .. } => matches!(
                *status,
                StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT
            ),
            _ => false,
        }
    }

    /// When going on makes sense, if only waiting is needed.
    #[must_use]
    pub fn until(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Exhausted(until) | Self::CircuitOpen(until) => Some(*until),
            _ => None,
        }
    }
}
