//! Problem details (RFC 9457): the one form errors take here.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

/// An error as it is answered: what, where, and what to do.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    pub(crate) detail: String,
    /// Whether the same request may succeed later.
    pub(crate) try_again: bool,
    /// Everything that is wrong, where that is more than one thing.
    pub(crate) faults: Vec<Value>,
    /// Where this kind of problem is documented, if anywhere.
    pub(crate) documentation: Option<String>,
}

#[derive(Serialize)]
struct ProblemDetails {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Value>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            status,
            title,
            detail,
            try_again: false,
            faults: Vec::new(),
            documentation: None,
        }
    }

    /// The same, with where its kind is documented.
    pub(crate) fn documented_at(self, documentation: Option<String>) -> Self {
        Self {
            documentation,
            ..self
        }
    }

    /// The problem as a label of metrics.
    pub(crate) fn label(&self) -> &'static str {
        match self.status {
            StatusCode::UNAUTHORIZED => "refused",
            StatusCode::SERVICE_UNAVAILABLE => "unavailable",
            _ => "unreadable",
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let details = ProblemDetails {
            kind: self
                .documentation
                .unwrap_or_else(|| "about:blank".to_owned()),
            title: self.title,
            status: self.status.as_u16(),
            detail: self.detail,
            faults: self.faults,
        };
        let mut response = (self.status, Json(details)).into_response();
        let headers = response.headers_mut();
        let form = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, form);
        if self.try_again {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
        }
        response
    }
}
