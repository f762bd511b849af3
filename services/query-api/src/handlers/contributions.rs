//! Single contributions.

use axum::response::Response;
use domain::ContributionKind;
use domain::dispute::Disputed;
use uuid::Uuid;

use super::{SharedApi, json_unkept};
use crate::parameters::{AddressParameters, Parameters, PathParts};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::contribution::{
    AddressRequest, ContributionAnswer, Contributions, load_contribution, load_contributions_at,
};

/// The contributions at an address of GitHub
///
/// What a page of GitHub shows may be several contributions: a pull request was
/// opened by somebody, and merged. Each says how it stands: who is credited,
/// why, whether it counts, and by whom and why it was retracted if it was.
#[utoipa::path(
    get, path = "/api/v1/contributions", tag = "contributors",
    operation_id = "findContributions", params(AddressParameters),
    responses(
        (status = 200, description = "The contributions.", body = Contributions),
        (status = 404, description = "No contribution is known of this.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn find_contributions(
    api: SharedApi,
    Parameters(given): Parameters<AddressParameters>,
) -> Result<Response, Problem> {
    let named = Disputed::parse(&given.url).map_err(|_| {
        let allowed =
            "use the address of a pull request, review, issue, comment or commit on GitHub";
        Problem::parameter("url", &given.url, allowed)
    })?;
    let request = AddressRequest {
        named,
        kind: read_kind(&given.kind)?,
    };
    let mut snapshot = api.snapshot().await?;
    json_unkept(&load_contributions_at(&mut snapshot, &request).await?)
}

/// `None` where no kind is given.
fn read_kind(given: &str) -> Result<Option<ContributionKind>, Problem> {
    if given.is_empty() {
        return Ok(None);
    }
    given.parse().map(Some).map_err(|_| {
        let kinds = ContributionKind::ALL.map(ContributionKind::as_str);
        Problem::parameter("kind", given, format!("use one of {}", kinds.join(", ")))
    })
}

/// One contribution
///
/// How it stands now, and every decision about whether it counts.
#[utoipa::path(
    get, path = "/api/v1/contributions/{id}", tag = "contributors",
    operation_id = "getContribution",
    params(("id" = Uuid, Path, description = "The contribution's id.")),
    responses(
        (status = 200, description = "The contribution.", body = ContributionAnswer),
        (status = 400, description = "The id is no UUID.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "There is no such contribution.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_contribution(
    api: SharedApi,
    PathParts(given): PathParts<String>,
) -> Result<Response, Problem> {
    let id = Uuid::parse_str(&given)
        .map_err(|_| Problem::parameter("id", &given, "use the id of a contribution, a UUID"))?;
    let mut snapshot = api.snapshot().await?;
    json_unkept(&load_contribution(&mut snapshot, id).await?)
}
