//! Problem details (RFC 9457): the one form errors take here.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// An error as it is answered: what, where, and what to do.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    pub(crate) detail: String,
    /// Whether the same request may succeed later.
    pub(crate) try_again: bool,
    /// Everything that is wrong, where that is more than one thing.
    pub(crate) faults: Vec<Fault>,
    /// Where this kind of problem is documented, if anywhere.
    pub(crate) documentation: Option<String>,
    /// The methods that are allowed, where another was used.
    pub(crate) allowed: Option<String>,
}

/// One thing that is wrong with a policy.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Fault {
    /// Where it stands.
    #[schema(example = "points.commit")]
    pub(crate) field: String,
    /// What is wrong with it.
    #[schema(example = "is more than 1000")]
    pub(crate) problem: String,
}

/// A problem as it is sent.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "type": "about:blank",
    "title": "This cannot be decided",
    "status": 400,
    "detail": "\"Web\" cannot be a name; use up to 64 lower-case letters, digits and hyphens"
}))]
pub(crate) struct ProblemDetails {
    /// Where this type of problem is documented; `about:blank` where the title says all.
    #[serde(rename = "type")]
    kind: String,
    /// The type in words.
    title: &'static str,
    /// The HTTP status code.
    status: u16,
    /// What is wrong here, and what to do about it.
    detail: String,
    /// Everything that is wrong with a policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Fault>,
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
            allowed: None,
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
        let allowed = self.allowed.map(HeaderValue::try_from);
        if let Some(Ok(allowed)) = allowed {
            headers.insert(header::ALLOW, allowed);
        }
        if self.try_again {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
        }
        response
    }
}
