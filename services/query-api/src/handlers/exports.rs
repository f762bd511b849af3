//! Explanations as files.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::SharedApi;
use super::contributors::read_explain_request;
use crate::api::Api;
use crate::files::{FileForm, disposition};
use crate::parameters::{ExportParameters, Parameters, PathParts};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::explanation::{ExplainedResource, open_export};

async fn answer_export(
    api: &Api,
    login: &str,
    given: ExportParameters,
    form: FileForm,
) -> Result<Response, Problem> {
    let request = read_explain_request(api, &given.into())?;
    let body = open_export(api, login, &request, form).await?;
    // It is written once and not kept, here or on the way.
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(form.content_type()),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_DISPOSITION, disposition(login, form)),
    ];
    Ok((headers, body).into_response())
}

/// The contributions a score is made of, as a table
///
/// All of them, in the order of the explanation: a line of names, and one for
/// each contribution with all that the explanation says of it; `sources` is
/// JSON. The points add up to the score. A name that begins like a formula has
/// an apostrophe before it. A file that is broken off was not ended properly.
#[utoipa::path(
    get, path = "/api/v1/contributors/{login}/explain.csv", tag = "contributors",
    operation_id = "exportExplanationAsCsv",
    params(
        ("login" = String, Path, description = "As for a contributor.", example = "octocat"),
        ExportParameters,
    ),
    responses(
        (status = 200, description = "The table.", body = String, content_type = "text/csv"),
        (status = 404, description = "No such contributor, repository, organization or group has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The data cannot be reached in time, or as many files as there may be are being written.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export_explanation_as_csv(
    api: SharedApi,
    PathParts(login): PathParts<String>,
    Parameters(given): Parameters<ExportParameters>,
) -> Result<Response, Problem> {
    answer_export(&api, &login, given, FileForm::Csv).await
}

/// The contributions a score is made of, line by line
///
/// All of them, in the order of the explanation: each a JSON document on a line
/// of its own, as in the explanation. The points add up to the score. A file
/// that is broken off was not ended properly.
#[utoipa::path(
    get, path = "/api/v1/contributors/{login}/explain.ndjson", tag = "contributors",
    operation_id = "exportExplanationAsNdjson",
    params(
        ("login" = String, Path, description = "As for a contributor.", example = "octocat"),
        ExportParameters,
    ),
    responses(
        (status = 200, description = "One document a line.", body = ExplainedResource, content_type = "application/x-ndjson"),
        (status = 404, description = "No such contributor, repository, organization or group has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The data cannot be reached in time, or as many files as there may be are being written.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export_explanation_as_ndjson(
    api: SharedApi,
    PathParts(login): PathParts<String>,
    Parameters(given): Parameters<ExportParameters>,
) -> Result<Response, Problem> {
    answer_export(&api, &login, given, FileForm::Ndjson).await
}

/// The contributions a score is made of, as columns of exact types
///
/// All of them, in the order of the explanation, as Apache Parquet: points are
/// decimals, instants have microseconds, and `sources` is JSON. What no source
/// says is null. A file that is broken off cannot be read.
#[utoipa::path(
    get, path = "/api/v1/contributors/{login}/explain.parquet", tag = "contributors",
    operation_id = "exportExplanationAsParquet",
    params(
        ("login" = String, Path, description = "As for a contributor.", example = "octocat"),
        ExportParameters,
    ),
    responses(
        (status = 200, description = "The columns.", body = Vec<u8>, content_type = "application/vnd.apache.parquet"),
        (status = 404, description = "No such contributor, repository, organization or group has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The data cannot be reached in time, or as many files as there may be are being written.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export_explanation_as_parquet(
    api: SharedApi,
    PathParts(login): PathParts<String>,
    Parameters(given): Parameters<ExportParameters>,
) -> Result<Response, Problem> {
    answer_export(&api, &login, given, FileForm::Parquet).await
}
