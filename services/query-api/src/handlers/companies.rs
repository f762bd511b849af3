//! Boards of companies: of everything, of a repository, of an organization, of
//! a group.

use axum::http::HeaderMap;
use axum::response::Response;

use super::leaderboards::read_board_request;
use super::{SharedApi, json_body};
use crate::answer::{Form, answer};
use crate::api::Api;
use crate::parameters::{CompanyBoardParameters, Parameters, PathParts};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::leaderboard::{CompanyLeaderboard, load_company_leaderboard};
use crate::target::ScopeName;

async fn answer_companies(
    api: &Api,
    headers: &HeaderMap,
    scope: ScopeName,
    given: CompanyBoardParameters,
) -> Result<Response, Problem> {
    let request = read_board_request::<CompanyLeaderboard>(api, scope, &given.into())?;
    let key = format!("companies {request:?}");
    answer(api, headers, Form::Json, key, async {
        let mut snapshot = api.snapshot_of(request.as_of).await?;
        let board = load_company_leaderboard(api, &mut snapshot, &request).await?;
        json_body(snapshot.version(), &board)
    })
    .await
}

/// The companies that people contributed for
///
/// What somebody did counts for the company that they worked for on the day, as
/// decisions say; what was done for no company that is known stands apart.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/global/companies", tag = "leaderboards",
    operation_id = "getGlobalCompanies",
    params(
        CompanyBoardParameters,
    ),
    responses(
        (status = 200, description = "A page of the board.", body = CompanyLeaderboard),
        (status = 404, description = "Nothing was made readable of that instant.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_global_companies(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<CompanyBoardParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Global;
    answer_companies(&api, &headers, scope, given).await
}

/// The companies that people contributed to one repository for
///
/// As over all repositories.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/repositories/{owner}/{name}/companies", tag = "leaderboards",
    operation_id = "getRepositoryCompanies",
    params(
        ("owner" = String, Path, description = "The owner; case does not matter.", example = "rails"),
        ("name" = String, Path, description = "The name; case does not matter.", example = "rails"),
        CompanyBoardParameters,
    ),
    responses(
        (status = 200, description = "A page of the board.", body = CompanyLeaderboard),
        (status = 404, description = "No such repository has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_repository_companies(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((owner, name)): PathParts<(String, String)>,
    Parameters(given): Parameters<CompanyBoardParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Repository(format!("{owner}/{name}"));
    answer_companies(&api, &headers, scope, given).await
}

/// The companies that people contributed to an organization for
///
/// As over all repositories, of those whose present owner it is.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/organizations/{org}/companies", tag = "leaderboards",
    operation_id = "getOrganizationCompanies",
    params(
        ("org" = String, Path, description = "The owner of the repositories; case does not matter.", example = "rails"),
        CompanyBoardParameters,
    ),
    responses(
        (status = 200, description = "A page of the board.", body = CompanyLeaderboard),
        (status = 404, description = "No repository of such an owner has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_organization_companies(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(organization): PathParts<String>,
    Parameters(given): Parameters<CompanyBoardParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Organization(organization);
    answer_companies(&api, &headers, scope, given).await
}

/// The companies that people contributed to a named group of repositories for
///
/// As over all repositories, of those that a decision gathered under the name,
/// by the policy of the group.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/groups/{group}/companies", tag = "leaderboards",
    operation_id = "getGroupCompanies",
    params(
        ("group" = String, Path, description = "The group's name.", example = "web"),
        CompanyBoardParameters,
    ),
    responses(
        (status = 200, description = "A page of the board.", body = CompanyLeaderboard),
        (status = 404, description = "No such group has been defined.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_group_companies(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(group): PathParts<String>,
    Parameters(given): Parameters<CompanyBoardParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Group(group);
    answer_companies(&api, &headers, scope, given).await
}
