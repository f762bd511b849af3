//! Dead letters: what could not be read or projected.

use axum::response::Response;
use uuid::Uuid;

use super::{SharedApi, json_unkept};
use crate::cursor::List;
use crate::parameters::{DeadLetterParameters, Parameters, PathParts, read_limit};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::dead_letter::{
    DeadLetterAnswer, DeadLetters, load_dead_letter, load_dead_letters,
};

/// What could not be read or projected
///
/// Newest first, each with the beginning of its content. Nothing here counts. The
/// totals are of all that the filter means, in whatever state.
#[utoipa::path(
    get, path = "/api/v1/dead-letters", tag = "operations",
    operation_id = "listDeadLetters", params(DeadLetterParameters),
    responses(
        (status = 200, description = "A page of dead letters.", body = DeadLetters),
    )
)]
pub(crate) async fn list_dead_letters(
    api: SharedApi,
    Parameters(given): Parameters<DeadLetterParameters>,
) -> Result<Response, Problem> {
    let limit = read_limit(&given.limit)?;
    let after = DeadLetters::read_cursor(&given.cursor)?;
    let wanted = given.wanted()?;
    let mut snapshot = api.snapshot().await?;
    json_unkept(&load_dead_letters(&mut snapshot, &wanted, after.as_ref(), limit).await?)
}

/// One dead letter
///
/// With all of its content, as it was received.
#[utoipa::path(
    get, path = "/api/v1/dead-letters/{id}", tag = "operations",
    operation_id = "getDeadLetter",
    params(("id" = Uuid, Path, description = "The dead letter's id.")),
    responses(
        (status = 200, description = "The dead letter.", body = DeadLetterAnswer),
        (status = 400, description = "The id is no UUID.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "There is no such dead letter.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_dead_letter(
    api: SharedApi,
    PathParts(given): PathParts<String>,
) -> Result<Response, Problem> {
    let id = Uuid::parse_str(&given)
        .map_err(|_| Problem::parameter("id", &given, "use the id of a dead letter, a UUID"))?;
    let mut snapshot = api.snapshot().await?;
    json_unkept(&load_dead_letter(&mut snapshot, id).await?)
}
