//! What GitHub answers, and what it says of limits by the way.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use reqwest::header::{ETAG, HeaderMap, LINK, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use translation::mend;

use super::error::GithubError;
use super::tokens::{Limits, Refusal};

/// Characters kept of an answer that is an error.
const KEPT: usize = 300;

/// What GitHub answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// This.
    Fresh(Page),
    /// The same as when it was asked before; that costs nothing.
    Unchanged,
}

/// A page of an answer.
#[derive(Clone, Debug)]
pub struct Page {
    /// What was asked for.
    pub path: String,
    /// The JSON.
    pub body: Vec<u8>,
    /// Whether there is another page after it.
    pub has_next: bool,
    /// How long to wait before asking again, where GitHub says so.
    pub poll_interval: Option<Duration>,
    /// What GitHub knows this answer by.
    pub validator: Option<String>,
}

impl Answer {
    /// Takes an answer to its end.
    pub(super) async fn take(path: &str, response: Response) -> Result<Self, GithubError> {
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED {
            return Ok(Self::Unchanged);
        }
        let headers = response.headers().clone();
        let read = response.bytes().await;
        let body = read
            .map_err(|source| GithubError::connection(path, source))?
            .to_vec();
        match status {
            status if status.is_success() => {}
            // Gone: issues are switched off; unavailable: for legal reasons.
            StatusCode::NOT_FOUND
            | StatusCode::GONE
            | StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS => {
                return Err(GithubError::NotFound(path.to_owned()));
            }
            status => {
                return Err(GithubError::Status {
                    path: path.to_owned(),
                    status,
                    detail: String::from_utf8_lossy(&body).chars().take(KEPT).collect(),
                });
            }
        }
        Ok(Self::Fresh(Page {
            path: path.to_owned(),
            body,
            has_next: text(&headers, LINK.as_str())
                .is_some_and(|links| links.contains("rel=\"next\"")),
            poll_interval: number(&headers, "x-poll-interval").map(Duration::from_secs),
            validator: text(&headers, ETAG.as_str()).map(str::to_owned),
        }))
    }
}

impl Page {
    /// Reads the JSON, mended where it holds what no JSON text may hold.
    ///
    /// # Errors
    /// [`GithubError::Unreadable`] when it is not what was expected.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, GithubError> {
        let read = serde_json::from_slice(&self.body).or_else(|source| match mend(&self.body) {
            Some(mended) => serde_json::from_str(&mended),
            None => Err(source),
        });
        read.map_err(|source| GithubError::Unreadable {
            path: self.path.clone(),
            source,
        })
    }

    /// Whether GraphQL answered that a budget is spent.
    pub(super) fn says_limited(&self) -> bool {
        let answer: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let errors = answer["errors"].as_array();
        errors.is_some_and(|errors| errors.iter().any(|error| error["type"] == "RATE_LIMITED"))
    }
}

impl Limits {
    pub(super) fn told(headers: &HeaderMap) -> Self {
        let seconds = |name| number(headers, name).and_then(|number| i64::try_from(number).ok());
        Self {
            remaining: number(headers, "x-ratelimit-remaining"),
            resets_at: seconds("x-ratelimit-reset").and_then(|at| DateTime::from_timestamp(at, 0)),
            retry_after: seconds(RETRY_AFTER.as_str()).and_then(TimeDelta::try_seconds),
        }
    }
}

impl Refusal {
    /// A 403 is about limits when it says so; else the token may not see something.
    pub(super) fn told(status: StatusCode, limits: Limits) -> Option<Self> {
        let says_so = limits.remaining == Some(0) || limits.retry_after.is_some();
        match status {
            StatusCode::TOO_MANY_REQUESTS => Some(Self::Limited),
            StatusCode::FORBIDDEN if says_so => Some(Self::Limited),
            StatusCode::UNAUTHORIZED => Some(Self::Invalid),
            _ => None,
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    text(headers, name)?.trim().parse().ok()
}

/// A status as a label of metrics.
pub(super) fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..300 => "2xx",
        304 => "304",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}
