//! What this process logs.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::check_words;
use runtime::LogLevel;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Actor, Body, Commands};
use crate::problem::{Problem, ProblemDetails};

/// The longest that a change for a while may last: a day.
const LONGEST: u64 = 24 * 60 * 60;

/// What is to be logged: a level, or what was configured at the start.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelBody {
    /// Such as `info,projector=debug`; left out: as it was at the start.
    #[schema(example = "info,projector=debug")]
    level: Option<String>,
    /// After how many seconds it is again what it was at the start; left out:
    /// never.
    #[serde(default)]
    #[schema(example = 600, minimum = 1, maximum = 86400)]
    for_seconds: Option<u64>,
    /// Why, for those who will ask.
    #[serde(default)]
    reason: String,
}

/// What is logged.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LevelAnswer {
    /// Now.
    #[schema(example = "info,projector=debug")]
    level: String,
    /// As it was configured at the start.
    #[schema(example = "info")]
    level_at_start: String,
}

/// What this process logs
#[utoipa::path(
    get, path = "/api/v1/log-level", tag = "operations", operation_id = "getLogLevel",
    responses(
        (status = 200, description = "What is logged.", body = LevelAnswer),
        (status = 409, description = "It was fixed when the process was started.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    State(commands): State<Arc<Commands>>,
    _: Actor,
) -> Result<Json<LevelAnswer>, Problem> {
    Ok(Json(shown(commands.log_level()?)))
}

/// Change what this process logs
///
/// For good, or for a while. It is this process alone, and not written down.
#[utoipa::path(
    post, path = "/api/v1/log-level", tag = "operations", operation_id = "changeLogLevel",
    request_body = LevelBody,
    responses(
        (status = 200, description = "What is logged now.", body = LevelAnswer),
        (status = 409, description = "It was fixed when the process was started.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn change(
    State(commands): State<Arc<Commands>>,
    Actor(actor): Actor,
    Body(given): Body<LevelBody>,
) -> Result<Json<LevelAnswer>, Problem> {
    check_words(&actor, &given.reason)
        .map_err(|fault| Problem::cannot_be_decided(&fault.to_string()))?;
    let log_level = commands.log_level()?;
    if given
        .for_seconds
        .is_some_and(|seconds| !(1..=LONGEST).contains(&seconds))
    {
        let detail = format!("for_seconds is a number from 1 to {LONGEST}");
        return Err(Problem::cannot_be_decided(&detail));
    }
    let span = given.for_seconds.map(Duration::from_secs);
    let level = given.level.as_deref();
    log_level
        .change(level, span, &actor, &given.reason)
        .map_err(|error| Problem::cannot_be_decided(&error.to_string()))?;
    Ok(Json(shown(log_level)))
}

fn shown(log_level: &LogLevel) -> LevelAnswer {
    LevelAnswer {
        level: log_level.now(),
        level_at_start: log_level.at_start().to_owned(),
    }
}

impl Commands {
    fn log_level(&self) -> Result<&LogLevel, Problem> {
        self.log_level.as_ref().ok_or_else(|| {
            let detail = "what this process logs was fixed when it was started";
            Problem::new(
                StatusCode::CONFLICT,
                "The log level cannot be changed",
                detail,
            )
        })
    }
}
