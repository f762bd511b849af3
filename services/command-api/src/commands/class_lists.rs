//! Lists of logins that are of one class.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use decisions::Decision;
use decisions::counting::define_class_list;
use domain::AccountClass;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type};

use super::{Actor, Body, Commands, PathParts, Reason, Why};
use crate::document::class;
use crate::problem::{Problem, ProblemDetails};

/// Which logins are of a class.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListBody {
    /// What they all are.
    #[schema(schema_with = class)]
    class: AccountClass,
    /// The logins; those that are not named are not on the list any more.
    #[serde(default)]
    #[schema(schema_with = logins)]
    logins: Vec<String>,
    /// Why, for those who will ask.
    #[serde(default)]
    reason: String,
}

fn logins() -> Array {
    let login = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^[!-~]{1,100}$"));
    ArrayBuilder::new()
        .items(login)
        .description(Some(
            "The logins; those that are not named are not on the list any more.",
        ))
        .examples([serde_json::json!(["mergebot", "ci-octo"])])
        .build()
}

/// What became of a decision about a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListDecided {
    /// Its name.
    #[schema(example = "our-bots")]
    list: String,
    /// What those on it are.
    #[schema(value_type = String, example = "bot")]
    class: AccountClass,
    /// Who is on it.
    #[schema(example = json!(["dependabot"]))]
    logins: Vec<String>,
    /// Whether that was to be decided.
    changed: bool,
}

/// What became of emptying a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListEmptied {
    /// Its name.
    #[schema(example = "our-bots")]
    list: String,
    /// Whether there was anybody on it.
    changed: bool,
}

/// Say which logins are of a class
///
/// All of them: the list is as it is given.
#[utoipa::path(
    put, path = "/api/v1/class-lists/{list}", tag = "counting", operation_id = "defineClassList",
    params(("list" = String, Path, description = "The list's name.", example = "our-bots")),
    request_body = ListBody,
    responses(
        (status = 200, description = "It is so.", body = ListDecided),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn define(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts(list): PathParts<String>,
    Body(given): Body<ListBody>,
) -> Result<Json<ListDecided>, Problem> {
    let author = commands.author(&actor, given.reason);
    let (class, logins) = (given.class, given.logins);
    let decision = define_class_list(&commands.log, &list, class, &logins, &author).await?;
    Ok(Json(ListDecided {
        list,
        class,
        logins,
        changed: decision == Decision::Made,
    }))
}

/// Empty a list of logins
#[utoipa::path(
    delete, path = "/api/v1/class-lists/{list}", tag = "counting", operation_id = "removeClassList",
    params(("list" = String, Path, description = "The list's name.", example = "our-bots")),
    request_body = Option<Reason>,
    responses(
        (status = 200, description = "It is empty.", body = ListEmptied),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn remove(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts(list): PathParts<String>,
    Why(given): Why,
) -> Result<Json<ListEmptied>, Problem> {
    let author = commands.author(&actor, given.reason);
    let class = AccountClass::default();
    let decision = define_class_list(&commands.log, &list, class, &[], &author).await?;
    Ok(Json(ListEmptied {
        list,
        changed: decision == Decision::Made,
    }))
}
