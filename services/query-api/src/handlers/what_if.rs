//! Boards under policies that do not hold.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use domain::ClassFilter;

use super::{SharedApi, json_unkept};
use crate::document::{class_schema, period_schema, policy_schema, scope_schema};
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
    /// `group:` and the name of a group. Left out: `global`.
    #[serde(default = "everything")]
    #[schema(schema_with = scope)]
    scope: String,
    /// The period; see the boards. Left out: all time.
    #[serde(default = "all_time")]
    #[schema(schema_with = period)]
    period: String,
    /// Whose contributions are shown. Left out: people.
    #[serde(default = "people")]
    #[schema(schema_with = class)]
    class: String,
    /// Rows, 1 to 1,000. Left out: 50.
    #[schema(example = 50, minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// What is to change of the policy that holds; points as decimals.
    #[schema(schema_with = policy_schema)]
    policy: Value,
}

fn scope() -> Object {
    let text = "The board: `global`, a repository as `owner/name`, an organization, or `group:` \
                and the name of a group. Left out: `global`.";
    described(scope_schema(), text, "rails/rails")
}

fn period() -> Object {
    described(
        period_schema(),
        "The period; see the boards. Left out: all time.",
        "2016-01",
    )
}

fn class() -> Object {
    described(
        class_schema(),
        "Whose contributions are shown. Left out: people.",
        "human",
    )
}

fn described(mut schema: Object, text: &str, example: &str) -> Object {
    schema.description = Some(text.to_owned());
    schema.example = Some(example.into());
    schema
}

fn everything() -> String {
    "global".to_owned()
}

fn all_time() -> String {
    "all".to_owned()
}

fn people() -> String {
    ClassFilter::Human.as_str().to_owned()
}

impl WhatIfBody {
    /// Refuses texts of nothing: who wants what holds otherwise leaves them out.
    fn refuse_empty(&self) -> Result<(), Problem> {
        let texts = [
            ("scope", &self.scope),
            ("period", &self.period),
            ("class", &self.class),
        ];
        match texts.into_iter().find(|(_, text)| text.is_empty()) {
            Some((name, text)) => Err(Problem::parameter(
                name,
                text,
                "give a value, or leave it out",
            )),
            None => Ok(()),
        }
    }
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
    )
)]
pub(crate) async fn ask_what_if(
    api: SharedApi,
    given: Result<Json<WhatIfBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(given) = given
        .map_err(|rejection| Problem::new(ProblemKind::MalformedRequest, rejection.body_text()))?;
    given.refuse_empty()?;
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
