//! Steps of a replay. A worker takes them, who knows the database.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::jobs::REPLAY;
use serde::Deserialize;

use super::jobs::AskedFor;
use super::{Actor, Commands, body};
use crate::problem::Problem;

/// The steps there are.
const STEPS: [&str; 6] = ["start", "parity", "switch", "rollback", "abort", "drop"];

/// What a step is taken with.
#[derive(Debug, Deserialize)]
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

pub(super) async fn take(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Path(step): Path<String>,
    given: Result<Json<Step>, JsonRejection>,
) -> Result<AskedFor, Problem> {
    let given = body(given)?;
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
