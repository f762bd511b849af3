//! Explanations as files.

use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::SharedApi;
use super::contributors::read_explain_request;
use crate::api::Api;
use crate::parameters::{ExportParameters, Parameters, PathParts};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::explanation::{ExplainedResource, ExportForm, open_export};

async fn answer_export(
    api: &Arc<Api>,
    login: &str,
    given: ExportParameters,
    form: ExportForm,
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

/// Names the file.
fn disposition(login: &str, form: ExportForm) -> HeaderValue {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "-_.".contains(*letter);
    let plain: String = login.chars().filter(is_plain).take(60).collect();
    let name = format!("attachment; filename=\"{plain}.{}\"", form.extension());
    // Letters and digits are always a header's value.
    HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("attachment"))
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
        (status = 400, description = "A parameter is not valid.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No such contributor, repository, organization or group has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The data cannot be reached in time, or as many files as there may be are being written.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export_explanation_as_csv(
    api: SharedApi,
    PathParts(login): PathParts<String>,
    Parameters(given): Parameters<ExportParameters>,
) -> Result<Response, Problem> {
    answer_export(&api, &login, given, ExportForm::Csv).await
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
        (status = 400, description = "A parameter is not valid.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No such contributor, repository, organization or group has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The data cannot be reached in time, or as many files as there may be are being written.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export_explanation_as_ndjson(
    api: SharedApi,
    PathParts(login): PathParts<String>,
    Parameters(given): Parameters<ExportParameters>,
) -> Result<Response, Problem> {
    answer_export(&api, &login, given, ExportForm::Ndjson).await
}
