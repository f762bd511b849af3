//! What moved a contributor.

use axum::response::Response;
use domain::ClassFilter;

use super::{SharedApi, json_unkept};
use crate::api::Api;
use crate::parameters::{
    Parameters, PathParts, WhyParameters, read_class, read_instant, read_moment, read_period,
};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::why::{Why, WhyRequest, load_why};
use crate::target::ScopeName;

/// What moved a contributor between two instants
///
/// The place and the score then and afterwards, and what changed them: the
/// policy, who is taken for whom, corrections, what became known since of
/// before, what was done since, and what others did. Needs what was known at
/// each instant (`leaderboard replay as-of`).
#[utoipa::path(
    get, path = "/api/v1/contributors/{login}/why", tag = "contributors",
    operation_id = "askWhy",
    params(
        ("login" = String, Path, description = "As for a contributor.", example = "octocat"),
        WhyParameters,
    ),
    responses(
        (status = 200, description = "What moved the contributor.", body = Why),
        (status = 404, description = "No such contributor or scope has been seen, or an instant was not made readable.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn ask_why(
    api: SharedApi,
    PathParts(login): PathParts<String>,
    Parameters(given): Parameters<WhyParameters>,
) -> Result<Response, Problem> {
    let request = read_why(&api, &given)?;
    let _turn = api.turn_of_large_questions().await?;
    json_unkept(&load_why(&api, &login, &request).await?)
}

/// Whose place is asked about, and between which instants.
pub(crate) fn read_why(api: &Api, given: &WhyParameters) -> Result<WhyRequest, Problem> {
    let from = read_instant("from", &given.from)?
        .ok_or_else(|| Problem::parameter("from", "", "say since when, such as 2026-03-01"))?;
    let moment = read_moment(&given.to, "", api.now())?;
    Ok(WhyRequest {
        scope: ScopeName::parse(&given.scope)?,
        period: read_period(&given.period, moment.today)?,
        class: read_class(&given.class)?.unwrap_or(ClassFilter::Human),
        from,
        to: moment.as_of,
    })
}
