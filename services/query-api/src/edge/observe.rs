//! Watching requests: a span, metrics, a time limit, and a page or an image in
//! the place of a problem where people will see it.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use opentelemetry::propagation::Extractor;
use tracing::{Instrument, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::admit::{admit, refuse};
use super::guard::check_request;
use super::headers::{REQUEST_ID, add_security_headers, add_variance, request_id};
use super::known::answer_unknown;
use crate::api::Api;
use crate::embed;
use crate::embed::problem::draw_problem;
use crate::page::error::dress_problem;
use crate::problem::{Problem, ProblemKind};

pub(crate) async fn observe_request(
    State(api): State<Arc<Api>>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let method = method_label(request.method());
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let endpoint = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    let id = request_id(request.headers());
    let span = request_span(&request, method, endpoint, &id);
    let reader = Reader::of(&request);
    let path = request.uri().path().to_owned();
    let mut response = respond_in_time(&api, request, next)
        .instrument(span.clone())
        .await;
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = problem {
        response = match reader {
            Reader::Program => response,
            Reader::Person => dress_problem(&api, &problem, response),
            Reader::Image => draw_problem(&path, &problem, response),
        };
    }
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if let Some(matched) = matched.clone() {
        response.extensions_mut().insert(matched);
    }
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    add_security_headers(headers);
    add_variance(status, headers);
    // Within its span, so that the metric leads to the trace.
    span.in_scope(|| {
        let metrics = api.request_metrics();
        metrics.record(endpoint, method, status, started.elapsed());
    });
    response
}

async fn respond_in_time(api: &Api, request: Request, next: Next) -> Response {
    if let Err(problem) = check_request(request.method(), request.uri(), request.headers()) {
        return problem.into_response();
    }
    let allowance = match admit(api, &request) {
        Ok(allowance) => allowance,
        Err(refusal) => return refuse(&refusal),
    };
    let limit = api.settings().request_timeout;
    let mut response = match tokio::time::timeout(limit, answer_unknown(request, next)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!(limit_seconds = limit.as_secs(), "request_timed_out");
            Problem::new(
                ProblemKind::TimedOut,
                format!(
                    "No answer was ready within {} seconds; \
                     ask for a shorter period or a smaller page, or try again",
                    limit.as_secs()
                ),
            )
            .into_response()
        }
    };
    if let Some(allowance) = allowance {
        allowance.write(response.headers_mut());
    }
    response
}

/// Methods are the caller's to invent; labels are not.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::POST => "POST",
        _ => "other",
    }
}

fn request_span(request: &Request, method: &str, endpoint: &str, id: &HeaderValue) -> Span {
    let span = tracing::info_span!(
        "request",
        otel.name = %format_args!("{method} {endpoint}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = endpoint,
        url.path = request.uri().path(),
        request_id = id.to_str().unwrap_or_default(),
        http.response.status_code = field::Empty,
    );
    if request.headers().contains_key("traceparent") {
        let parent = opentelemetry::global::get_text_map_propagator(|propagator| {
            propagator.extract(&TraceHeaders(request.headers()))
        });
        // Fails only where no traces are kept.
        let _ = span.set_parent(parent);
    }
    span
}

/// The W3C trace context of a request.
struct TraceHeaders<'a>(&'a HeaderMap);

impl Extractor for TraceHeaders<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(header::HeaderName::as_str).collect()
    }
}

/// Who reads an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Program,
    Person,
    /// The page of somebody else, which shows it as an image.
    Image,
}

impl Reader {
    /// Programs ask at the addresses of programs, or for JSON.
    fn of(request: &Request) -> Self {
        let path = request.uri().path();
        let for_programs = [
            "/api/",
            "/health/",
            "/metrics",
            "/openapi.json",
            "/openapi.commands.json",
            "/asyncapi.json",
            "/assets/",
        ];
        let accepts = request.headers().get(header::ACCEPT);
        let asks_for_json = accepts
            .and_then(|accepts| accepts.to_str().ok())
            .is_some_and(|accepts| accepts.contains("json"));
        if asks_for_json || for_programs.iter().any(|prefix| path.starts_with(prefix)) {
            Self::Program
        } else if path.starts_with(embed::PATHS) {
            Self::Image
        } else {
            Self::Person
        }
    }
}
