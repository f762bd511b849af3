//! Leaderboards: of everything, of a repository, of an organization, of a
//! group.

use axum::http::HeaderMap;
use axum::response::Response;

use super::{SharedApi, json_body};
use crate::answer::{Form, answer};
use crate::api::Api;
use crate::cursor::List;
use crate::parameters::{
    BoardParameters, Parameters, PathParts, read_class, read_company, read_limit, read_metric,
    read_moment, read_period,
};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::leaderboard::{BoardRequest, Leaderboard, load_leaderboard};
use crate::target::ScopeName;

/// Reads what board is wanted.
pub(crate) fn read_board_request<Board: List>(
    api: &Api,
    scope: ScopeName,
    given: &BoardParameters,
) -> Result<BoardRequest<Board::Place>, Problem> {
    let moment = read_moment(&given.as_of, &given.on, api.now())?;
    Ok(BoardRequest {
        as_of: moment.as_of,
        scope,
        period: read_period(&given.period, moment.today)?,
        metric: read_metric("kind", &given.kind)?,
        class: read_class(&given.class)?.unwrap_or_default(),
        company: read_company(&given.company)?,
        limit: read_limit(&given.limit)?,
        after: Board::read_cursor(&given.cursor)?,
    })
}

async fn answer_leaderboard(
    api: &Api,
    headers: &HeaderMap,
    scope: ScopeName,
    given: &BoardParameters,
) -> Result<Response, Problem> {
    let request = read_board_request::<Leaderboard>(api, scope, given)?;
    answer(api, headers, Form::Json, format!("{request:?}"), async {
        let mut snapshot = api.snapshot_of(request.as_of).await?;
        let leaderboard = load_leaderboard(api, &mut snapshot, &request).await?;
        json_body(snapshot.version(), &leaderboard)
    })
    .await
}

/// The leaderboard over all repositories
///
/// Contributors in order of their score or of one kind of contribution, with
/// what each did and what the board is computed from.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/global", tag = "leaderboards",
    operation_id = "getGlobalLeaderboard", params(BoardParameters),
    responses(
        (status = 200, description = "A page of the board.", body = Leaderboard),
        (status = 404, description = "That instant was not made readable, or nobody is known to have worked for the company.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_global_leaderboard(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<BoardParameters>,
) -> Result<Response, Problem> {
    answer_leaderboard(&api, &headers, ScopeName::Global, &given).await
}

/// The leaderboard of one repository
///
/// A former name leads to the repository that bears it no more, unless another
/// bears it now; `meta.scope` says which repository was found.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/repositories/{owner}/{name}", tag = "leaderboards",
    operation_id = "getRepositoryLeaderboard",
    params(
        ("owner" = String, Path, description = "The owner; case does not matter.", example = "rails"),
        ("name" = String, Path, description = "The name; case does not matter.", example = "rails"),
        BoardParameters,
    ),
    responses(
        (status = 200, description = "A page of the board.", body = Leaderboard),
        (status = 404, description = "No such repository has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_repository_leaderboard(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((owner, name)): PathParts<(String, String)>,
    Parameters(given): Parameters<BoardParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Repository(format!("{owner}/{name}"));
    answer_leaderboard(&api, &headers, scope, &given).await
}

/// The leaderboard of an organization
///
/// Over all repositories whose present owner it is. Scores are the sums of the
/// scores in each repository.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/organizations/{org}", tag = "leaderboards",
    operation_id = "getOrganizationLeaderboard",
    params(
        ("org" = String, Path, description = "The owner of the repositories; case does not matter.", example = "rails"),
        BoardParameters,
    ),
    responses(
        (status = 200, description = "A page of the board.", body = Leaderboard),
        (status = 404, description = "No repository of such an owner has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_organization_leaderboard(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(organization): PathParts<String>,
    Parameters(given): Parameters<BoardParameters>,
) -> Result<Response, Problem> {
    answer_leaderboard(
        &api,
        &headers,
        ScopeName::Organization(organization),
        &given,
    )
    .await
}

/// The leaderboard of a named group of repositories
///
/// Over the repositories that a decision gathered under the name. Scores are
/// the sums of the scores in each repository.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/groups/{group}", tag = "leaderboards",
    operation_id = "getGroupLeaderboard",
    params(
        ("group" = String, Path, description = "The group's name.", example = "web"),
        BoardParameters,
    ),
    responses(
        (status = 200, description = "A page of the board.", body = Leaderboard),
        (status = 404, description = "No such group has been defined.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_group_leaderboard(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(group): PathParts<String>,
    Parameters(given): Parameters<BoardParameters>,
) -> Result<Response, Problem> {
    answer_leaderboard(&api, &headers, ScopeName::Group(group), &given).await
}
