//! What people decide through the API: what is tracked, which repositories
//! belong together, what things are worth, who is who, which queues stand
//! still, what is logged. Each decision bears the name of the key it was made
//! with.

mod accounts;
mod authorize;
mod budget;
mod class_lists;
mod contributions;
mod dead_letters;
mod disputes;
mod extract;
mod jobs;
mod list;
mod log_level;
mod policies;
mod queues;
mod replay;
mod tracking;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use decisions::{Author, DecisionError};
use event_log::EventLog;
use runtime::{Clock, LogLevel};
use serde::Deserialize;
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use list::{COMMANDS, Command};
pub(crate) use replay::STEPS;

use self::authorize::Actor;
use self::extract::{Body, PathParts, Why};
use crate::document::Document;
use crate::entrance::Entrance;
use crate::problem::{Fault, Problem};

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

/// The addresses of commands, described.
pub(crate) fn described() -> OpenApiRouter<Arc<Commands>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(tracking::list_tracked))
        .routes(routes!(tracking::track, tracking::untrack))
        .routes(routes!(tracking::list_groups))
        .routes(routes!(tracking::define_group))
        .routes(routes!(disputes::raise))
        .routes(routes!(contributions::retract))
        .routes(routes!(contributions::reinstate))
        .routes(routes!(policies::publish))
        .routes(routes!(
            policies::publish_for_group,
            policies::withdraw_for_group
        ))
        .routes(routes!(accounts::classify, accounts::declassify))
        .routes(routes!(class_lists::define, class_lists::remove))
        .routes(routes!(accounts::link, accounts::unlink))
        .routes(routes!(accounts::affiliate))
        .routes(routes!(queues::pause))
        .routes(routes!(queues::resume))
        .routes(routes!(jobs::run))
        .routes(routes!(dead_letters::redrive_many))
        .routes(routes!(dead_letters::discard_many))
        .routes(routes!(dead_letters::redrive_one))
        .routes(routes!(dead_letters::discard_one))
        .routes(routes!(replay::take))
        .routes(routes!(budget::set))
        .routes(routes!(log_level::show, log_level::change))
}

pub(crate) fn routes(commands: Arc<Commands>, gate: &Arc<Entrance>) -> Router {
    let (router, _) = described().split_for_parts();
    router
        .layer(DefaultBodyLimit::max(LARGEST))
        // Nothing is read of what somebody sends who may not.
        .route_layer(from_fn_with_state(Arc::clone(gate), authorize::authorize))
        .with_state(commands)
}

/// Why something is decided.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reason {
    /// Why, for those who will ask.
    #[serde(default)]
    #[schema(example = "sponsored since March")]
    reason: String,
}

impl Commands {
    fn author(&self, actor: &Actor, reason: String) -> Author {
        Author {
            actor: actor.0.clone(),
            reason,
            at: self.clock.now(),
        }
    }
}

impl From<DecisionError> for Problem {
    fn from(error: DecisionError) -> Self {
        let detail = error.to_string();
        match &error {
            DecisionError::Name(_)
            | DecisionError::Words(_)
            | DecisionError::Account(_)
            | DecisionError::Login(_)
            | DecisionError::Policy(_)
            | DecisionError::Unexplained(_)
            | DecisionError::Contribution(_)
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

impl Problem {
    fn cannot_be_decided(detail: &str) -> Self {
        let status = StatusCode::BAD_REQUEST;
        Self::new(status, "This cannot be decided", detail)
    }

    /// With every fault of a policy by itself, for whoever shows them beside
    /// the fields.
    fn with_faults(self, error: &DecisionError) -> Self {
        let DecisionError::Policy(faults) = error else {
            return self;
        };
        let faults = faults.0.iter().map(|fault| Fault {
            field: fault.field.clone(),
            problem: fault.problem.clone(),
        });
        Self {
            faults: faults.collect(),
            ..self
        }
    }
}
