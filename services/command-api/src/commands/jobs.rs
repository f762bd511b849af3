//! Jobs that somebody wants done now.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::jobs::{DispatchError, Dispatcher, JobsError};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::jobs::{Cause, is_errand};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Actor, Body, Commands, unavailable};
use crate::problem::{Problem, ProblemDetails};

/// A job that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedJob {
    /// Its name.
    #[schema(example = "refresh-stale")]
    job: String,
    /// What to do it with, by name.
    #[serde(default)]
    arguments: BTreeMap<String, String>,
    /// Why, for those who will ask.
    #[serde(default)]
    #[schema(example = "a new repository")]
    reason: String,
}

/// What was asked for is in a queue.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Asked {
    /// The run of the job: `GET /api/v1/jobs/{job}` of the query API tells what
    /// becomes of it.
    pub(super) job: Uuid,
}

pub(super) type AskedFor = (StatusCode, Json<Asked>);

/// Have a job done now
#[utoipa::path(
    post, path = "/api/v1/jobs", tag = "operations", operation_id = "runJob",
    request_body = WantedJob,
    responses(
        (status = 202, description = "It is asked for.", body = Asked),
        (status = 404, description = "There is no such job.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn run(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Body(given): Body<WantedJob>,
) -> Result<AskedFor, Problem> {
    // What is asked for by a command of its own has checks and a scope of its
    // own.
    if is_errand(&given.job) {
        return Err(DispatchError::Unknown(given.job).into());
    }
    let asked = commands.ask(&given.job, given.arguments, &actor, given.reason);
    asked.await
}

impl Commands {
    /// Asks for a job in somebody's name.
    pub(super) async fn ask(
        &self,
        name: &str,
        arguments: BTreeMap<String, String>,
        actor: &Actor,
        reason: String,
    ) -> Result<AskedFor, Problem> {
        let cause = Cause::from(&self.author(actor, reason));
        let dispatcher = Dispatcher::new(self.log.clone(), Arc::clone(&self.clock));
        let job = dispatcher.dispatch(name, &arguments, cause).await?;
        Ok((StatusCode::ACCEPTED, Json(Asked { job })))
    }
}

impl From<DispatchError> for Problem {
    fn from(error: DispatchError) -> Self {
        match &error {
            DispatchError::Unknown(_) => Self::new(
                StatusCode::NOT_FOUND,
                "There is no such job",
                error.to_string(),
            ),
            DispatchError::Queue(JobsError::Words(fault)) => {
                Self::cannot_be_decided(&fault.to_string())
            }
            DispatchError::Log(_) | DispatchError::Queue(_) => unavailable(&error.to_string()),
        }
    }
}
