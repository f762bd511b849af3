//! What this process logs.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use runtime::LogLevel;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Actor, Commands, body};
use crate::problem::Problem;

/// The longest that a change for a while may last: a day.
const LONGEST: u64 = 24 * 60 * 60;

/// What is to be logged: a level, or what was configured at the start.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelBody {
    /// Such as `info,projector=debug`; left out: as it was at the start.
    level: Option<String>,
    /// After how many seconds it is again what it was at the start.
    for_seconds: Option<u64>,
    #[serde(default)]
    reason: String,
}

pub(super) async fn show(
    State(commands): State<Arc<Commands>>,
    _: Actor,
) -> Result<Json<Value>, Problem> {
    Ok(Json(shown(commands.log_level()?)))
}

pub(super) async fn change(
    State(commands): State<Arc<Commands>>,
    Actor(actor): Actor,
    given: Result<Json<LevelBody>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let given = body(given)?;
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

fn shown(log_level: &LogLevel) -> Value {
    json!({ "level": log_level.now(), "level_at_start": log_level.at_start() })
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
