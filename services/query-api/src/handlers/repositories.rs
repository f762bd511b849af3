//! Repositories.

use axum::http::HeaderMap;
use axum::response::Response;
use domain::ClassFilter;

use super::{SharedApi, json_body};
use crate::answer::{Form, answer};
use crate::parameters::{
    Moment, Parameters, PathParts, RepositoryListParameters, RepositoryParameters, read_class,
    read_moment, read_period,
};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::repositories::{Repositories, load_repositories};
use crate::resources::repository::{RepositoryAnswer, load_repository};

/// Repositories
///
/// All that anything was seen of, and those that are tracked, by name: how many
/// contributed to each, when last, and how much of it was seen.
#[utoipa::path(
    get, path = "/api/v1/repositories", tag = "repositories",
    operation_id = "listRepositories", params(RepositoryListParameters),
    responses(
        (status = 200, description = "A page of repositories.", body = Repositories),
    )
)]
pub(crate) async fn list_repositories(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<RepositoryListParameters>,
) -> Result<Response, Problem> {
    let wanted = given.wanted()?;
    let request = format!("repositories {wanted:?}");
    answer(&api, &headers, Form::Json, request, async {
        let mut snapshot = api.snapshot().await?;
        let listed = load_repositories(&api, &mut snapshot, &wanted).await?;
        json_body(snapshot.version(), &listed)
    })
    .await
}

/// A repository
///
/// What it is and was called, what everybody did in it, and what nobody is
/// credited for yet.
#[utoipa::path(
    get, path = "/api/v1/repositories/{owner}/{name}", tag = "repositories",
    operation_id = "getRepository",
    params(
        ("owner" = String, Path, description = "The owner; case does not matter.", example = "rails"),
        ("name" = String, Path, description = "The name; case does not matter, former ones are known too.", example = "rails"),
        RepositoryParameters,
    ),
    responses(
        (status = 200, description = "The repository.", body = RepositoryAnswer),
        (status = 404, description = "No such repository has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_repository(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((owner, name)): PathParts<(String, String)>,
    Parameters(given): Parameters<RepositoryParameters>,
) -> Result<Response, Problem> {
    let Moment { as_of, today } = read_moment(&given.as_of, &given.on, api.now())?;
    let period = read_period(&given.period, today)?;
    let class = read_class(&given.class)?.unwrap_or(ClassFilter::Everyone);
    let name = format!("{owner}/{name}");
    let request = format!("repository {name:?} {period:?} {class:?} {as_of:?}");
    answer(&api, &headers, Form::Json, request, async {
        let mut snapshot = api.snapshot_of(as_of).await?;
        let found = load_repository(&api, &mut snapshot, &name, period, class).await?;
        json_body(snapshot.version(), &found)
    })
    .await
}
