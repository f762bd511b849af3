//! Signed snapshots of boards, in the order of the boards' own addresses.

use axum::http::HeaderMap;
use axum::response::Response;

use super::{SharedApi, json_unkept};
use crate::answer::{Form, answer};
use crate::api::Api;
use crate::parameters::{
    NoParameters, Parameters, PathParts, SnapshotParameters, read_class, read_metric, read_period,
    read_snapshot_limit,
};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::leaderboard::BoardRequest;
use crate::resources::snapshot::{
    SignedSnapshotSchema, SnapshotKeyAnswer, load_signed, signing_key, verifying_key,
};
use crate::target::ScopeName;

async fn answer_snapshot(
    api: &Api,
    headers: &HeaderMap,
    scope: ScopeName,
    given: &SnapshotParameters,
) -> Result<Response, Problem> {
    // Whoever has no key reads no board for nothing.
    signing_key(api)?;
    let request = BoardRequest {
        as_of: None,
        scope,
        period: read_period(&given.period, api.now().date_naive())?,
        metric: read_metric("kind", &given.kind)?,
        class: read_class(&given.class)?.unwrap_or_default(),
        company: None,
        limit: read_snapshot_limit(&given.limit)?,
        after: None,
    };
    let key = format!("snapshot {request:?}");
    answer(api, headers, Form::Json, key, async {
        let mut snapshot = api.snapshot().await?;
        let file = load_signed(api, &mut snapshot, &request).await?;
        Ok((snapshot.version(), file))
    })
    .await
}

/// A signed snapshot of the board over all repositories
///
/// The whole board, or its first rows and that there are more, with the policy,
/// the coverage and a digest of everything it was computed from, signed. The
/// body is canonical JSON (RFC 8785): kept as it is, byte for byte, it can be
/// verified by anybody who has the public key, at any time and without asking
/// anybody (`leaderboard verify`).
#[utoipa::path(
    get, path = "/api/v1/snapshots/global", tag = "snapshots",
    operation_id = "getGlobalSnapshot", params(SnapshotParameters),
    responses(
        (status = 200, description = "The signed snapshot.", body = SignedSnapshotSchema),
        (status = 404, description = "This deployment has no key to sign with.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_global_snapshot(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<SnapshotParameters>,
) -> Result<Response, Problem> {
    answer_snapshot(&api, &headers, ScopeName::Global, &given).await
}

/// A signed snapshot of the board of a repository
///
/// As for the board over all repositories.
#[utoipa::path(
    get, path = "/api/v1/snapshots/repositories/{owner}/{name}", tag = "snapshots",
    operation_id = "getRepositorySnapshot",
    params(
        ("owner" = String, Path, description = "The owner; case does not matter.", example = "rails"),
        ("name" = String, Path, description = "The name; case does not matter.", example = "rails"),
        SnapshotParameters,
    ),
    responses(
        (status = 200, description = "The signed snapshot.", body = SignedSnapshotSchema),
        (status = 404, description = "No such repository has been seen, or this deployment has no key to sign with.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_repository_snapshot(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((owner, name)): PathParts<(String, String)>,
    Parameters(given): Parameters<SnapshotParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Repository(format!("{owner}/{name}"));
    answer_snapshot(&api, &headers, scope, &given).await
}

/// A signed snapshot of the board of an organization
///
/// As for the board over all repositories.
#[utoipa::path(
    get, path = "/api/v1/snapshots/organizations/{org}", tag = "snapshots",
    operation_id = "getOrganizationSnapshot",
    params(
        ("org" = String, Path, description = "The owner of the repositories; case does not matter.", example = "rails"),
        SnapshotParameters,
    ),
    responses(
        (status = 200, description = "The signed snapshot.", body = SignedSnapshotSchema),
        (status = 404, description = "No repository of such an owner has been seen, or this deployment has no key to sign with.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_organization_snapshot(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(organization): PathParts<String>,
    Parameters(given): Parameters<SnapshotParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Organization(organization);
    answer_snapshot(&api, &headers, scope, &given).await
}

/// A signed snapshot of the board of a named group of repositories
///
/// As for the board over all repositories.
#[utoipa::path(
    get, path = "/api/v1/snapshots/groups/{group}", tag = "snapshots",
    operation_id = "getGroupSnapshot",
    params(
        ("group" = String, Path, description = "The group's name.", example = "web"),
        SnapshotParameters,
    ),
    responses(
        (status = 200, description = "The signed snapshot.", body = SignedSnapshotSchema),
        (status = 404, description = "No such group has been defined, or this deployment has no key to sign with.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_group_snapshot(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(group): PathParts<String>,
    Parameters(given): Parameters<SnapshotParameters>,
) -> Result<Response, Problem> {
    answer_snapshot(&api, &headers, ScopeName::Group(group), &given).await
}

/// The key that snapshots are verified by
///
/// What this deployment signs with now. Whoever verifies snapshots should have
/// the key from elsewhere: who could change a snapshot on its way could change
/// this answer, too.
#[utoipa::path(
    get, path = "/api/v1/snapshots/key", tag = "snapshots", operation_id = "getSnapshotKey",
    responses(
        (status = 200, description = "The public key.", body = SnapshotKeyAnswer),
        (status = 404, description = "This deployment has no key to sign with.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_snapshot_key(
    api: SharedApi,
    Parameters(_none): Parameters<NoParameters>,
) -> Result<Response, Problem> {
    json_unkept(&verifying_key(&api)?)
}
