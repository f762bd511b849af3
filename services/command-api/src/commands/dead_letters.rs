//! What is done about dead letters. A worker does it, who knows them: the
//! answer is the job that was asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use domain::jobs::RESOLVE_DEAD_LETTERS;
use domain::{LETTER_FILTER_PARTS, LetterFilter};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::jobs::{Asked, AskedFor};
use super::{Actor, Body, Commands, PathParts, Reason, Why};
use crate::problem::{Problem, ProblemDetails};

/// Letters that a job may be asked for by name.
const MOST: usize = 1_000;

/// Which dead letters are meant: those of the ids, all that are parked and that
/// the filter means, or all that are parked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedLetters {
    /// These.
    #[serde(default)]
    ids: Vec<Uuid>,
    /// All that are parked and of which all of this is so.
    #[serde(default)]
    filter: BTreeMap<String, String>,
    /// All that are parked.
    #[serde(default)]
    all: bool,
    /// Why, for those who will ask; needed to discard.
    #[serde(default)]
    #[schema(example = "the source is mended")]
    reason: String,
}

/// Why nobody wants what is discarded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WhyDiscarded {
    /// Why, for those who will ask.
    #[schema(example = "sent by a test")]
    reason: String,
}

/// What is done about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Redrive,
    Discard,
}

impl Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::Redrive => "redrive",
            Self::Discard => "discard",
        }
    }
}

/// Read a dead letter again
#[utoipa::path(
    post, path = "/api/v1/dead-letters/{id}/redrive", tag = "operations", operation_id = "redriveDeadLetter",
    params(("id" = Uuid, Path, description = "The letter.", example = "0f0e0d0c-0b0a-5908-8706-050403020100")),
    request_body = Option<Reason>,
    responses(
        (status = 202, description = "It is asked for.", body = Asked),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn redrive_one(
    state: State<Arc<Commands>>,
    actor: Actor,
    PathParts(id): PathParts<String>,
    Why(reason): Why,
) -> Result<AskedFor, Problem> {
    one(&state, Action::Redrive, &actor, &id, reason).await
}

/// Discard a dead letter
///
/// With a reason: nobody wants what it holds.
#[utoipa::path(
    post, path = "/api/v1/dead-letters/{id}/discard", tag = "operations", operation_id = "discardDeadLetter",
    params(("id" = Uuid, Path, description = "The letter.", example = "0f0e0d0c-0b0a-5908-8706-050403020100")),
    request_body = WhyDiscarded,
    responses(
        (status = 202, description = "It is asked for.", body = Asked),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn discard_one(
    state: State<Arc<Commands>>,
    actor: Actor,
    PathParts(id): PathParts<String>,
    Body(given): Body<WhyDiscarded>,
) -> Result<AskedFor, Problem> {
    let reason = Reason {
        reason: given.reason,
    };
    one(&state, Action::Discard, &actor, &id, reason).await
}

/// Read many dead letters again
#[utoipa::path(
    post, path = "/api/v1/dead-letters/redrive", tag = "operations", operation_id = "redriveDeadLetters",
    request_body = WantedLetters,
    responses(
        (status = 202, description = "It is asked for.", body = Asked),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn redrive_many(
    state: State<Arc<Commands>>,
    actor: Actor,
    Body(wanted): Body<WantedLetters>,
) -> Result<AskedFor, Problem> {
    many(&state, Action::Redrive, &actor, wanted).await
}

/// Discard many dead letters
#[utoipa::path(
    post, path = "/api/v1/dead-letters/discard", tag = "operations", operation_id = "discardDeadLetters",
    request_body = WantedLetters,
    responses(
        (status = 202, description = "It is asked for.", body = Asked),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn discard_many(
    state: State<Arc<Commands>>,
    actor: Actor,
    Body(wanted): Body<WantedLetters>,
) -> Result<AskedFor, Problem> {
    many(&state, Action::Discard, &actor, wanted).await
}

async fn one(
    commands: &Commands,
    action: Action,
    actor: &Actor,
    id: &str,
    reason: Reason,
) -> Result<AskedFor, Problem> {
    let id = Uuid::parse_str(id).map_err(|error| {
        Problem::cannot_be_decided(&format!("{id:?} is no id of a dead letter: {error}"))
    })?;
    let wanted = WantedLetters {
        ids: vec![id],
        filter: BTreeMap::new(),
        all: false,
        reason: reason.reason,
    };
    many(commands, action, actor, wanted).await
}

async fn many(
    commands: &Commands,
    action: Action,
    actor: &Actor,
    wanted: WantedLetters,
) -> Result<AskedFor, Problem> {
    if action == Action::Discard && wanted.reason.trim().is_empty() {
        let detail = "say why nobody wants what is discarded, as \"reason\"";
        return Err(Problem::cannot_be_decided(detail));
    }
    let mut arguments = arguments(&wanted)?;
    arguments.insert("action".to_owned(), action.as_str().to_owned());
    let job = RESOLVE_DEAD_LETTERS;
    commands.ask(job, arguments, actor, wanted.reason).await
}

/// Which letters are meant, as arguments of the job; exactly one of the ways to
/// say it is used.
fn arguments(wanted: &WantedLetters) -> Result<BTreeMap<String, String>, Problem> {
    let unknown = wanted.filter.keys();
    let mut unknown = unknown.filter(|name| !LETTER_FILTER_PARTS.contains(&name.as_str()));
    if let Some(name) = unknown.next() {
        let parts = LETTER_FILTER_PARTS.join(", ");
        let detail = format!("a filter has no {name:?}; it has {parts}");
        return Err(Problem::cannot_be_decided(&detail));
    }
    let filter = LetterFilter::read(|name| wanted.filter.get(name).map(String::as_str))
        .map_err(|fault| Problem::cannot_be_decided(&fault.to_string()))?;
    let mut arguments = BTreeMap::new();
    match (wanted.ids.len(), filter.is_everything(), wanted.all) {
        (1..=MOST, true, false) => {
            let ids: Vec<String> = wanted.ids.iter().map(Uuid::to_string).collect();
            arguments.insert("ids".to_owned(), ids.join(","));
        }
        (0, false, false) => {
            let parts = filter.parts().into_iter();
            arguments.extend(parts.map(|(name, text)| (name.to_owned(), text)));
        }
        (0, true, true) => _ = arguments.insert("all".to_owned(), "true".to_owned()),
        _ => {
            let detail = format!(
                "say which letters are meant by one of: up to {MOST} \"ids\", a \"filter\", or \"all\": true"
            );
            return Err(Problem::cannot_be_decided(&detail));
        }
    }
    Ok(arguments)
}
