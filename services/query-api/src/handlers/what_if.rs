//! Boards under policies that do not hold.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use domain::ClassFilter;

use super::{SharedApi, json_unkept};
use crate::parameters::{read_class, read_period};
use crate::problem::{Problem, ProblemDetails, ProblemKind};
use crate::resources::what_if::{WhatIf, WhatIfRequest, load_what_if};
use crate::target::ScopeName;

/// Most rows of an answer.
const MOST_ROWS: u32 = 1_000;

/// A board, and a policy that it is wanted under.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatIfBody {
    /// The board: `global`, a repository as `owner/name`, an organization, or
    /// `group:` and the name of a group.
    #[serde(default)]
    #[schema(example = "rails/rails")]
    scope: String,
    /// The period; see the boards. Left out: all time.
    #[serde(default)]
    #[schema(example = "2016-01")]
    period: String,
    /// Whose contributions are shown. Left out: people.
    #[serde(default)]
    #[schema(example = "human")]
    class: String,
    /// Rows, 1 to 1,000. Left out: 50.
    #[schema(example = 50, minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// What is to change of the policy that holds; points as decimals.
    #[schema(value_type = Object, example = json!({ "points": { "commit": 5 } }))]
    policy: Value,
}

/// A board under another policy
///
/// The board as it would be if something else were worth something else, with
/// everybody's place and score now. Nothing is stored.
#[utoipa::path(
    post, path = "/api/v1/what-if", tag = "decisions", operation_id = "askWhatIf",
    request_body = WhatIfBody,
    responses(
        (status = 200, description = "The board as it would be.", body = WhatIf),
        (status = 400, description = "The request or the policy is not valid; every fault is named.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "There is no such scope.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 413, description = "The request is too large.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 415, description = "The request is no JSON.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The data cannot be reached in time.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn ask_what_if(
    api: SharedApi,
    given: Result<Json<WhatIfBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(given) = given
        .map_err(|rejection| Problem::new(ProblemKind::MalformedRequest, rejection.body_text()))?;
    let limit = given.limit.unwrap_or(50);
    if !(1..=MOST_ROWS).contains(&limit) {
        let allowed = format!("use a whole number from 1 to {MOST_ROWS}");
        return Err(Problem::parameter("limit", &limit.to_string(), allowed));
    }
    let request = WhatIfRequest {
        scope: ScopeName::parse(&given.scope)?,
        period: read_period(&given.period, api.now().date_naive())?,
        class: read_class(&given.class)?.unwrap_or(ClassFilter::Human),
        limit,
        policy: given.policy,
    };
    let _turn = api.turn_of_large_questions().await?;
    let mut snapshot = api.snapshot().await?;
    json_unkept(&load_what_if(&api, &mut snapshot, &request).await?)
}
