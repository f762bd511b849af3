//! Circuits: whom workers leave alone after failures.

use axum::response::Response;

use super::{SharedApi, json_unkept};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::circuits::{Circuits, load_circuits};

/// Whom workers leave alone after failures
///
/// After five failures in a row a worker does not ask GitHub, or BigQuery, for a minute;
/// then one request tries. Each worker has a circuit of its own for each, and says when it
/// opens or closes, but not when the worker itself ends: one that is not closed ten
/// minutes after its pause is `not_heard_of`. One that nothing was heard of for a day is
/// not told of any more.
#[utoipa::path(
    get, path = "/api/v1/circuits", tag = "operations",
    operation_id = "listCircuits",
    responses(
        (status = 200, description = "The circuits that opened or closed lately.", body = Circuits),
        (status = 400, description = "The address is not valid.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list_circuits(api: SharedApi) -> Result<Response, Problem> {
    let mut snapshot = api.snapshot().await?;
    json_unkept(&load_circuits(&mut snapshot, api.now()).await?)
}
