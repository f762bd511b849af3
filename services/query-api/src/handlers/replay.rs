//! Replay: the generations of the read models.

use axum::response::Response;

use super::{SharedApi, json_unkept};
use crate::parameters::{NoParameters, Parameters};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::replay::{ReplayAnswer, load_replay};

/// The generations of the read models
///
/// Which one is read, how far one that is being built from the log is, how
/// they compare, and when readers were given another.
#[utoipa::path(
    get, path = "/api/v1/replay", tag = "operations", operation_id = "getReplay",
    responses(
        (status = 200, description = "The generations there are.", body = ReplayAnswer),
        (status = 400, description = "A parameter is given; none are taken here.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_replay(
    api: SharedApi,
    Parameters(_none): Parameters<NoParameters>,
) -> Result<Response, Problem> {
    let mut snapshot = api.snapshot().await?;
    json_unkept(&load_replay(&mut snapshot).await?)
}
