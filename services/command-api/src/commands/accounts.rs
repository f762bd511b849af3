//! Who is a person, which accounts are one, and whom people worked for.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use decisions::Decision;
use decisions::counting::{
    account_entered, classify_account, link_accounts, set_affiliations, unlink_account,
};
use domain::{AccountClass, AccountReference, Affiliation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, KnownFormat, Object, ObjectBuilder};
use utoipa::openapi::schema::{SchemaFormat, SchemaType, Type};

use super::{Actor, Body, Commands, PathParts, Reason, Why};
use crate::document::{ACCOUNT, class};
use crate::problem::{Problem, ProblemDetails};

/// What an account is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClassBody {
    /// `hidden` is counted and shown on no board.
    #[schema(schema_with = class)]
    class: AccountClass,
    /// Why, for those who will ask.
    #[serde(default)]
    #[schema(example = "merges by itself")]
    reason: String,
}

/// Which account gets the credit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkBody {
    /// The account that is credited: a numeric id, or `@` and a login.
    #[schema(schema_with = account)]
    into: String,
    /// Why, for those who will ask.
    #[serde(default)]
    #[schema(example = "said so in an issue")]
    reason: String,
}

fn account() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(ACCOUNT))
        .description(Some(
            "The account that is credited: a numeric id, or `@` and a login.",
        ))
        .examples([serde_json::json!("583231")])
        .build()
}

/// The form of a day. That each month has it is more than that says.
const DAY: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";

/// Whom an account worked for, all its life.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AffiliationsBody {
    /// In any order, none before another has ended; none at all take all away.
    #[schema(schema_with = affiliations)]
    affiliations: Vec<Affiliation>,
    /// Why, for those who will ask.
    #[serde(default)]
    reason: String,
}

fn affiliations() -> Array {
    let day = |about: &str| {
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .pattern(Some(DAY))
            .description(Some(about.to_owned()))
    };
    let company = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(
            "^[^\\s\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$",
        ))
        .max_length(Some(100))
        .description(Some("The company, as it is written."));
    let affiliation = ObjectBuilder::new()
        .property("company", company)
        .property(
            "from",
            day("The first UTC day; left out or null for as long as anything is known."),
        )
        .property(
            "until",
            day("The first UTC day after it; left out or null when it has not ended."),
        )
        .required("company");
    ArrayBuilder::new()
        .items(affiliation)
        .max_items(Some(100))
        .description(Some(
            "In any order, none before another has ended; none at all take all away.",
        ))
        .examples([serde_json::json!([
            { "company": "Octo Inc.", "until": "2021-06-01" },
            { "company": "Hub Ltd.", "from": "2021-06-01" }
        ])])
        .build()
}

/// What became of a decision about what an account is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClassDecided {
    /// The account.
    #[schema(value_type = String, example = "583231")]
    account: AccountReference,
    /// What it is by decision; null where none says so any more.
    #[schema(value_type = Option<String>, example = "bot")]
    class: Option<AccountClass>,
    /// Whether that was to be decided.
    changed: bool,
}

/// What became of a decision about who is credited.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LinkDecided {
    /// The account.
    #[schema(value_type = String, example = "@octo-old")]
    account: AccountReference,
    /// The account that is credited.
    #[schema(value_type = String, example = "583231")]
    into: AccountReference,
    /// Whether that was to be decided.
    changed: bool,
}

/// What became of a decision about an account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountDecided {
    /// The account.
    #[schema(value_type = String, example = "583231")]
    account: AccountReference,
    /// Whether that was to be decided.
    changed: bool,
}

