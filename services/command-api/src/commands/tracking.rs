//! What is tracked, and which repositories belong together.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use decisions::Decision;
use decisions::tracking::{decide_tracking, tracking};
use domain::{Decided, RepositoryName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Actor, Body, Commands, PathParts, Reason, Why};
use crate::document::REPOSITORY;
use crate::problem::{Problem, ProblemDetails};

/// Which repositories belong to a group, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Members {
    /// The repositories as `owner/name`; none at all take the group away.
    #[schema(schema_with = repositories)]
    repositories: Vec<String>,
    /// Why, for those who will ask.
    #[serde(default)]
    #[schema(example = "one product")]
    reason: String,
}

fn repositories() -> utoipa::openapi::schema::Array {
    use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(REPOSITORY));
    ArrayBuilder::new()
        .items(name)
        .description(Some(
            "The repositories as `owner/name`; none at all take the group away.",
        ))
        .examples([serde_json::json!(["rails/rails", "rails/webpacker"])])
        .build()
}

/// What is tracked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrackedAnswer {
    /// The repositories.
    repositories: Vec<TrackedResource>,
}

/// A repository that is tracked, with who decided it and why.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrackedResource {
    /// Its numeric id; null where none is known yet.
    #[schema(example = 8514)]
    id: Option<u64>,
    /// The name it goes by now.
    #[schema(value_type = String, example = "rails/rails")]
    repository: RepositoryName,
    /// What it was called before.
    #[schema(value_type = Vec<String>, example = json!(["rails/rails-old"]))]
    former_names: Vec<RepositoryName>,
    /// Who decided it.
    #[schema(example = "ann")]
    actor: String,
    /// Why.
    #[schema(example = "sponsored")]
    reason: String,
    /// When.
    decided_at: DateTime<Utc>,
}

/// What became of a decision about tracking.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrackingDecided {
    /// The repository.
    #[schema(value_type = String, example = "rails/rails")]
    repository: RepositoryName,
    /// Whether it is tracked now.
    tracked: bool,
    /// Whether that was to be decided: it was otherwise before.
    changed: bool,
}

/// The groups of repositories.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GroupsAnswer {
    /// The groups.
    groups: Vec<GroupResource>,
}

/// A group of repositories, with who decided it and why.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GroupResource {
    /// Its name.
    #[schema(example = "web")]
    group: String,
    /// Its repositories, by the names they go by now.
    #[schema(value_type = Vec<String>, example = json!(["rails/rails"]))]
    repositories: Vec<RepositoryName>,
    /// Who decided it.
    #[schema(example = "ann")]
    actor: String,
    /// Why.
    #[schema(example = "one product")]
    reason: String,
    /// When.
    decided_at: DateTime<Utc>,
}

/// What became of a decision about a group.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GroupDecided {
    /// Its name.
    #[schema(example = "web")]
    group: String,
    /// Its repositories now.
    #[schema(value_type = Vec<String>, example = json!(["rails/rails"]))]
    repositories: Vec<RepositoryName>,
    /// Whether that was to be decided: it was otherwise before.
    changed: bool,
}

