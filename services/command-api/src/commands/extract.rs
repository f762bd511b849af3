//! What commands are about and say, as handlers take it.

use axum::Json;
use axum::body::HttpBody;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Number;

use super::Reason;
use crate::problem::Problem;

/// The variable parts of the path.
pub(super) struct PathParts<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathParts<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Path::<T>::from_request_parts(parts, state).await;
        let Path(values) = read.map_err(|rejection| {
            let title = "The command cannot be read";
            Problem::new(StatusCode::BAD_REQUEST, title, rejection.body_text())
        })?;
        Ok(Self(values))
    }
}

/// A command's body; one that is no such thing says what is wrong.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read: Result<Json<T>, JsonRejection> = Json::from_request(request, state).await;
        let Json(body) = read.map_err(|rejection| {
            let title = "The command cannot be read";
            Problem::new(rejection.status(), title, rejection.body_text())
        })?;
        Ok(Self(body))
    }
}

/// Why something is decided, where nothing else is to be said: then there need be
/// no body.
pub(super) struct Why(pub(super) Reason);

impl<S: Send + Sync> FromRequest<S> for Why {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if request.body().is_end_stream() {
            return Ok(Self(Reason::default()));
        }
        let Body(reason) = Body::from_request(request, state).await?;
        Ok(Self(reason))
    }
}

/// A whole number, however it is written: to JSON, 5.0 is one.
pub(super) fn whole_number<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    let Some(number) = Option::<Number>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let written = number.to_string();
    let whole = match written.split_once('.') {
        Some((whole, decimals)) if decimals.bytes().all(|digit| digit == b'0') => whole,
        _ => written.as_str(),
    };
    let read = whole
        .parse::<i64>()
        .ok()
        .and_then(|whole| T::try_from(whole).ok());
    let wrong = || D::Error::custom(format!("{written} is no whole number that is meant here"));
    read.map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Given {
        #[serde(default, deserialize_with = "whole_number")]
        number: Option<u32>,
    }

    #[test]
    fn whole_numbers_are_read_however_they_are_written() {
        let read = |text: &str| {
            let given: Result<Given, _> = serde_json::from_str(text);
            given.map(|given| given.number)
        };
        assert_eq!(read(r#"{"number": 5}"#).unwrap(), Some(5));
        assert_eq!(read(r#"{"number": 5.0}"#).unwrap(), Some(5));
        assert_eq!(read(r#"{"number": null}"#).unwrap(), None);
        assert_eq!(read("{}").unwrap(), None);
        for wrong in ["5.5", "-1", "4294967296", "\"5\"", "true"] {
            assert!(
                read(&format!(r#"{{"number": {wrong}}}"#)).is_err(),
                "{wrong}"
            );
        }
    }
}
