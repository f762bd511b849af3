//! Whole boards as files: of everything, of a repository, of an organization,
//! of a group.

use std::fmt::Debug;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use domain::{ClassFilter, Metric};

use super::SharedApi;
use super::leaderboards::read_board_request;
use crate::answer::Head;
use crate::api::Api;
use crate::cursor::List;
use crate::files::{FileForm, disposition};
use crate::parameters::{BoardFileParameters, BoardParameters, Parameters, PathParts};
use crate::problem::{Problem, ProblemDetails, ProblemKind};
use crate::queries::snapshot::Snapshot;
use crate::resources::leaderboard::{
    BoardFile, BoardMeta, BoardRequest, Entry, Leaderboard, open_board,
};
use crate::target::ScopeName;

/// The last sequence of the log that is counted.
pub(crate) const BOARD_VERSION: HeaderName = HeaderName::from_static("board-version");

/// How many rows there are.
pub(crate) const BOARD_MEMBERS: HeaderName = HeaderName::from_static("board-members");

/// How completely the period was seen.
pub(crate) const BOARD_COVERAGE: HeaderName = HeaderName::from_static("board-coverage");

/// What the board is, and what it is computed from.
pub(crate) const BOARD_META: HeaderName = HeaderName::from_static("board-meta");

/// What files of boards are called in their addresses.
pub(crate) const BOARD_FILES: [&str; 3] = ["board.csv", "board.ndjson", "board.parquet"];

/// Reads the name of a file.
fn read_file(given: &str) -> Result<FileForm, Problem> {
    let named = BOARD_FILES.iter().zip(FileForm::ALL);
    let form = named.filter(|(name, _)| **name == given);
    form.map(|(_, form)| form).next().ok_or_else(|| {
        let files = BOARD_FILES.join(", ");
        let detail = format!("There is no such file of a board; there are {files}");
        Problem::new(ProblemKind::NoSuchPage, detail)
    })
}

/// Answers with a whole board, whatever its rows are, which `sort` names: `open` makes
/// the file of what was asked for.
pub(super) async fn answer_board<Board: List, Opening>(
    api: &Arc<Api>,
    headers: &HeaderMap,
    sort: &'static str,
    (scope, file): (ScopeName, &str),
    given: &BoardParameters,
    open: impl FnOnce(Snapshot, BoardRequest<Board::Place>, FileForm) -> Opening,
) -> Result<Response, Problem>
where
    Board::Place: Debug,
    Opening: Future<Output = Result<BoardFile, Problem>>,
{
    let form = read_file(file)?;
    let request = read_board_request::<Board>(api, scope, given)?;
    let key = format!("{sort} {file} {request:?}");
    let snapshot = api.snapshot_of(request.as_of).await?;
    let head = Head::of(api, snapshot.version(), &key, form.content_type());
    if head.is_known(headers) {
        return Ok(head.not_modified());
    }
    let file = open(snapshot, request, form).await?;
    Ok(answer_file(head, file, form, sort))
}

/// Sends a board that was opened.
fn answer_file(head: Head, file: BoardFile, form: FileForm, sort: &str) -> Response {
    let BoardFile {
        meta,
        described,
        body,
    } = file;
    let name = name_of(&meta, sort);
    let mut response = head.with(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, disposition(&name, form));
    headers.insert(BOARD_VERSION, HeaderValue::from(meta.version));
    headers.insert(BOARD_MEMBERS, HeaderValue::from(meta.members));
    let verdict = HeaderValue::from_static(meta.coverage.verdict.as_str());
    headers.insert(BOARD_COVERAGE, verdict);
    if let Ok(described) = HeaderValue::try_from(described) {
        headers.insert(BOARD_META, described);
    }
    response
}

/// What a file is called where it is kept: by what the board is of.
fn name_of(meta: &BoardMeta, sort: &str) -> String {
    let mut parts = vec![meta.scope.name.replace('/', "-"), sort.to_owned()];
    let company = meta.company.as_ref();
    parts.extend(company.map(|company| company.name.replace(' ', "-")));
    parts.push(meta.period.name.clone());
    if meta.metric != Metric::Score {
        parts.push(meta.metric.to_string());
    }
    if meta.class != ClassFilter::default() {
        parts.push(meta.class.as_str().to_owned());
    }
    parts.join("_")
}

