//! What commands are about and say, as handlers take it.

use axum::Json;
use axum::body::HttpBody;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;

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

/// A command's body, an object; one that is no such thing says what is wrong.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read: Result<Json<Value>, JsonRejection> = Json::from_request(request, state).await;
        let Json(body) =
            read.map_err(|rejection| unread(rejection.status(), rejection.body_text()))?;
        body_of(body).map(Self)
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
        let read: Result<Json<Value>, JsonRejection> = Json::from_request(request, state).await;
        match read {
            Ok(Json(Value::Null)) => Ok(Self(Reason::default())),
            Ok(Json(body)) => body_of(body).map(Self),
            Err(rejection) => Err(unread(rejection.status(), rejection.body_text())),
        }
    }
}

fn unread(status: StatusCode, why: impl Into<String>) -> Problem {
    Problem::new(status, "The command cannot be read", why)
}

fn body_of<T: DeserializeOwned>(mut body: Value) -> Result<T, Problem> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    // A list of its fields' values would be read as an object, too.
    if !body.is_object() {
        return Err(unread(status, "the body is a JSON object"));
    }
    make_whole(&mut body);
    serde_json::from_value(body).map_err(|error| unread(status, error.to_string()))
}

/// Writes whole numbers as such: to JSON, 5.0 is one.
fn make_whole(value: &mut Value) {
    /// From here on not every whole number has a form with a point.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Array(values) => values.iter_mut().for_each(make_whole),
        Value::Object(fields) => fields.values_mut().for_each(make_whole),
        Value::Number(number) if number.is_f64() => {
            let written = number
                .as_f64()
                .filter(|written| written.fract() == 0.0 && written.abs() < EXACT);
            let whole = written.and_then(|written| format!("{written:.0}").parse::<i64>().ok());
            if let Some(whole) = whole {
                *value = Value::from(whole);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Given {
        #[serde(default)]
        number: Option<u32>,
    }

    #[test]
    fn whole_numbers_are_read_however_they_are_written() {
        let read = |number: Value| {
            let given: Result<Given, _> = body_of(json!({ "number": number }));
            given.map(|given| given.number)
        };
        assert_eq!(read(json!(5)).unwrap(), Some(5));
        assert_eq!(read(json!(5.0)).unwrap(), Some(5));
        assert_eq!(read(Value::Null).unwrap(), None);
        for wrong in [
            json!(5.5),
            json!(-1.0),
            json!(4_294_967_296_u64),
            json!("5"),
            json!(true),
        ] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
        assert_eq!(body_of::<Given>(json!({})).unwrap().number, None);
    }

    #[test]
    fn a_body_is_an_object() {
        for wrong in [json!([5]), json!(null), json!("number")] {
            let refused = body_of::<Given>(wrong.clone()).unwrap_err();
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
    }
}
