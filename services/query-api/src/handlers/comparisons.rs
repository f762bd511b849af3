//! Contributors, or repositories, side by side.

use axum::http::HeaderMap;
use axum::response::Response;
use chrono::NaiveDate;
use domain::ClassFilter;

use super::{SharedApi, json_body};
use crate::answer::{Form, answer};
use crate::parameters::{
    CompareContributorsParameters, CompareRepositoriesParameters, Moment, Parameters, read_class,
    read_metric, read_moment, read_names, read_period,
};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::comparison::{
    ComparisonRequest, ContributorComparison, RepositoryComparison, compare_contributors,
    compare_repositories,
};

/// Contributors side by side
///
/// What each of up to five did in all repositories, what it is worth, and when.
#[utoipa::path(
    get, path = "/api/v1/compare/contributors", tag = "contributors",
    operation_id = "compareContributors",
    params(CompareContributorsParameters),
    responses(
        (status = 200, description = "The contributors, in the order in which they were named.", body = ContributorComparison),
        (status = 404, description = "Somebody who was named has not been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_contributor_comparison(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<CompareContributorsParameters>,
) -> Result<Response, Problem> {
    let Moment { as_of, today } = read_moment(&given.as_of, &given.on, api.now())?;
    let request = read_request(&given.names, &given.period, &given.kind, today)?;
    let key = format!("compare contributors {request:?} {as_of:?}");
    answer(&api, &headers, Form::Json, key, async {
        let mut snapshot = api.snapshot_of(as_of).await?;
        let compared = compare_contributors(&api, &mut snapshot, &request).await?;
        json_body(snapshot.version(), &compared)
    })
    .await
}

/// Repositories side by side
///
/// What was done in each of up to five, what it is worth, and when.
#[utoipa::path(
    get, path = "/api/v1/compare/repositories", tag = "repositories",
    operation_id = "compareRepositories",
    params(CompareRepositoriesParameters),
    responses(
        (status = 200, description = "The repositories, in the order in which they were named.", body = RepositoryComparison),
        (status = 404, description = "A repository that was named has not been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_repository_comparison(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<CompareRepositoriesParameters>,
) -> Result<Response, Problem> {
    let Moment { as_of, today } = read_moment(&given.as_of, &given.on, api.now())?;
    let request = read_request(&given.names, &given.period, &given.kind, today)?;
    let class = read_class(&given.class)?.unwrap_or(ClassFilter::Everyone);
    let key = format!("compare repositories {request:?} {class:?} {as_of:?}");
    answer(&api, &headers, Form::Json, key, async {
        let mut snapshot = api.snapshot_of(as_of).await?;
        let compared = compare_repositories(&api, &mut snapshot, &request, class).await?;
        json_body(snapshot.version(), &compared)
    })
    .await
}

fn read_request(
    names: &str,
    period: &str,
    kind: &str,
    today: NaiveDate,
) -> Result<ComparisonRequest, Problem> {
    Ok(ComparisonRequest {
        names: read_names(names)?,
        period: read_period(period, today)?,
        metric: read_metric("kind", kind)?,
    })
}
