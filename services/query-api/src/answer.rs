//! Answers kept in memory: valid as long as the data they were made from is
//! the latest, and not a moment longer.

use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use moka::future::Cache;

use crate::api::Api;
use crate::edge::known::is_known;
use crate::edge::recall::Recallable;
use crate::problem::Problem;
use crate::version::DataVersion;

/// What caches between us and the reader may do: a board five seconds old is
/// still a good board, and revalidation costs us no database query.
const CACHE_CONTROL: HeaderValue =
    HeaderValue::from_static("public, max-age=5, stale-while-revalidate=30");

/// How long an answer nobody asks for is kept.
const IDLE: Duration = Duration::from_secs(60);

/// Answers by request and by the version of the data when they were asked
/// for. Those of older versions are never found again and fall out.
pub(crate) type Answers = Cache<(DataVersion, Arc<str>), Arc<Answer>>;

/// The body of an answer, and the validator it goes by: it names the version
/// of the data that the body was made from.
pub(crate) struct Answer {
    etag: HeaderValue,
    body: Bytes,
}

pub(crate) fn answers_cache(max_bytes: u64) -> Answers {
    Cache::builder()
        .max_capacity(max_bytes)
        .weigher(
            |(_, request): &(DataVersion, Arc<str>), answer: &Arc<Answer>| {
                u32::try_from(request.len() + answer.body.len() + 256).unwrap_or(u32::MAX)
            },
        )
        .time_to_idle(IDLE)
        .build()
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Page,
    Image,
    Pixels,
}

impl Form {
    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json",
            Self::Page => "text/html; charset=utf-8",
            Self::Image => "image/svg+xml",
            Self::Pixels => "image/png",
        })
    }
}

/// Answers a request from memory, or by `compute`.
///
/// `request` names everything the answer depends on besides the data; equal
/// requests at the same time are computed once.
pub(crate) async fn answer(
    api: &Api,
    headers: &HeaderMap,
    form: Form,
    request: String,
    compute: impl Future<Output = Result<(DataVersion, Vec<u8>), Problem>>,
) -> Result<Response, Problem> {
    let request: Arc<str> = format!("{form:?} {request}").into();
    let known = api.known_version();
    if let Some(version) = known
        && headers.contains_key(header::IF_NONE_MATCH)
    {
        let etag = etag(api, version, &request);
        if is_known(headers, &etag) {
            let status = StatusCode::NOT_MODIFIED;
            return Ok(respond(status, form.content_type(), etag, Body::empty()));
        }
    }
    let mut computed = false;
    let compute = async {
        computed = true;
        let (version, body) = compute.await?;
        Ok::<_, Problem>(Arc::new(Answer {
            etag: etag(api, version, &request),
            body: Bytes::from(body),
        }))
    };
    let answer = match known {
        Some(version) => api
            .answers()
            .try_get_with((version, Arc::clone(&request)), compute)
            .await
            .map_err(|problem| Problem::clone(&problem))?,
        None => compute.await?,
    };
    count_use(computed);
    let body = Body::from(answer.body.clone());
    let (content_type, etag) = (form.content_type(), answer.etag.clone());
    let mut response = respond(StatusCode::OK, content_type, etag, body);
    response.extensions_mut().insert(Recallable);
    Ok(response)
}

/// Sends an answer that was made for this request alone, at less cost than
/// keeping it. It is known again by its body.
pub(crate) fn answer_anew(headers: &HeaderMap, version: DataVersion, body: Vec<u8>) -> Response {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let (content_type, etag) = (Form::Json.content_type(), tag(version, hasher.finish()));
    if is_known(headers, &etag) {
        return respond(StatusCode::NOT_MODIFIED, content_type, etag, Body::empty());
    }
    respond(StatusCode::OK, content_type, etag, Body::from(body))
}

/// The head of an answer whose body is written while it is sent, and kept by
/// nobody here. It goes by the validator that it would be kept under.
pub(crate) struct Head {
    etag: HeaderValue,
    content_type: HeaderValue,
}

impl Head {
    /// `request` names everything that the answer depends on besides the data.
    pub(crate) fn of(
        api: &Api,
        version: DataVersion,
        request: &str,
        content_type: &'static str,
    ) -> Self {
        Self {
            etag: etag(api, version, request),
            content_type: HeaderValue::from_static(content_type),
        }
    }

    /// Whether the reader has the answer.
    pub(crate) fn is_known(&self, headers: &HeaderMap) -> bool {
        is_known(headers, &self.etag)
    }

    /// The answer to a reader who has it.
    pub(crate) fn not_modified(self) -> Response {
        let status = StatusCode::NOT_MODIFIED;
        respond(status, self.content_type, self.etag, Body::empty())
    }

    pub(crate) fn with(self, body: Body) -> Response {
        respond(StatusCode::OK, self.content_type, self.etag, body)
    }
}

pub(crate) fn count_use(computed: bool) {
    if computed {
        metrics::counter!("board_cache_misses_total").increment(1);
    } else {
        metrics::counter!("board_cache_hits_total").increment(1);
    }
}

fn respond(
    status: StatusCode,
    content_type: HeaderValue,
    etag: HeaderValue,
    body: Body,
) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    headers.insert(header::ETAG, etag);
    response
}

/// Weak, because compression on the way changes bytes but not meaning.
fn etag(api: &Api, version: DataVersion, request: &str) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    (request, version.others, version.switches, api.fingerprint()).hash(&mut hasher);
    tag(version, hasher.finish())
}

fn tag(version: DataVersion, digest: u64) -> HeaderValue {
    let tag = format!("W/\"{}-{digest:016x}\"", version.contributions);
    // Digits and letters are always a header's value.
    HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("W/\"\""))
}
