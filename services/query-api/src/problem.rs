//! Problem details (RFC 9457): the one form errors take at the HTTP edge.

use access::RefusalKind;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::standby::is_away;

/// What went wrong, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    InvalidParameter,
    MalformedRequest,
    NotFound,
    NoSuchPage,
    MethodNotAllowed,
    TooLarge,
    TooManyStreams,
    TimedOut,
    Unavailable,
    Internal,
    /// Who asked is not let in.
    Refused(RefusalKind),
}

impl ProblemKind {
    /// Every kind, for the page that documents them.
    pub(crate) const ALL: [Self; 16] = [
        Self::InvalidParameter,
        Self::MalformedRequest,
        Self::NotFound,
        Self::NoSuchPage,
        Self::MethodNotAllowed,
        Self::TooLarge,
        Self::TooManyStreams,
        Self::TimedOut,
        Self::Unavailable,
        Self::Internal,
        Self::Refused(RefusalKind::TooMany),
        Self::Refused(RefusalKind::KeyNeeded),
        Self::Refused(RefusalKind::KeyNotValid),
        Self::Refused(RefusalKind::ScopeMissing),
        Self::Refused(RefusalKind::WrongHost),
        Self::Refused(RefusalKind::HostUnreadable),
    ];

    /// The kind as the fragment of its documentation's address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::InvalidParameter => "invalid-parameter",
            Self::MalformedRequest => "malformed-request",
            Self::NotFound => "not-found",
            Self::NoSuchPage => "no-such-page",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::TooLarge => "too-large",
            Self::TooManyStreams => "too-many-streams",
            Self::TimedOut => "timed-out",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
            Self::Refused(kind) => kind.name(),
        }
    }

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::InvalidParameter | Self::MalformedRequest => StatusCode::BAD_REQUEST,
            Self::NotFound | Self::NoSuchPage => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyStreams | Self::TimedOut | Self::Unavailable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Refused(kind) => kind.status(),
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::InvalidParameter => "A parameter is not valid",
            Self::MalformedRequest => "The request cannot be read",
            Self::NotFound => "Nothing is known of that",
            Self::NoSuchPage => "There is nothing at this address",
            Self::MethodNotAllowed => "This address is for reading",
            Self::TooLarge => "The request is too large",
            Self::TooManyStreams => "No more streams can be opened here",
            Self::TimedOut => "The answer took too long",
            Self::Unavailable => "The data cannot be reached right now",
            Self::Internal => "Something failed here",
            Self::Refused(kind) => kind.title(),
        }
    }

    /// Where it is documented.
    pub(crate) fn documentation(self) -> String {
        format!("/docs#{}", self.name())
    }

    /// What to do about it, for the documentation.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::InvalidParameter => {
                "Correct the parameter that “parameter” names; “detail” says what is allowed."
            }
            Self::MalformedRequest => {
                "Send percent-encoded UTF-8 without NUL characters in path and query."
            }
            Self::NotFound => {
                "Check the spelling, or search; only what has been ingested is known."
            }
            Self::NoSuchPage => "See /docs for the addresses there are.",
            Self::MethodNotAllowed => "Use GET or HEAD.",
            Self::TooLarge => "Shorten the address, and send no body.",
            Self::TooManyStreams => {
                "Close streams that nobody reads, and try again after the time in Retry-After; until then, ask for what is so now."
            }
            Self::TimedOut => {
                "Ask for a shorter period or a smaller page, or try again after the time in Retry-After."
            }
            Self::Unavailable => "Try again after the time in Retry-After.",
            Self::Internal => "Report it with the value of the X-Request-Id response header.",
            Self::Refused(kind) => kind.remedy(),
        }
    }
}

/// An error as handlers return it. Its detail is for the reader: what, where,
/// and what to do; never what failed inside.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{detail}")]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    pub(crate) detail: String,
    pub(crate) parameter: Option<String>,
}

/// A problem as it is sent.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "type": "/docs#invalid-parameter",
    "title": "A parameter is not valid",
    "status": 400,
    "detail": "limit is \"0\"; use a whole number from 1 to 200",
    "parameter": "limit"
}))]
pub(crate) struct ProblemDetails {
    /// Where this type of problem is documented.
    #[serde(rename = "type")]
    documentation: String,
    /// The type in words.
    title: String,
    /// The HTTP status code.
    status: u16,
    /// What is wrong here, and what to do about it.
    detail: String,
    /// The parameter at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            parameter: None,
        }
    }

    /// A parameter that holds something else than is allowed.
    pub(crate) fn parameter(name: &str, given: &str, allowed: impl std::fmt::Display) -> Self {
        let shown: String = given.chars().take(60).collect();
        Self {
            kind: ProblemKind::InvalidParameter,
            detail: format!("{name} is {shown:?}; {allowed}"),
            parameter: Some(name.to_owned()),
        }
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::NotFound, detail)
    }

    /// Nobody is known by what was given for a login.
    pub(crate) fn no_contributor(given: &str) -> Self {
        Self::not_found(format!(
            "No contributor called {given:?} has been seen; \
             check the spelling, or search with /api/v1/search?q="
        ))
    }

    /// A failure of ours: logged here, once, and not shown.
    pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "request_failed");
        Self::new(
            ProblemKind::Internal,
            "The request was understood, but answering it failed; \
             report it with the X-Request-Id of this response",
        )
    }

    fn details(&self) -> ProblemDetails {
        ProblemDetails {
            documentation: self.kind.documentation(),
            title: self.kind.title().to_owned(),
            status: self.kind.status().as_u16(),
            detail: self.detail.clone(),
            parameter: self.parameter.clone(),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        if !is_away(&error) {
            return Self::internal(&error);
        }
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "database_unreachable"
        );
        Self::new(
            ProblemKind::Unavailable,
            "The database does not answer; try again in a few seconds",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.kind.status();
        let mut response = (status, Json(self.details())).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_problem_says_what_where_and_what_to_do() {
        let problem = Problem::parameter("limit", "0", "use a whole number from 1 to 200");
        let shown = serde_json::to_value(problem.details()).unwrap();
        assert_eq!(shown["type"], "/docs#invalid-parameter");
        assert_eq!(shown["status"], 400);
        assert_eq!(shown["parameter"], "limit");
        assert_eq!(
            shown["detail"],
            "limit is \"0\"; use a whole number from 1 to 200"
        );
    }

    #[test]
    fn internals_are_not_shown() {
        let problem = Problem::from(sqlx::Error::Protocol("secret".into()));
        assert_eq!(problem.kind, ProblemKind::Internal);
        assert!(!problem.detail.contains("secret"));
        let response = problem.into_response();
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
    }

    #[test]
    fn an_unreachable_database_is_worth_a_retry() {
        let response = Problem::from(sqlx::Error::PoolTimedOut).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key("retry-after"));
    }
}
