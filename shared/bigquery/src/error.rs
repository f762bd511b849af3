//! What can go wrong with BigQuery.

use gcp_bigquery_client::error::{BQError, ResponseError};
use thiserror::Error;

/// What can go wrong with BigQuery.
#[derive(Debug, Error)]
pub enum BigQueryError {
    /// Nobody is known to ask as.
    #[error(
        "BigQuery cannot be asked: {0}; name a service account's key file in GOOGLE_APPLICATION_CREDENTIALS"
    )]
    Credentials(String),
    /// There is no such table, job or project, or it may not be seen.
    #[error("BigQuery has no such thing, or it may not be seen: {0}")]
    NotFound(String),
    /// There is one of that name already.
    #[error("BigQuery has that already: {0}")]
    AlreadyExists(String),
    /// It will not do that, however often it is asked.
    #[error("BigQuery refused ({reason}): {message}")]
    Refused {
        /// BigQuery's word for it, such as `invalidQuery`.
        reason: String,
        /// What it says about it.
        message: String,
    },
    /// It does not answer, or not as documented, or not so often.
    #[error("BigQuery does not answer: {0}")]
    Unavailable(String),
}

/// Reasons for which asking again later helps ("Error messages" in BigQuery's
/// documentation, read in November 2026).
const PASSING: [&str; 5] = [
    "rateLimitExceeded",
    "backendError",
    "internalError",
    "jobBackendError",
    "jobInternalError",
];

impl BigQueryError {
    /// Whether the same may succeed in a moment.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    pub(crate) fn of_client(error: BQError) -> Self {
        match error {
            BQError::ResponseError { error } => Self::of_response(error),
            // An error page that is no JSON hides its status: what is not
            // understood may pass.
            BQError::RequestError(error) => Self::Unavailable(chain(&error)),
            BQError::AuthError(_)
            | BQError::YupAuthError(_)
            | BQError::NoToken
            | BQError::InvalidServiceAccountKey(_)
            | BQError::InvalidServiceAccountAuthenticator(_)
            | BQError::InvalidApplicationDefaultCredentialsAuthenticator(_) => {
                Self::Credentials(error.to_string())
            }
            other => Self::Unavailable(other.to_string()),
        }
    }

    fn of_response(response: ResponseError) -> Self {
        let error = response.error;
        let reason = error.errors.first().and_then(|first| first.get("reason"));
        let reason = reason.cloned().unwrap_or(error.status);
        let message = error.message;
        match error.code {
            404 => Self::NotFound(message),
            409 => Self::AlreadyExists(message),
            401 => Self::Credentials(message),
            429 | 500.. => Self::Unavailable(format!("{} ({reason}): {message}", error.code)),
            _ if PASSING.contains(&reason.as_str()) => {
                Self::Unavailable(format!("{} ({reason}): {message}", error.code))
            }
            _ => Self::Refused { reason, message },
        }
    }
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
