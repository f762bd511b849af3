//! Why a unit, or its manifest, cannot be had.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{StatusCode, Url};
use thiserror::Error;

/// Why a unit cannot be had.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The hour is at none of the archives.
    #[error("no such hour at any archive: {name} was not found at {}", tried.join(", "))]
    NoSuchHour {
        /// The name of its file.
        name: String,
        /// The addresses that were tried.
        tried: Vec<String>,
    },
    /// There is nothing at an address.
    #[error("not found: {0} (404)")]
    NotFound(Url),
    /// A server answered with something other than the file.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked for.
        url: Url,
        /// The answer.
        status: StatusCode,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// A server could not be reached.
    #[error("{url} cannot be reached: {source}")]
    Connection {
        /// What was asked for.
        url: Url,
        /// Why.
        source: reqwest::Error,
    },
    /// A page for people in place of a file.
    #[error(
        "{0} is an HTML page, not an archive file; check the address, and whether a proxy or \
         login page answers in its place"
    )]
    Html(Url),
    /// A file that cannot be opened.
    #[error("cannot open {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A manifest that cannot be read.
    #[error("the manifest {location} cannot be read: {detail}")]
    Manifest {
        /// Where it is.
        location: String,
        /// Why.
        detail: String,
    },
    /// No client for the web could be made.
    #[error("cannot prepare for the web: {0}")]
    Client(reqwest::Error),
}

impl FetchError {
    /// Whether trying again may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connection { .. } => true,
            Self::Status { status, .. } => {
                *status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
            }
            _ => false,
        }
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
