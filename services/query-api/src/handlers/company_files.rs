//! Whole boards of companies as files.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::Response;
use domain::CompanyStanding;

use super::SharedApi;
use super::board_files::{answer_file, read_file};
use super::leaderboards::read_board_request;
use crate::answer::Head;
use crate::api::Api;
use crate::parameters::{CompanyFileParameters, Parameters, PathParts};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::leaderboard::{BoardRequest, CompanyEntry, open_companies};
use crate::target::ScopeName;

async fn answer_companies(
    api: &Arc<Api>,
    headers: &HeaderMap,
    scope: ScopeName,
    file: &str,
    given: CompanyFileParameters,
) -> Result<Response, Problem> {
    let form = read_file(file)?;
    let request: BoardRequest<CompanyStanding> = read_board_request(api, scope, &given.into())?;
    let key = format!("companies {file} {request:?}");
    let snapshot = api.snapshot_of(request.as_of).await?;
    let head = Head::of(api, snapshot.version(), &key, form.content_type());
    if head.is_known(headers) {
        return Ok(head.not_modified());
    }
    let file = open_companies(api, snapshot, request, form).await?;
    Ok(answer_file(head, file, form, "companies"))
}

/// The whole board of companies over all repositories, as a file
///
/// Every company, as for the whole board of contributors; what was done for no
/// company that is known is in `Board-Meta`.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/global/companies/{file}", tag = "leaderboards",
    operation_id = "exportGlobalCompanies",
    params(
        ("file" = String, Path, description = "The form: a table, documents, or columns.", example = "board.csv"),
        CompanyFileParameters,
    ),
    responses(
        (
            status = 200, description = "The whole board.",
            content((String = "text/csv"), (CompanyEntry = "application/x-ndjson"), (Vec<u8> = "application/vnd.apache.parquet")),
        ),
        (status = 304, description = "What `If-None-Match` names is still current."),
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
    answer_companies(&api, &headers, scope, &file, given).await
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
        ("file" = String, Path, description = "The form: a table, documents, or columns.", example = "board.csv"),
        CompanyFileParameters,
    ),
    responses(
        (
            status = 200, description = "The whole board.",
            content((String = "text/csv"), (CompanyEntry = "application/x-ndjson"), (Vec<u8> = "application/vnd.apache.parquet")),
        ),
        (status = 304, description = "What `If-None-Match` names is still current."),
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
    answer_companies(&api, &headers, scope, &file, given).await
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
        ("file" = String, Path, description = "The form: a table, documents, or columns.", example = "board.csv"),
        CompanyFileParameters,
    ),
    responses(
        (
            status = 200, description = "The whole board.",
            content((String = "text/csv"), (CompanyEntry = "application/x-ndjson"), (Vec<u8> = "application/vnd.apache.parquet")),
        ),
        (status = 304, description = "What `If-None-Match` names is still current."),
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
    answer_companies(&api, &headers, scope, &file, given).await
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
        ("file" = String, Path, description = "The form: a table, documents, or columns.", example = "board.csv"),
        CompanyFileParameters,
    ),
    responses(
        (
            status = 200, description = "The whole board.",
            content((String = "text/csv"), (CompanyEntry = "application/x-ndjson"), (Vec<u8> = "application/vnd.apache.parquet")),
        ),
        (status = 304, description = "What `If-None-Match` names is still current."),
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
    answer_companies(&api, &headers, scope, &file, given).await
}
