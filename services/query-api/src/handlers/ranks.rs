//! Ranks: where one contributor stands on a board, and nothing else.

use axum::http::HeaderMap;
use axum::response::Response;

use super::{SharedApi, json_body};
use crate::answer::answer_anew;
use crate::api::Api;
use crate::parameters::{
    Parameters, PathParts, RankParameters, read_class, read_metric, read_moment, read_period,
};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::rank::{RankAnswer, RankRequest, load_rank};
use crate::target::ScopeName;

async fn answer_rank(
    api: &Api,
    headers: &HeaderMap,
    scope: ScopeName,
    contributor: String,
    given: &RankParameters,
) -> Result<Response, Problem> {
    let moment = read_moment(&given.as_of, &given.on, api.now())?;
    let request = RankRequest {
        as_of: moment.as_of,
        scope,
        contributor,
        period: read_period(&given.period, moment.today)?,
        metric: read_metric("kind", &given.kind)?,
        class: read_class(&given.class)?.unwrap_or_default(),
    };
    let (version, answer) = load_rank(api, &request).await?;
    let (version, body) = json_body(version, &answer)?;
    Ok(answer_anew(headers, version, body))
}

/// A contributor's rank over all repositories
///
/// The place alone, whatever the size of the board. Boards that are asked for
/// often are kept in memory and follow the data; `meta.version` says which
/// version of it an answer is of.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/global/ranks/{login}", tag = "leaderboards",
    operation_id = "getGlobalRank",
    params(
        ("login" = String, Path, description = "A login (case does not matter; former ones are known too), `id:` and a numeric account id, or `@` and the login of an account without known id.", example = "octocat"),
        RankParameters,
    ),
    responses(
        (status = 200, description = "The place.", body = RankAnswer),
        (status = 404, description = "No such contributor has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_global_rank(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(login): PathParts<String>,
    Parameters(given): Parameters<RankParameters>,
) -> Result<Response, Problem> {
    answer_rank(&api, &headers, ScopeName::Global, login, &given).await
}

/// A contributor's rank in one repository
///
/// The place alone, on the board that this repository has.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/repositories/{owner}/{name}/ranks/{login}",
    tag = "leaderboards", operation_id = "getRepositoryRank",
    params(
        ("owner" = String, Path, description = "The owner; case does not matter.", example = "rails"),
        ("name" = String, Path, description = "The name; case does not matter.", example = "rails"),
        ("login" = String, Path, description = "As for the rank over all repositories.", example = "octocat"),
        RankParameters,
    ),
    responses(
        (status = 200, description = "The place.", body = RankAnswer),
        (status = 404, description = "No such repository or contributor has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_repository_rank(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((owner, name, login)): PathParts<(String, String, String)>,
    Parameters(given): Parameters<RankParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Repository(format!("{owner}/{name}"));
    answer_rank(&api, &headers, scope, login, &given).await
}

/// A contributor's rank in an organization
///
/// The place alone, on the board over all repositories whose present owner it
/// is.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/organizations/{org}/ranks/{login}", tag = "leaderboards",
    operation_id = "getOrganizationRank",
    params(
        ("org" = String, Path, description = "The owner of the repositories; case does not matter.", example = "rails"),
        ("login" = String, Path, description = "As for the rank over all repositories.", example = "octocat"),
        RankParameters,
    ),
    responses(
        (status = 200, description = "The place.", body = RankAnswer),
        (status = 404, description = "No repository of such an owner, or no such contributor, has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_organization_rank(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((organization, login)): PathParts<(String, String)>,
    Parameters(given): Parameters<RankParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Organization(organization);
    answer_rank(&api, &headers, scope, login, &given).await
}

/// A contributor's rank in a named group of repositories
///
/// The place alone, on the board of the group.
#[utoipa::path(
    get, path = "/api/v1/leaderboards/groups/{group}/ranks/{login}", tag = "leaderboards",
    operation_id = "getGroupRank",
    params(
        ("group" = String, Path, description = "The group's name.", example = "web"),
        ("login" = String, Path, description = "As for the rank over all repositories.", example = "octocat"),
        RankParameters,
    ),
    responses(
        (status = 200, description = "The place.", body = RankAnswer),
        (status = 404, description = "No such group has been defined, or no such contributor has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_group_rank(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((group, login)): PathParts<(String, String)>,
    Parameters(given): Parameters<RankParameters>,
) -> Result<Response, Problem> {
    answer_rank(&api, &headers, ScopeName::Group(group), login, &given).await
}