/// Say what an account is
///
/// A person, a bot, an AI agent, or hidden: counted, and on no board.
#[utoipa::path(
    put, path = "/api/v1/accounts/{account}/class", tag = "counting", operation_id = "classifyAccount",
    params(("account" = String, Path, description = "A numeric id, or `@` and a login where no id is known.", example = "583231")),
    request_body = ClassBody,
    responses(
        (status = 200, description = "It is so.", body = ClassDecided),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn classify(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts(account): PathParts<String>,
    Body(given): Body<ClassBody>,
) -> Result<Json<ClassDecided>, Problem> {
    decide_class(&commands, &actor, &account, Some(given.class), given.reason).await
}

/// Take back what an account is said to be
///
/// Its login and GitHub say it again.
#[utoipa::path(
    delete, path = "/api/v1/accounts/{account}/class", tag = "counting", operation_id = "declassifyAccount",
    params(("account" = String, Path, description = "A numeric id, or `@` and a login where no id is known.", example = "583231")),
    request_body = Option<Reason>,
    responses(
        (status = 200, description = "It is taken back.", body = ClassDecided),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn declassify(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts(account): PathParts<String>,
    Why(given): Why,
) -> Result<Json<ClassDecided>, Problem> {
    decide_class(&commands, &actor, &account, None, given.reason).await
}

async fn decide_class(
    commands: &Commands,
    actor: &Actor,
    account: &str,
    class: Option<AccountClass>,
    reason: String,
) -> Result<Json<ClassDecided>, Problem> {
    let account = account_entered(account)?;
    let author = commands.author(actor, reason);
    let decision = classify_account(&commands.log, &account, class, &author).await?;
    Ok(Json(ClassDecided {
        account,
        class,
        changed: decision == Decision::Made,
    }))
}

/// Credit an account's contributions to another
#[utoipa::path(
    put, path = "/api/v1/accounts/{account}/link", tag = "counting", operation_id = "linkAccount",
    params(("account" = String, Path, description = "A numeric id, or `@` and a login where no id is known.", example = "@octo-old")),
    request_body = LinkBody,
    responses(
        (status = 200, description = "The other is credited.", body = LinkDecided),
        (status = 409, description = "These cannot be linked, or others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn link(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts(account): PathParts<String>,
    Body(given): Body<LinkBody>,
) -> Result<Json<LinkDecided>, Problem> {
    let (account, into) = (account_entered(&account)?, account_entered(&given.into)?);
    let author = commands.author(&actor, given.reason);
    let decision = link_accounts(&commands.log, &account, &into, &author).await?;
    Ok(Json(LinkDecided {
        account,
        into,
        changed: decision == Decision::Made,
    }))
}

/// Credit an account's contributions to itself again
#[utoipa::path(
    delete, path = "/api/v1/accounts/{account}/link", tag = "counting", operation_id = "unlinkAccount",
    params(("account" = String, Path, description = "A numeric id, or `@` and a login where no id is known.", example = "@octo-old")),
    request_body = Option<Reason>,
    responses(
        (status = 200, description = "It is credited itself.", body = AccountDecided),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn unlink(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts(account): PathParts<String>,
    Why(given): Why,
) -> Result<Json<AccountDecided>, Problem> {
    let account = account_entered(&account)?;
    let author = commands.author(&actor, given.reason);
    let decision = unlink_account(&commands.log, &account, &author).await?;
    Ok(Json(AccountDecided {
        account,
        changed: decision == Decision::Made,
    }))
}

/// Say whom an account worked for
///
/// All its life: what was said before is replaced.
#[utoipa::path(
    put, path = "/api/v1/accounts/{account}/affiliations", tag = "counting", operation_id = "affiliateAccount",
    params(("account" = String, Path, description = "A numeric id, or `@` and a login where no id is known.", example = "583231")),
    request_body = AffiliationsBody,
    responses(
        (status = 200, description = "It is so.", body = AccountDecided),
        (status = 409, description = "Others decide about it at the same time.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The event log does not take it right now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) async fn affiliate(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    PathParts(account): PathParts<String>,
    Body(given): Body<AffiliationsBody>,
) -> Result<Json<AccountDecided>, Problem> {
    let account = account_entered(&account)?;
    let author = commands.author(&actor, given.reason);
    let decision = set_affiliations(&commands.log, &account, given.affiliations, &author);
    let decision = decision.await?;
    Ok(Json(AccountDecided {
        account,
        changed: decision == Decision::Made,
    }))
}
