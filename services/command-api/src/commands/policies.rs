//! What things are worth.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use decisions::Decision;
use decisions::counting::{Terms, publish_policy, withdraw_policy};
use domain::Policy;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Object, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::{Actor, Body, Commands, PathParts, Reason, Why};
use crate::document::policy;
use crate::problem::{Problem, ProblemDetails};

/// A policy: what is to change of the one that holds, or an earlier version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyBody {
    policy: Option<Value>,
    #[serde(default)]
    version: Option<u32>,
    #[serde(default)]
    reason: String,
}

impl PartialSchema for PolicyBody {
    /// One of both, which a struct of options cannot say.
    fn schema() -> RefOr<Schema> {
        let reason = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Why, for those who will ask."))
            .build();
        let either = |name: &str, schema: RefOr<Schema>| {
            ObjectBuilder::new()
                .property(name, schema)
                .property("reason", RefOr::T(Schema::Object(reason.clone())))
                .required(name)
                .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        };
        let version = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .description(Some(
                "A version that there was before, which is to hold again.",
            ))
            .minimum(Some(0))
            .maximum(Some(u32::MAX))
            .build();
        let whole = OneOfBuilder::new()
            .item(either("policy", RefOr::T(policy())))
            .item(either("version", RefOr::T(Schema::Object(version))))
            .description(Some(
                "A policy: what is to change of the one that holds, or an earlier version.",
            ))
            .examples([serde_json::json!({
                "policy": { "points": { "comment": 2 }, "commits_a_day": 20 },
                "reason": "fewer imports"
            })]);
        RefOr::T(Schema::OneOf(whole.build()))
    }
}

impl ToSchema for PolicyBody {}

/// What became of a decision about a policy.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PolicyDecided {
    /// The group whose boards follow it; null for all others.
    #[schema(example = "web")]
    group: Option<String>,
    /// The policy that holds now, whole, with its version.
    #[schema(schema_with = whole_policy)]
    policy: Policy,
    /// Whether that was to be decided: another held before.
    changed: bool,
}

fn whole_policy() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("The policy that holds now, whole, with its version."))
        .build()
}

/// What became of taking a group's policy away.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PolicyWithdrawn {
    /// The group.
    #[schema(example = "web")]
    group: String,
    /// Whether it had one.
    changed: bool,
}

/// Say what contributions are worth
///
/// For all boards of no group that has a policy of its own. What is not named stays as it is;
/// boards are counted anew under the new version, which holds for all time.
#[utoipa::path(
    put, path = "/api/v1/policy", tag = "counting", operation_id = "publishPolicy",
    request_body = PolicyBody,
    responses(
        (status = 200, description = "It holds.", body = PolicyDecided),
        (status = 404, description = "There was no such version.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn publish(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Body(given): Body<PolicyBody>,
) -> Result<Json<PolicyDecided>, Problem> {
    publish_for(&commands, &actor, None, given).await
}

/// Say what contributions are worth on a group's board
///
/// As the general policy, which the group's boards follow no more.
#[utoipa::path(
    put, path = "/api/v1/groups/{group}/policy", tag = "counting", operation_id = "publishGroupPolicy",
    params(("group" = String, Path, description = "The group's name.", example = "web")),
    request_body = PolicyBody,
    responses(
        (status = 200, description = "It holds.", body = PolicyDecided),
        (status = 404, description = "There was no such version.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn publish_for_group(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts(group): PathParts<String>,
    Body(given): Body<PolicyBody>,
) -> Result<Json<PolicyDecided>, Problem> {
    publish_for(&commands, &actor, Some(group), given).await
}

async fn publish_for(
    commands: &Commands,
    actor: &Actor,
    group: Option<String>,
    given: PolicyBody,
) -> Result<Json<PolicyDecided>, Problem> {
    let terms = match (&given.policy, given.version) {
        (Some(entered), None) => Terms::Entered(entered),
        (None, Some(version)) => Terms::Version(version),
        _ => {
            let detail = "give policy, what is to change, or version, one that there was before";
            return Err(Problem::cannot_be_decided(detail));
        }
    };
    let author = commands.author(actor, given.reason.clone());
    let published = publish_policy(&commands.log, group.as_deref(), terms, &author);
    let (policy, decision) = published.await?;
    Ok(Json(PolicyDecided {
        group,
        policy,
        changed: decision == Decision::Made,
    }))
}

/// Let a group's board follow the general policy again
#[utoipa::path(
    delete, path = "/api/v1/groups/{group}/policy", tag = "counting", operation_id = "withdrawGroupPolicy",
    params(("group" = String, Path, description = "The group's name.", example = "web")),
    request_body = Option<Reason>,
    responses(
        (status = 200, description = "It follows.", body = PolicyWithdrawn),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn withdraw_for_group(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts(group): PathParts<String>,
    Why(given): Why,
) -> Result<Json<PolicyWithdrawn>, Problem> {
    let author = commands.author(&actor, given.reason);
    let decision = withdraw_policy(&commands.log, &group, &author).await?;
    Ok(Json(PolicyWithdrawn {
        group,
        changed: decision == Decision::Made,
    }))
}
