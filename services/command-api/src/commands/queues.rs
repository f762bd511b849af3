//! Which queues of jobs stand still.

use std::sync::Arc;

use ::jobs::{JobsError, QueueLog};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::jobs::Queue;
use serde_json::{Value, json};

use super::{Actor, Commands, Reason, body, unavailable};
use crate::problem::Problem;

pub(super) async fn pause(
    State(commands): State<Arc<Commands>>,
    Actor(actor): Actor,
    Path(queue): Path<String>,
    given: Result<Json<Reason>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let mut queue = commands.queue(&queue)?;
    queue.pause(&actor, &body(given)?.reason).await?;
    Ok(Json(json!({ "queue": queue.queue(), "paused": true })))
}

pub(super) async fn resume(
    State(commands): State<Arc<Commands>>,
    Actor(actor): Actor,
    Path(queue): Path<String>,
    given: Result<Json<Reason>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let mut queue = commands.queue(&queue)?;
    queue.resume(&actor, &body(given)?.reason).await?;
    Ok(Json(json!({ "queue": queue.queue(), "paused": false })))
}

impl Commands {
    fn queue(&self, name: &str) -> Result<QueueLog, Problem> {
        let queue: Queue = name.parse().map_err(|error| {
            let title = "There is no such queue";
            Problem::new(StatusCode::NOT_FOUND, title, format!("{error}"))
        })?;
        Ok(QueueLog::new(
            self.log.clone(),
            queue,
            Arc::clone(&self.clock),
        ))
    }
}

impl From<JobsError> for Problem {
    fn from(error: JobsError) -> Self {
        unavailable(&error.to_string())
    }
}
