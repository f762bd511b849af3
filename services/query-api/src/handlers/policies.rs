//! What things are worth.

use axum::response::Response;

use super::{SharedApi, json_unkept};
use crate::parameters::{NoParameters, Parameters};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::policy::PoliciesAnswer;

/// What things are worth
///
/// The scoring policy, and every one there was before.
#[utoipa::path(
    get, path = "/api/v1/policies", tag = "decisions", operation_id = "listPolicies",
    responses(
        (status = 200, description = "The policies.", body = PoliciesAnswer),
        (status = 400, description = "A parameter is given; none are taken here.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list_policies(
    api: SharedApi,
    Parameters(_none): Parameters<NoParameters>,
) -> Result<Response, Problem> {
    let snapshot = api.snapshot().await?;
    json_unkept(&PoliciesAnswer::from(&**snapshot.policies()))
}
