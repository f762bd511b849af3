//! Contributions that were recorded in error.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use decisions::Decision;
use decisions::retractions::{self, Contribution};
use domain::RepositoryName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Actor, Body, Commands, PathParts};
use crate::document::REPOSITORY;
use crate::problem::{Problem, ProblemDetails};

/// Which contribution is meant, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ContributionBody {
    /// Its semantic key, as the query API tells it beside the id.
    #[schema(
        example = "pull_request_merged:8514:7",
        min_length = 1,
        max_length = 500
    )]
    key: String,
    /// The name of its repository.
    #[schema(schema_with = repository)]
    repository: String,
    /// Why: it is shown to everybody.
    #[schema(example = "recorded from a test repository")]
    reason: String,
}

fn repository() -> utoipa::openapi::schema::Object {
    use utoipa::openapi::schema::{ObjectBuilder, Type};
    let name = ObjectBuilder::new().schema_type(Type::String);
    name.pattern(Some(REPOSITORY))
        .description(Some("The name of its repository."))
        .examples([serde_json::json!("rails/rails")])
        .build()
}

/// What was decided about a contribution.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContributionDecided {
    /// The contribution.
    contribution: Uuid,
    /// Its semantic key.
    #[schema(example = "pull_request_merged:8514:7")]
    key: String,
    /// Whether it is retracted now.
    retracted: bool,
    /// Whether that was to be decided: it was otherwise before.
    changed: bool,
}

/// Retract a contribution
///
/// It was recorded in error, and counts no more, whatever source records it
/// again. Who decided that, when and why is shown to everybody. The query API
/// finds contributions by their address on GitHub (`/api/v1/contributions`).
#[utoipa::path(
    post, path = "/api/v1/contributions/{id}/retract", tag = "counting", operation_id = "retractContribution",
    params(("id" = Uuid, Path, description = "The contribution's id.")),
    request_body = ContributionBody,
    responses(
        (status = 200, description = "It counts no more.", body = ContributionDecided),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn retract(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts(id): PathParts<String>,
    Body(given): Body<ContributionBody>,
) -> Result<Json<ContributionDecided>, Problem> {
    decide(&commands, &actor, &id, given, true).await
}

/// Reinstate a contribution
///
/// It counts again, as if it never had been retracted.
#[utoipa::path(
    post, path = "/api/v1/contributions/{id}/reinstate", tag = "counting", operation_id = "reinstateContribution",
    params(("id" = Uuid, Path, description = "The contribution's id.")),
    request_body = ContributionBody,
    responses(
        (status = 200, description = "It counts again.", body = ContributionDecided),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn reinstate(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts(id): PathParts<String>,
    Body(given): Body<ContributionBody>,
) -> Result<Json<ContributionDecided>, Problem> {
    decide(&commands, &actor, &id, given, false).await
}

async fn decide(
    commands: &Commands,
    actor: &Actor,
    id: &str,
    given: ContributionBody,
    retracted: bool,
) -> Result<Json<ContributionDecided>, Problem> {
    let contribution = named(id, &given)?;
    let author = commands.author(actor, given.reason);
    let decision = match retracted {
        true => retractions::retract(&commands.log, &contribution, &author).await?,
        false => retractions::reinstate(&commands.log, &contribution, &author).await?,
    };
    Ok(Json(ContributionDecided {
        contribution: contribution.id(),
        key: contribution.key().to_owned(),
        retracted,
        changed: decision == Decision::Made,
    }))
}

fn named(id: &str, given: &ContributionBody) -> Result<Contribution, Problem> {
    let title = "There can be no such contribution";
    let refused = |detail: String| Problem::new(StatusCode::BAD_REQUEST, title, detail);
    let id = Uuid::parse_str(id).map_err(|_| refused(format!("{id:?} is no id")))?;
    let repository = RepositoryName::entered(&given.repository);
    let repository = repository.map_err(|error| refused(error.to_string()))?;
    Ok(Contribution::named(id, &given.key, repository)?)
}
