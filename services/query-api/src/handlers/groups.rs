//! Groups of repositories.

use axum::http::HeaderMap;
use axum::response::Response;

use super::{SharedApi, json_body};
use crate::answer::{Form, answer};
use crate::cursor::List;
use crate::parameters::{ListParameters, Parameters, read_limit};
use crate::problem::Problem;
use crate::resources::groups::{Groups, load_groups};

/// Groups of repositories
///
/// Those that people gathered under a name, and that have a board.
#[utoipa::path(
    get, path = "/api/v1/groups", tag = "repositories",
    operation_id = "listGroups", params(ListParameters),
    responses(
        (status = 200, description = "A page of groups.", body = Groups),
    )
)]
pub(crate) async fn list_groups(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<ListParameters>,
) -> Result<Response, Problem> {
    let limit = read_limit(&given.limit)?;
    let after = Groups::read_cursor(&given.cursor)?;
    let request = format!("groups {after:?} {limit}");
    answer(&api, &headers, Form::Json, request, async {
        let mut snapshot = api.snapshot().await?;
        let groups = load_groups(&mut snapshot, after.as_ref(), limit).await?;
        json_body(snapshot.version(), &groups)
    })
    .await
}
