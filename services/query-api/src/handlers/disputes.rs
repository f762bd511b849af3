//! Disputes: what people missed.

use axum::response::Response;
use uuid::Uuid;

use super::{SharedApi, json_unkept};
use crate::cursor::List;
use crate::parameters::{ListParameters, Parameters, PathParts, read_limit};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::dispute::{DisputeAnswer, Disputes, load_dispute, load_disputes};

/// What people missed
///
/// Newest first, with what came of asking GitHub for it.
#[utoipa::path(
    get, path = "/api/v1/disputes", tag = "decisions",
    operation_id = "listDisputes", params(ListParameters),
    responses(
        (status = 200, description = "A page of disputes.", body = Disputes),
    )
)]
pub(crate) async fn list_disputes(
    api: SharedApi,
    Parameters(given): Parameters<ListParameters>,
) -> Result<Response, Problem> {
    let limit = read_limit(&given.limit)?;
    let after = Disputes::read_cursor(&given.cursor)?;
    let mut snapshot = api.snapshot().await?;
    json_unkept(&load_disputes(&mut snapshot, after.as_ref(), limit).await?)
}

/// One dispute
///
/// What came of it, and how each contribution that it comes to stands now: who
/// is credited, why, and whether it counts.
#[utoipa::path(
    get, path = "/api/v1/disputes/{id}", tag = "decisions",
    operation_id = "getDispute",
    params(("id" = Uuid, Path, description = "The dispute's id.")),
    responses(
        (status = 200, description = "The dispute.", body = DisputeAnswer),
        (status = 400, description = "The id is no UUID.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "There is no such dispute.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_dispute(
    api: SharedApi,
    PathParts(given): PathParts<String>,
) -> Result<Response, Problem> {
    let id = Uuid::parse_str(&given)
        .map_err(|_| Problem::parameter("id", &given, "use the id of a dispute, a UUID"))?;
    let mut snapshot = api.snapshot().await?;
    json_unkept(&load_dispute(&mut snapshot, id).await?)
}
