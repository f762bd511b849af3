//! Search by the beginning of a name.

use axum::http::HeaderMap;
use axum::response::Response;

use super::{SharedApi, json_body};
use crate::answer::{Form, answer};
use crate::parameters::{Parameters, SearchParameters, read_limit, read_search};
use crate::problem::Problem;
use crate::resources::search::{SearchAnswer, load_search};

/// Contributors and repositories by the beginning of a name
///
/// Former logins and names are found too.
#[utoipa::path(
    get, path = "/api/v1/search", tag = "search",
    operation_id = "search", params(SearchParameters),
    responses(
        (status = 200, description = "What was found.", body = SearchAnswer),
    )
)]
pub(crate) async fn search_names(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<SearchParameters>,
) -> Result<Response, Problem> {
    let q = read_search(&given.q)?;
    let limit = read_limit(&given.limit)?;
    let request = format!("search {q:?} {limit}");
    answer(&api, &headers, Form::Json, request, async {
        let mut snapshot = api.snapshot().await?;
        let found = load_search(&api, &mut snapshot, q, limit).await?;
        json_body(snapshot.version(), &found)
    })
    .await
}
