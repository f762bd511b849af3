//! Contributors and the explanation of their scores.

use axum::http::HeaderMap;
use axum::response::Response;

use super::{SharedApi, json_body};
use crate::answer::{Form, answer};
use crate::api::Api;
use crate::cursor::List;
use crate::parameters::{
    ExplainParameters, Moment, Parameters, PathParts, ProfileParameters, read_capped, read_class,
    read_limit, read_metric, read_moment, read_period, read_repository,
};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::contributor::{ContributorAnswer, load_contributor};
use crate::resources::explanation::{ExplainRequest, Explanation, load_explanation};
use crate::target::ScopeName;

/// A contributor
///
/// Who it is, where it stands on the boards over all repositories, what it
/// did, who stands next to it, and the repositories it is strongest in.
#[utoipa::path(
    get, path = "/api/v1/contributors/{login}", tag = "contributors",
    operation_id = "getContributor",
    params(
        ("login" = String, Path, description = "A login (case does not matter; former ones are known too), `id:` and a numeric account id, or `@` and the login of an account without known id.", example = "octocat"),
        ProfileParameters,
    ),
    responses(
        (status = 200, description = "The contributor.", body = ContributorAnswer),
        (status = 404, description = "No such contributor has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_contributor(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(login): PathParts<String>,
    Parameters(given): Parameters<ProfileParameters>,
) -> Result<Response, Problem> {
    let Moment { as_of, today } = read_moment(&given.as_of, &given.on, api.now())?;
    let period = match given.period.as_str() {
        "" => None,
        period => Some(read_period(period, today)?),
    };
    let class = read_class(&given.class)?;
    let request = format!("contributor {login:?} {period:?} {class:?} {as_of:?}");
    answer(&api, &headers, Form::Json, request, async {
        let mut snapshot = api.snapshot_of(as_of).await?;
        let found = load_contributor(&api, &mut snapshot, &login, period, class).await?;
        json_body(snapshot.version(), &found)
    })
    .await
}

/// Reads which score is to be explained.
pub(crate) fn read_explain_request(
    api: &Api,
    given: &ExplainParameters,
) -> Result<ExplainRequest, Problem> {
    let moment = read_moment(&given.as_of, &given.on, api.now())?;
    Ok(ExplainRequest {
        as_of: moment.as_of,
        scope: ScopeName::parse(&given.scope)?,
        period: read_period(&given.period, moment.today)?,
        metric: read_metric("kind", &given.kind)?,
        repository: read_repository(&given.repository)?,
        capped: read_capped(&given.capped)?,
        limit: read_limit(&given.limit)?,
        after: Explanation::read_cursor(&given.cursor)?,
    })
}

/// The contributions a score is made of
///
/// Every contribution with its points, the rule that gives them, where it was
/// seen and where to check it. Their sum is the score on the board;
/// `meta.totals.agrees` says so, whatever part of them is listed.
#[utoipa::path(
    get, path = "/api/v1/contributors/{login}/explain", tag = "contributors",
    operation_id = "explainContributor",
    params(
        ("login" = String, Path, description = "As for a contributor.", example = "octocat"),
        ExplainParameters,
    ),
    responses(
        (status = 200, description = "A page of contributions; totals are over all pages.", body = Explanation),
        (status = 404, description = "No such contributor, repository or organization has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn explain_contributor(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(login): PathParts<String>,
    Parameters(given): Parameters<ExplainParameters>,
) -> Result<Response, Problem> {
    let request = read_explain_request(&api, &given)?;
    let key = format!("explain {login:?} {request:?}");
    answer(&api, &headers, Form::Json, key, async {
        let mut snapshot = api.snapshot_of(request.as_of).await?;
        let explanation = load_explanation(&api, &mut snapshot, &login, &request).await?;
        json_body(snapshot.version(), &explanation)
    })
    .await
}
