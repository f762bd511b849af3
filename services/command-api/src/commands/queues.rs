//! Which queues of jobs stand still.

use std::sync::Arc;

use ::jobs::{JobsError, QueueLog};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::jobs::Queue;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Actor, Commands, PathParts, Reason, Why, unavailable};
use crate::problem::{Problem, ProblemDetails};

/// How a queue stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QueueAnswer {
    /// The queue.
    #[schema(value_type = String, example = "scraping")]
    queue: Queue,
    /// Whether no job of it is started.
    paused: bool,
}

/// Let no job of a queue be started any more
///
/// Those that are running run on.
#[utoipa::path(
    post, path = "/api/v1/queues/{queue}/pause", tag = "operations", operation_id = "pauseQueue",
    params(("queue" = String, Path, description = "The queue.", example = "scraping")),
    request_body = Option<Reason>,
    responses(
        (status = 200, description = "It stands still.", body = QueueAnswer),
        (status = 404, description = "There is no such queue.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn pause(
    State(commands): State<Arc<Commands>>,
    Actor(actor): Actor,
    PathParts(queue): PathParts<String>,
    Why(given): Why,
) -> Result<Json<QueueAnswer>, Problem> {
    let mut queue = commands.queue(&queue)?;
    queue.pause(&actor, &given.reason).await?;
    Ok(Json(QueueAnswer {
        queue: queue.queue(),
        paused: true,
    }))
}

/// Let jobs of a queue be started again
#[utoipa::path(
    post, path = "/api/v1/queues/{queue}/resume", tag = "operations", operation_id = "resumeQueue",
    params(("queue" = String, Path, description = "The queue.", example = "scraping")),
    request_body = Option<Reason>,
    responses(
        (status = 200, description = "It goes on.", body = QueueAnswer),
        (status = 404, description = "There is no such queue.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn resume(
    State(commands): State<Arc<Commands>>,
    Actor(actor): Actor,
    PathParts(queue): PathParts<String>,
    Why(given): Why,
) -> Result<Json<QueueAnswer>, Problem> {
    let mut queue = commands.queue(&queue)?;
    queue.resume(&actor, &given.reason).await?;
    Ok(Json(QueueAnswer {
        queue: queue.queue(),
        paused: false,
    }))
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
        match error {
            JobsError::Words(fault) => Self::cannot_be_decided(&fault.to_string()),
            _ => unavailable(&error.to_string()),
        }
    }
}
