//! Whole boards of companies as files.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::Response;

use super::SharedApi;
use super::board_files::answer_board;
use crate::api::Api;
use crate::parameters::{CompanyFileParameters, Parameters, PathParts};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::leaderboard::{CompanyEntry, CompanyLeaderboard, open_companies};
use crate::target::ScopeName;

async fn answer_companies(
    api: &Arc<Api>,
    headers: &HeaderMap,
    asked: (ScopeName, &str),
    given: CompanyFileParameters,
) -> Result<Response, Problem> {
    let open = |snapshot, request, form| open_companies(api, snapshot, request, form);
    answer_board::<CompanyLeaderboard, _>(api, headers, "companies", asked, &given.into(), open)
        .await
}

/// The whole board of companies over all repositories, as a file
///
/// Every company, as for the whole board of contributors; what was done for no
/// company that is known is in `Board-Meta`.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/global/companies/{file}", tag = "leaderboards",
    operation_id = "exportGlobalCompanies",
    params(
        ("file" = String, Path),
        CompanyFileParameters,
    ),
    responses(
        (status = 200, description = "The whole board.", body = CompanyEntry, content_type = "application/x-ndjson"),
        (status = 404, description = "There is no such file, or that instant was not made readable.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export_global_companies(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(file): PathParts<String>,
    Parameters(given): Parameters<CompanyFileParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Global;
    answer_companies(&api, &headers, (scope, &file), given).await
}

/// The whole board of companies of one repository, as a file
///
/// Every company, as for the whole board of contributors; what was done for no
/// company that is known is in `Board-Meta`.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/repositories/{owner}/{name}/companies/{file}", tag = "leaderboards",
    operation_id = "exportRepositoryCompanies",
    params(
        ("owner" = String, Path, description = "The owner; case does not matter.", example = "rails"),
        ("name" = String, Path, description = "The name; case does not matter.", example = "rails"),
        ("file" = String, Path),
        CompanyFileParameters,
    ),
    responses(
        (status = 200, description = "The whole board.", body = CompanyEntry, content_type = "application/x-ndjson"),
        (status = 404, description = "No such repository has been seen, or there is no such file.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export_repository_companies(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((owner, name, file)): PathParts<(String, String, String)>,
    Parameters(given): Parameters<CompanyFileParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Repository(format!("{owner}/{name}"));
    answer_companies(&api, &headers, (scope, &file), given).await
}

/// The whole board of companies of an organization, as a file
///
/// Every company, as for the whole board of contributors; what was done for no
/// company that is known is in `Board-Meta`.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/organizations/{org}/companies/{file}", tag = "leaderboards",
    operation_id = "exportOrganizationCompanies",
    params(
        ("org" = String, Path, description = "The owner of the repositories; case does not matter.", example = "rails"),
        ("file" = String, Path),
        CompanyFileParameters,
    ),
    responses(
        (status = 200, description = "The whole board.", body = CompanyEntry, content_type = "application/x-ndjson"),
        (status = 404, description = "No repository of such an owner has been seen, or there is no such file.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export_organization_companies(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((organization, file)): PathParts<(String, String)>,
    Parameters(given): Parameters<CompanyFileParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Organization(organization);
    answer_companies(&api, &headers, (scope, &file), given).await
}

/// The whole board of companies of a named group of repositories, as a file
///
/// Every company, as for the whole board of contributors; what was done for no
/// company that is known is in `Board-Meta`.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/groups/{group}/companies/{file}", tag = "leaderboards",
    operation_id = "exportGroupCompanies",
    params(
        ("group" = String, Path, description = "The group's name.", example = "web"),
        ("file" = String, Path),
        CompanyFileParameters,
    ),
    responses(
        (status = 200, description = "The whole board.", body = CompanyEntry, content_type = "application/x-ndjson"),
        (status = 404, description = "No such group has been defined, or there is no such file.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export_group_companies(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((group, file)): PathParts<(String, String)>,
    Parameters(given): Parameters<CompanyFileParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Group(group);
    answer_companies(&api, &headers, (scope, &file), given).await
}