/// What is tracked
///
/// Every repository, with who decided it and why.
#[utoipa::path(
    get, path = "/api/v1/tracked", tag = "tracking", operation_id = "listTracked",
    responses(
        (status = 200, description = "What is tracked.", body = TrackedAnswer),
        (status = 503, description = "The event log cannot be read right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_tracked(
    State(commands): State<Arc<Commands>>,
    _: Actor,
) -> Result<Json<TrackedAnswer>, Problem> {
    let known = tracking(&commands.log).await?;
    let tracked = known.tracked().into_iter().map(|known| {
        let Decided { actor, reason, at } = known.latest.decided.clone();
        TrackedResource {
            id: known.latest.id,
            repository: known.latest.name.clone(),
            former_names: known.former_names.clone(),
            actor,
            reason,
            decided_at: at,
        }
    });
    Ok(Json(TrackedAnswer {
        repositories: tracked.collect(),
    }))
}

/// Track a repository
///
/// It is read from now on, whatever it is called later.
#[utoipa::path(
    put, path = "/api/v1/tracked/{owner}/{name}", tag = "tracking", operation_id = "track",
    params(
        ("owner" = String, Path, description = "The owner.", example = "rails"),
        ("name" = String, Path, description = "The name.", example = "rails"),
    ),
    request_body = Option<Reason>,
    responses(
        (status = 200, description = "It is tracked.", body = TrackingDecided),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn track(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts((owner, name)): PathParts<(String, String)>,
    Why(reason): Why,
) -> Result<Json<TrackingDecided>, Problem> {
    decide(&commands, &actor, &format!("{owner}/{name}"), reason, true).await
}

/// Track a repository no more
///
/// What was counted stays counted.
#[utoipa::path(
    delete, path = "/api/v1/tracked/{owner}/{name}", tag = "tracking", operation_id = "untrack",
    params(
        ("owner" = String, Path, description = "The owner.", example = "rails"),
        ("name" = String, Path, description = "The name.", example = "rails"),
    ),
    request_body = Option<Reason>,
    responses(
        (status = 200, description = "It is not tracked.", body = TrackingDecided),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn untrack(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts((owner, name)): PathParts<(String, String)>,
    Why(reason): Why,
) -> Result<Json<TrackingDecided>, Problem> {
    decide(&commands, &actor, &format!("{owner}/{name}"), reason, false).await
}

async fn decide(
    commands: &Commands,
    actor: &Actor,
    name: &str,
    reason: Reason,
    tracked: bool,
) -> Result<Json<TrackingDecided>, Problem> {
    let name = repository(name)?;
    let author = commands.author(actor, reason.reason);
    let decision = decide_tracking(&commands.log, &name, tracked, &author).await?;
    Ok(Json(TrackingDecided {
        repository: name,
        tracked,
        changed: decision == Decision::Made,
    }))
}

/// The groups of repositories
///
/// Each with who decided it and why.
#[utoipa::path(
    get, path = "/api/v1/groups", tag = "tracking", operation_id = "listGroups",
    responses(
        (status = 200, description = "The groups.", body = GroupsAnswer),
        (status = 503, description = "The event log cannot be read right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_groups(
    State(commands): State<Arc<Commands>>,
    _: Actor,
) -> Result<Json<GroupsAnswer>, Problem> {
    let known = tracking(&commands.log).await?;
    let groups = known.groups().map(|(name, group)| {
        let present = group.repositories.iter();
        let Decided { actor, reason, at } = group.decided.clone();
        GroupResource {
            group: name.to_string(),
            repositories: present.map(|name| known.present_name(name)).collect(),
            actor,
            reason,
            decided_at: at,
        }
    });
    Ok(Json(GroupsAnswer {
        groups: groups.collect(),
    }))
}

/// Say which repositories belong to a group
///
/// All of them: those that are not named do not belong to it any more.
#[utoipa::path(
    put, path = "/api/v1/groups/{group}", tag = "tracking", operation_id = "defineGroup",
    params(("group" = String, Path, description = "The group's name.", example = "web")),
    request_body = Members,
    responses(
        (status = 200, description = "It is so.", body = GroupDecided),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn define_group(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts(group): PathParts<String>,
    Body(given): Body<Members>,
) -> Result<Json<GroupDecided>, Problem> {
    let names = given.repositories.iter().map(|text| repository(text));
    let names: Vec<RepositoryName> = names.collect::<Result<_, _>>()?;
    let author = commands.author(&actor, given.reason);
    let log = &commands.log;
    let decision = decisions::tracking::define_group(log, &group, &names, &author).await?;
    Ok(Json(GroupDecided {
        group,
        repositories: names,
        changed: decision == Decision::Made,
    }))
}

fn repository(text: &str) -> Result<RepositoryName, Problem> {
    RepositoryName::entered(text).map_err(|error| {
        let title = "There can be no such repository";
        Problem::new(StatusCode::BAD_REQUEST, title, error.to_string())
    })
}
