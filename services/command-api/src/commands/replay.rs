//! Steps of a replay. A worker takes them, who knows the database.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use domain::jobs::REPLAY;
use serde::Deserialize;
use utoipa::ToSchema;

use super::jobs::{Asked, AskedFor};
use super::{Actor, Body, Commands, PathParts};
use crate::problem::{Problem, ProblemDetails};

/// The steps there are.
pub(crate) const STEPS: [&str; 6] = ["start", "parity", "switch", "rollback", "abort", "drop"];

/// What a step is taken with.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// Of `start`: the one projection that is built; all if it is left out.
    #[serde(default)]
    projection: Option<String>,
    /// Of `start`: messages per second at most.
    #[serde(default)]
    throttle: Option<u32>,
    /// Of `start`: throw a generation away first that is kept for a rollback.
    #[serde(default)]
    drop_kept: bool,
    /// Of `switch`: although the generations differ, or were not compared.
    #[serde(default)]
    accept_differences: bool,
    /// Why.
    #[serde(default)]
    reason: String,
}

/// Take a step of a replay
///
/// `start`, `parity`, `switch`, `rollback`, `abort` or `drop`.
#[utoipa::path(
    post, path = "/api/v1/replay/{step}", tag = "operations", operation_id = "stepReplay",
    params(("step" = String, Path, description = "The step.", example = "start")),
    request_body = Step,
    responses(
        (status = 202, description = "It is asked for.", body = Asked),
        (status = 404, description = "There is no such step.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn take(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts(step): PathParts<String>,
    Body(given): Body<Step>,
) -> Result<AskedFor, Problem> {
    if !STEPS.contains(&step.as_str()) {
        let detail = format!(
            "{step:?} is no step of a replay; there are {}",
            STEPS.join(", ")
        );
        let title = "There is no such step";
        return Err(Problem::new(StatusCode::NOT_FOUND, title, detail));
    }
    let starts = given.projection.is_some() || given.throttle.is_some() || given.drop_kept;
    let misplaced = (starts && step != "start") || (given.accept_differences && step != "switch");
    if misplaced || given.throttle == Some(0) {
        let detail = "projection, throttle (1 or more) and drop_kept are for start, accept_differences is for switch";
        return Err(Problem::cannot_be_decided(detail));
    }
    let mut arguments = BTreeMap::from([("step".to_owned(), step)]);
    let mut set = |name: &str, value: Option<String>| {
        arguments.extend(value.map(|value| (name.to_owned(), value)));
    };
    let flag = |is_set: bool| is_set.then(|| "true".to_owned());
    set("projection", given.projection);
    set(
        "throttle",
        given.throttle.map(|throttle| throttle.to_string()),
    );
    set("drop_kept", flag(given.drop_kept));
    set("accept_differences", flag(given.accept_differences));
    commands.ask(REPLAY, arguments, &actor, given.reason).await
}
