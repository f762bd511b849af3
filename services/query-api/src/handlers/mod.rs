//! The JSON API: one handler per address. Each reads its parameters, loads
//! one resource, and sends it.

pub(crate) mod audit;
pub(crate) mod board_files;
pub(crate) mod budget;
pub(crate) mod circuits;
pub(crate) mod companies;
pub(crate) mod company_files;
pub(crate) mod comparisons;
pub(crate) mod contributions;
pub(crate) mod contributors;
pub(crate) mod coverage;
pub(crate) mod dead_letters;
pub(crate) mod disputes;
pub(crate) mod exports;
pub(crate) mod groups;
pub(crate) mod health;
pub(crate) mod jobs;
pub(crate) mod leaderboards;
pub(crate) mod policies;
pub(crate) mod ranks;
pub(crate) mod replay;
pub(crate) mod repositories;
pub(crate) mod search;
pub(crate) mod snapshots;
pub(crate) mod streams;
pub(crate) mod what_if;
pub(crate) mod why;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::Problem;
use crate::version::DataVersion;

/// The state as handlers take it.
pub(crate) type SharedApi = axum::extract::State<std::sync::Arc<crate::api::Api>>;

/// A resource as the body of an answer that is kept.
pub(crate) fn json_body(
    version: DataVersion,
    resource: &impl Serialize,
) -> Result<(DataVersion, Vec<u8>), Problem> {
    let body = serde_json::to_vec(resource).map_err(|error| Problem::internal(&error))?;
    Ok((version, body))
}

/// A resource that changes without the version of the data changing: never
/// kept, here or on the way.
pub(crate) fn json_unkept(resource: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(resource).map_err(|error| Problem::internal(&error))?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Ok((headers, body).into_response())
}
