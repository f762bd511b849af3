//! Query string and path of a request, as handlers take them.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as ValueError, MapDeserializer};

use super::field_names::field_names;
use crate::embed;
use crate::problem::{Problem, ProblemKind};

/// Longest value of any parameter, in characters; cursors are the longest.
const MAX_LENGTH: usize = 512;

/// The query string as a struct of texts, each empty where it is not given.
///
/// The API refuses names it does not know, so that a misspelt filter is not
/// mistaken for an answer, and empty values; so do images. Pages ignore both: links get
/// decorated on the way, and forms send what was left empty.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(mut pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|rejection| malformed(&rejection.body_text()))?;
        let known = field_names::<T>();
        let path = parts.uri.path();
        if path.starts_with("/api/") || path.starts_with(embed::PATHS) {
            refuse_unknown(&pairs, known)?;
            refuse_empty(&pairs)?;
        } else {
            pairs.retain(|(name, _)| known.contains(&name.as_str()));
        }
        refuse_too_long(&pairs)?;
        T::deserialize(MapDeserializer::<_, ValueError>::new(pairs.into_iter()))
            .map(Self)
            .map_err(|error| malformed(&error.to_string()))
    }
}

/// The query string as pairs: of pages whose forms repeat a name, or have as
/// many fields as there are kinds of contributions.
pub(crate) struct Pairs(pub(crate) Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Pairs {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|rejection| malformed(&rejection.body_text()))?;
        refuse_too_long(&pairs)?;
        Ok(Self(pairs))
    }
}

fn malformed(reason: &str) -> Problem {
    Problem::new(
        ProblemKind::MalformedRequest,
        format!("The query string cannot be read: {reason}"),
    )
}

fn refuse_unknown(pairs: &[(String, String)], known: &[&str]) -> Result<(), Problem> {
    let unknown = |(name, _): &&(String, String)| !known.contains(&name.as_str());
    let Some((name, _)) = pairs.iter().find(unknown) else {
        return Ok(());
    };
    let allowed = if known.is_empty() {
        "none are taken here".to_owned()
    } else {
        format!("allowed here: {}", known.join(", "))
    };
    let shown: String = name.chars().take(60).collect();
    Err(Problem {
        kind: ProblemKind::InvalidParameter,
        detail: format!("{shown:?} is no parameter of this address; {allowed}"),
        parameter: Some(shown),
    })
}

/// Forms on pages send fields that were left empty; programs that do mean
/// something else.
fn refuse_empty(pairs: &[(String, String)]) -> Result<(), Problem> {
    match pairs.iter().find(|(_, value)| value.is_empty()) {
        Some((name, value)) => Err(Problem::parameter(
            name,
            value,
            "give a value, or leave the parameter out",
        )),
        None => Ok(()),
    }
}

fn refuse_too_long(pairs: &[(String, String)]) -> Result<(), Problem> {
    let too_long = |(_, value): &&(String, String)| value.chars().count() > MAX_LENGTH;
    match pairs.iter().find(too_long) {
        Some((name, value)) => Err(Problem::parameter(
            name,
            value,
            format!("use at most {MAX_LENGTH} characters"),
        )),
        None => Ok(()),
    }
}

/// The variable parts of the path.
pub(crate) struct PathParts<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathParts<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(values)) => Ok(Self(values)),
            Err(rejection) => Err(Problem::new(
                ProblemKind::MalformedRequest,
                format!("The path cannot be read: {}", rejection.body_text()),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::BoardParameters;

    async fn read(uri: &str) -> Result<BoardParameters, Problem> {
        let request = axum::http::Request::builder().uri(uri).body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        Parameters::from_request_parts(&mut parts, &())
            .await
            .map(|Parameters(read)| read)
    }

    #[tokio::test]
    async fn the_api_refuses_what_it_does_not_know_and_pages_ignore_it() {
        let problem = read("/api/v1/leaderboards/global?perod=all")
            .await
            .unwrap_err();
        assert!(
            problem
                .detail
                .contains("period, kind, class, company, limit, cursor")
        );
        let page = read("/?utm_source=x&class=bot").await.unwrap();
        assert_eq!(page.class, "bot");
    }

    #[tokio::test]
    async fn repeated_and_over_long_values_are_refused() {
        assert!(read("/api/x?kind=a&kind=b").await.is_err());
        let long = format!("/api/x?kind={}", "a".repeat(600));
        assert_eq!(
            read(&long).await.unwrap_err().parameter.as_deref(),
            Some("kind")
        );
    }
}