async fn answer_contributors(
    api: &Arc<Api>,
    headers: &HeaderMap,
    asked: (ScopeName, &str),
    given: BoardFileParameters,
) -> Result<Response, Problem> {
    let open = |snapshot, request, form| open_board(api, snapshot, request, form);
    answer_board::<Leaderboard, _>(api, headers, "contributors", asked, &given.into(), open).await
}

/// The whole leaderboard over all repositories, as a file
///
/// Every row, in the order of the board, of one moment: as comma-separated
/// values with a column for each kind of contribution, as JSON documents line
/// by line, or as Apache Parquet, in which scores are decimals. In the first,
/// a name that begins like a formula has an apostrophe before it. What the
/// board is, and what it is computed from, stands in the header `Board-Meta`,
/// and in Parquet under the key `leaderboard.meta`. A file that is broken off
/// was not ended properly.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/global/{file}", tag = "leaderboards",
    operation_id = "exportGlobalLeaderboard",
    params(
        ("file" = String, Path),
        BoardFileParameters,
    ),
    responses(
        (status = 200, description = "The whole board.", body = Entry, content_type = "application/x-ndjson"),
        (status = 404, description = "There is no such file, that instant was not made readable, or nobody is known to have worked for the company.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export_global_leaderboard(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(file): PathParts<String>,
    Parameters(given): Parameters<BoardFileParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Global;
    answer_contributors(&api, &headers, (scope, &file), given).await
}

/// The whole leaderboard of one repository, as a file
///
/// As over all repositories.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/repositories/{owner}/{name}/{file}", tag = "leaderboards",
    operation_id = "exportRepositoryLeaderboard",
    params(
        ("owner" = String, Path, description = "The owner; case does not matter.", example = "rails"),
        ("name" = String, Path, description = "The name; case does not matter.", example = "rails"),
        ("file" = String, Path),
        BoardFileParameters,
    ),
    responses(
        (status = 200, description = "The whole board.", body = Entry, content_type = "application/x-ndjson"),
        (status = 404, description = "No such repository has been seen, or there is no such file.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export_repository_leaderboard(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((owner, name, file)): PathParts<(String, String, String)>,
    Parameters(given): Parameters<BoardFileParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Repository(format!("{owner}/{name}"));
    answer_contributors(&api, &headers, (scope, &file), given).await
}

/// The whole leaderboard of an organization, as a file
///
/// As over all repositories.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/organizations/{org}/{file}", tag = "leaderboards",
    operation_id = "exportOrganizationLeaderboard",
    params(
        ("org" = String, Path, description = "The owner of the repositories; case does not matter.", example = "rails"),
        ("file" = String, Path),
        BoardFileParameters,
    ),
    responses(
        (status = 200, description = "The whole board.", body = Entry, content_type = "application/x-ndjson"),
        (status = 404, description = "No repository of such an owner has been seen, or there is no such file.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export_organization_leaderboard(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((organization, file)): PathParts<(String, String)>,
    Parameters(given): Parameters<BoardFileParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Organization(organization);
    answer_contributors(&api, &headers, (scope, &file), given).await
}

/// The whole leaderboard of a named group of repositories, as a file
///
/// As over all repositories.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/groups/{group}/{file}", tag = "leaderboards",
    operation_id = "exportGroupLeaderboard",
    params(
        ("group" = String, Path, description = "The group's name.", example = "web"),
        ("file" = String, Path),
        BoardFileParameters,
    ),
    responses(
        (status = 200, description = "The whole board.", body = Entry, content_type = "application/x-ndjson"),
        (status = 404, description = "No such group has been defined, or there is no such file.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export_group_leaderboard(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((group, file)): PathParts<(String, String)>,
    Parameters(given): Parameters<BoardFileParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Group(group);
    answer_contributors(&api, &headers, (scope, &file), given).await
}
