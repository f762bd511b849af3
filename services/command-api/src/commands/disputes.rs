//! What somebody misses.

use std::sync::Arc;

use ::jobs::QueueLog;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::dispute::Disputed;
use domain::jobs::Queue;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use uuid::Uuid;

use super::{Actor, Body, Commands};
use crate::problem::{Problem, ProblemDetails};

/// What is missed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DisputeBody {
    /// The page of a pull request, a review, a comment, an issue, a commit or a
    /// release on GitHub.
    #[schema(schema_with = url)]
    url: String,
    /// Why, for those who will ask.
    #[serde(default)]
    #[schema(example = "merged on the last day of March")]
    reason: String,
}

/// A page of GitHub, whatever part of it is shown.
fn url() -> Object {
    let part = r"\.{0,2}[A-Za-z0-9_-][A-Za-z0-9_.-]{0,97}";
    let what = "((pull|issues)/[1-9][0-9]{0,8}|commit/[0-9a-fA-F]{40}\
                |releases/tag/[!\"$-.0->@-~]{1,100})([/?#][\\s\\S]*)?";
    let form = format!("^https://(www\\.)?github\\.com/{part}/{part}/{what}$");
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(form))
        .description(Some(
            "The page of a pull request, a review, a comment, an issue, a commit or a release on \
             GitHub.",
        ))
        .examples([serde_json::json!("https://github.com/rails/rails/pull/1")])
        .build()
}

/// A dispute that was raised.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DisputeRaised {
    /// Its id: whoever names the same thing means the same dispute.
    dispute: Uuid,
    /// What is missed.
    #[schema(example = "https://github.com/rails/rails/pull/1")]
    url: String,
    /// The job that asks GitHub for it.
    job: Uuid,
}

/// Say that something is missing
///
/// GitHub is asked for it; what comes of that is at `/api/v1/disputes/{id}` of
/// the query API.
#[utoipa::path(
    post, path = "/api/v1/disputes", tag = "disputes", operation_id = "raiseDispute",
    request_body = DisputeBody,
    responses(
        (status = 202, description = "GitHub will be asked for it.", body = DisputeRaised),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn raise(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Body(given): Body<DisputeBody>,
) -> Result<(StatusCode, Json<DisputeRaised>), Problem> {
    let disputed = Disputed::parse(&given.url)
        .map_err(|error| Problem::cannot_be_decided(&error.to_string()))?;
    let author = commands.author(&actor, given.reason);
    let clock = Arc::clone(&commands.clock);
    let mut queue = QueueLog::new(commands.log.clone(), Queue::Scraping, clock);
    let job = decisions::disputes::job(&disputed, &author)?;
    queue.enqueue(&job).await?;
    decisions::disputes::raise(&commands.log, &disputed, &author).await?;
    let answer = DisputeRaised {
        dispute: disputed.id(),
        url: disputed.to_string(),
        job: job.job,
    };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}
