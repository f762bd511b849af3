//! Jobs that somebody wants done now.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::jobs::{DispatchError, Dispatcher};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use domain::jobs::{Cause, is_errand};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Actor, Commands, body, unavailable};
use crate::problem::Problem;

/// A job that is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedJob {
    /// Its name, such as `refresh-stale`.
    job: String,
    /// What to do it with, by name.
    #[serde(default)]
    arguments: BTreeMap<String, String>,
    /// Why.
    #[serde(default)]
    reason: String,
}

/// What was asked for is in a queue.
#[derive(Debug, Serialize)]
pub(super) struct Asked {
    /// The run of the job: `GET /api/v1/jobs/{job}` of the query API tells what
    /// becomes of it.
    pub(super) job: Uuid,
}

pub(super) type AskedFor = (StatusCode, Json<Asked>);

pub(super) async fn run(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    given: Result<Json<WantedJob>, JsonRejection>,
) -> Result<AskedFor, Problem> {
    let given = body(given)?;
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
            DispatchError::Log(_) | DispatchError::Queue(_) => unavailable(&error.to_string()),
        }
    }
}
