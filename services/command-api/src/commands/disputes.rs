//! What somebody misses.

use std::sync::Arc;

use ::jobs::QueueLog;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use domain::dispute::Disputed;
use domain::jobs::Queue;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Actor, Commands, body};
use crate::problem::Problem;

/// What is missed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DisputeBody {
    url: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn raise(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    given: Result<Json<DisputeBody>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let given = body(given)?;
    let disputed = Disputed::parse(&given.url)
        .map_err(|error| Problem::cannot_be_decided(&error.to_string()))?;
    let author = commands.author(&actor, given.reason);
    decisions::disputes::raise(&commands.log, &disputed, &author).await?;
    let clock = Arc::clone(&commands.clock);
    let mut queue = QueueLog::new(commands.log.clone(), Queue::Scraping, clock);
    let job = decisions::disputes::job(&disputed, &author);
    queue.enqueue(&job).await?;
    let answer = json!({
        "dispute": disputed.id(),
        "url": disputed.to_string(),
        "job": job.job,
    });
    Ok((StatusCode::ACCEPTED, Json(answer)))
}
