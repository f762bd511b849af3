//! Answers sent again: whole responses as they left before, head and body,
//! compressed or not, for as long as the data they were made from is the latest.
//!
//! It stands before everything else. What is asked for again is neither read
//! nor routed nor traced; it is counted like every request.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use access::forget_allowance;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use chrono::NaiveDate;
use futures_util::future::{Either, Ready, ready};
use moka::sync::Cache;
use tower::Service;

use super::headers::{REQUEST_ID, add_variance, request_id};
use super::known::{is_anything_known, is_known};
use crate::answer::count_use;
use crate::api::Api;
use crate::version::DataVersion;

/// How long a response nobody asks for is kept.
const IDLE: Duration = Duration::from_secs(60);

/// The largest body that is kept, in bytes.
const LARGEST: usize = 1024 * 1024;

/// Marks a response that may be sent again while the data is the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recallable;

/// The moment that an answer is right at: relative periods hang on the day.
type Moment = (DataVersion, NaiveDate);

/// A response that was sent.
struct Sent {
    at: Moment,
    endpoint: MatchedPath,
    headers: HeaderMap,
    body: Bytes,
}

/// Responses by path and query, as they were asked for.
pub(crate) struct Memory {
    plain: Cache<String, Arc<Sent>>,
    compressed: Cache<String, Arc<Sent>>,
}

impl Memory {
    pub(crate) fn new(max_bytes: u64) -> Self {
        let cache = || {
            Cache::builder()
                .max_capacity(max_bytes / 2)
                .weigher(|address: &String, sent: &Arc<Sent>| {
                    let bytes = address.len() + sent.body.len() + 2048;
                    u32::try_from(bytes).unwrap_or(u32::MAX)
                })
                .time_to_idle(IDLE)
                .build()
        };
        Self {
            plain: cache(),
            compressed: cache(),
        }
    }

    fn of(&self, compressed: bool) -> &Cache<String, Arc<Sent>> {
        if compressed {
            &self.compressed
        } else {
            &self.plain
        }
    }
}

/// The router, and what it answered before.
#[derive(Clone)]
pub(crate) struct Recall {
    router: Router,
    api: Arc<Api>,
}

impl Recall {
    pub(crate) fn new(router: Router, api: Arc<Api>) -> Self {
        Self { router, api }
    }

    /// The response to a request as it was sent before.
    fn recall(
        &self,
        request: &Request,
        address: &str,
        at: Moment,
        compressed: bool,
    ) -> Option<Response> {
        let started = Instant::now();
        let sent = self.api.memory().of(compressed).get(address)?;
        if sent.at != at {
            return None;
        }
        let etag = sent.headers.get(header::ETAG);
        let asked = request.headers();
        let is_known = is_anything_known(asked) || etag.is_some_and(|etag| is_known(asked, etag));
        let response = if is_known {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            Response::new(Body::from(sent.body.clone()))
        };
        let (mut parts, body) = response.into_parts();
        parts.headers.clone_from(&sent.headers);
        if is_known {
            parts.headers.remove(header::CONTENT_ENCODING);
            add_variance(parts.status, &mut parts.headers);
        }
        parts
            .headers
            .insert(REQUEST_ID, request_id(request.headers()));
        count_use(false);
        self.api.request_metrics().record(
            sent.endpoint.as_str(),
            "GET",
            parts.status,
            started.elapsed(),
        );
        Some(Response::from_parts(parts, body))
    }
}

impl Recall {
    /// Routes a request. One that came to grief while the standby was read, which
    /// breaks a question off that is in the way of what it has to replay, is answered
    /// by the primary: everything here only reads.
    fn answer(&mut self, request: Request) -> Responding {
        let standby = self.api.standby();
        let Some(standby) = standby.filter(|standby| standby.is_usable()).cloned() else {
            return Box::pin(self.router.call(request));
        };
        let (parts, body) = request.into_parts();
        let again = parts.clone();
        let mut router = self.router.clone();
        let responding = self.router.call(Request::from_parts(parts, body));
        Box::pin(async move {
            let response = responding.await?;
            if !response.status().is_server_error() {
                return Ok(response);
            }
            standby.rest();
            router.call(Request::from_parts(again, Body::empty())).await
        })
    }
}

/// Whether a compressed answer is wanted. What is stranger than this is not
/// kept, see [`remember`].
fn wants_compressed(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|accepted| accepted.to_str().ok());
    accepted.is_some_and(|accepted| accepted.split(',').any(is_gzip))
}

/// Whether a coding is gzip, and not one that is named to be refused.
fn is_gzip(coding: &str) -> bool {
    let mut parts = coding.split(';').map(str::trim);
    let is_named = parts
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
    let weights = parts.filter_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    let is_refused = weights
        .filter_map(|weight| weight.parse::<f32>().ok())
        .any(|weight| weight <= 0.0);
    is_named && !is_refused
}

/// Keeps a response if it may be sent again, and hands it on.
async fn remember(
    memory: &Memory,
    address: String,
    at: Moment,
    compressed: bool,
    response: Response,
) -> Response {
    let extensions = response.extensions();
    let endpoint = extensions.get::<MatchedPath>().cloned();
    let is_recallable = extensions.get::<Recallable>().is_some()
        && response.status() == StatusCode::OK
        && response.headers().contains_key(header::CONTENT_ENCODING) == compressed;
    let Some(endpoint) = endpoint.filter(|_| is_recallable) else {
        return response;
    };
    let (parts, body) = response.into_parts();
    // The whole body is there already, but for its compression.
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return Response::from_parts(parts, Body::empty());
    };
    if body.len() <= LARGEST {
        let mut headers = parts.headers.clone();
        forget_allowance(&mut headers);
        let sent = Sent {
            at,
            endpoint,
            headers,
            body: body.clone(),
        };
        memory.of(compressed).insert(address, Arc::new(sent));
    }
    Response::from_parts(parts, Body::from(body))
}

type Responding = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl Service<Request> for Recall {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response, Infallible>>, Responding>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.router, context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let headers = request.headers();
        // A request that belongs to a trace is answered where it leaves one, one
        // with a key where the key is looked at.
        let is_plain = !headers.contains_key("traceparent")
            && !headers.contains_key(header::AUTHORIZATION)
            && self.api.gate().check_host(request.uri(), headers).is_ok();
        let may_recall = request.method() == Method::GET && is_plain;
        let version = self.api.known_version().filter(|_| may_recall);
        let address = request.uri().path_and_query().map(ToString::to_string);
        let Some((version, address)) = version.zip(address) else {
            return Either::Right(self.answer(request));
        };
        let at = (version, self.api.now().date_naive());
        let compressed = wants_compressed(headers);
        if let Some(response) = self.recall(&request, &address, at, compressed) {
            return Either::Left(ready(Ok(response)));
        }
        let responding = self.answer(request);
        let api = Arc::clone(&self.api);
        Either::Right(Box::pin(async move {
            let response = responding.await?;
            Ok(remember(api.memory(), address, at, compressed, response).await)
        }))
    }
}
