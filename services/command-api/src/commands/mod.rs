//! What people decide through the API: what is tracked, which repositories
//! belong together, what things are worth, who is who, which queues stand
//! still, what is logged. Each decision bears the name of the key it was made
//! with.

mod authorize;
mod budget;
mod counting;
mod dead_letters;
mod disputes;
mod jobs;
mod list;
mod log_level;
mod queues;
mod replay;
mod tracking;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use decisions::DecisionError;
use event_log::EventLog;
use runtime::{Clock, LogLevel};
use serde::Deserialize;

pub use list::{COMMANDS, Command};

use self::authorize::Actor;
use crate::entrance::Entrance;
use crate::problem::Problem;

/// Bytes of the largest command.
const LARGEST: usize = 1_024 * 1_024;

/// What carrying out commands takes.
pub struct Commands {
    /// The log, on which decisions are made.
    pub log: EventLog,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
    /// What this process logs, where that can be changed.
    pub log_level: Option<LogLevel>,
}

pub(crate) fn routes(commands: Arc<Commands>, gate: &Arc<Entrance>) -> Router {
    Router::new()
        .route("/api/v1/tracked", get(tracking::list_tracked))
        .route(
            "/api/v1/tracked/{owner}/{name}",
            put(tracking::track).delete(tracking::untrack),
        )
        .route("/api/v1/groups", get(tracking::list_groups))
        .route("/api/v1/groups/{group}", put(tracking::define_group))
        .route("/api/v1/disputes", post(disputes::raise))
        .route("/api/v1/policy", put(counting::publish))
        .route(
            "/api/v1/groups/{group}/policy",
            put(counting::publish_for_group).delete(counting::withdraw_for_group),
        )
        .route(
            "/api/v1/accounts/{account}/class",
            put(counting::classify).delete(counting::declassify),
        )
        .route(
            "/api/v1/class-lists/{list}",
            put(counting::define_list).delete(counting::remove_list),
        )
        .route(
            "/api/v1/accounts/{account}/link",
            put(counting::link).delete(counting::unlink),
        )
        .route(
            "/api/v1/accounts/{account}/affiliations",
            put(counting::affiliate),
        )
        .route("/api/v1/queues/{queue}/pause", post(queues::pause))
        .route("/api/v1/queues/{queue}/resume", post(queues::resume))
        .route("/api/v1/jobs", post(jobs::run))
        .route(
            "/api/v1/dead-letters/redrive",
            post(dead_letters::redrive_many),
        )
        .route(
            "/api/v1/dead-letters/discard",
            post(dead_letters::discard_many),
        )
        .route(
            "/api/v1/dead-letters/{id}/redrive",
            post(dead_letters::redrive_one),
        )
        .route(
            "/api/v1/dead-letters/{id}/discard",
            post(dead_letters::discard_one),
        )
        .route("/api/v1/replay/{step}", post(replay::take))
        .route("/api/v1/budget", put(budget::set))
        .route(
            "/api/v1/log-level",
            get(log_level::show).post(log_level::change),
        )
        .layer(DefaultBodyLimit::max(LARGEST))
        // Nothing is read of what somebody sends who may not.
        .route_layer(from_fn_with_state(Arc::clone(gate), authorize::authorize))
        .with_state(commands)
}

/// Why something is decided.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    #[serde(default)]
    reason: String,
}

/// A command's body; one that is no such thing says what is wrong.
fn body<T>(given: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    let given = given.map_err(|rejection| {
        let title = "The command cannot be read";
        Problem::new(rejection.status(), title, rejection.body_text())
    })?;
    Ok(given.0)
}

impl From<DecisionError> for Problem {
    fn from(error: DecisionError) -> Self {
        let detail = error.to_string();
        match &error {
            DecisionError::Name(_)
            | DecisionError::Account(_)
            | DecisionError::Login(_)
            | DecisionError::Policy(_)
            | DecisionError::Affiliations(_) => {
                Self::cannot_be_decided(&detail).with_faults(&error)
            }
            DecisionError::NoSuchPolicy(_) => {
                Self::new(StatusCode::NOT_FOUND, "There is no such policy", detail)
            }
            DecisionError::Link(_) => {
                Self::new(StatusCode::CONFLICT, "These cannot be linked", detail)
            }
            DecisionError::Contested => {
                Self::new(StatusCode::CONFLICT, "Others decide about it", detail)
            }
            DecisionError::Log(_) | DecisionError::Encode(_) => unavailable(&detail),
        }
    }
}

/// The log does not take it; why is told to operators only.
fn unavailable(detail: &str) -> Problem {
    tracing::error!(error = detail, "command_not_carried_out");
    let detail = "the event log does not take it right now; try again in a while";
    Problem {
        try_again: true,
        ..Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "The decision is not made",
            detail,
        )
    }
}
