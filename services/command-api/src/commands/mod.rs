//! What people decide through the API: what is tracked, which repositories
//! belong together, what things are worth, who is who, which queues stand still. Each decision bears the name of
//! the key it was made with.

mod counting;
mod disputes;
mod keys;
mod queues;
mod tracking;

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use decisions::DecisionError;
use event_log::EventLog;
use runtime::Clock;
use serde::Deserialize;

pub use keys::{Keys, WeakKey};

use crate::problem::Problem;

/// Bytes of the largest command.
const LARGEST: usize = 1_024 * 1_024;

/// What carrying out commands takes.
pub struct Commands {
    /// The log, on which decisions are made.
    pub log: EventLog,
    /// Who may decide.
    pub keys: Keys,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
}

pub(crate) fn routes(commands: Arc<Commands>) -> Router {
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
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(commands)
}

/// Who sent a command: whoever has a key. Without one no command is carried
/// out, and nothing is told.
pub(crate) struct Actor(pub(crate) String);

impl FromRequestParts<Arc<Commands>> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        commands: &Arc<Commands>,
    ) -> Result<Self, Problem> {
        let given = parts.headers.get(header::AUTHORIZATION);
        let given = given.and_then(|given| given.to_str().ok()?.strip_prefix("Bearer "));
        let name = given.and_then(|secret| commands.keys.name_of(secret));
        name.map(|name| Self(name.to_owned())).ok_or_else(|| {
            let detail = "send Authorization: Bearer and a key of LEADERBOARD_COMMAND_KEYS";
            Problem::new(StatusCode::UNAUTHORIZED, "A key is needed", detail)
        })
    }
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
