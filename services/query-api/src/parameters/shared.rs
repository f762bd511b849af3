//! What the parameters mean that many addresses take, told once for all of them.

use serde_json::{Value, json};
use utoipa::openapi::path::{Parameter, ParameterBuilder};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Required};

use super::read::{DEFAULT_LIMIT, MAX_LIMIT};

/// Says what a parameter means of which its address says nothing itself. None of
/// these must be given.
pub(crate) fn describe_shared(parameter: &mut Parameter) {
    if parameter.description.is_some() {
        return;
    }
    let Some((description, example)) = meaning(&parameter.name) else {
        return;
    };
    let described = ParameterBuilder::from(parameter.clone())
        .description(Some(description))
        .example(example)
        .required(Required::False);
    *parameter = described.build();
    if parameter.name == "limit" {
        parameter.schema = Some(RefOr::T(rows()));
    }
}

/// What a parameter of a name means, and an example.
fn meaning(name: &str) -> Option<(&'static str, Option<Value>)> {
    let (description, example) = match name {
        "period" => (
            "The period; see the boards. Left out: all time.",
            json!("2016-01"),
        ),
        "kind" | "metric" => (
            "What the board is ordered by: `score`, or one kind of contribution. \
             Left out: the score.",
            json!("score"),
        ),
        "class" => (
            "Whose contributions count: `human`, `bot`, `agent` or `everyone`. \
             Left out: people's.",
            json!("human"),
        ),
        "company" => (
            "Those only who worked for this company, with what they did on the days on which \
             they did; case does not matter. Left out: everybody.",
            json!("Octo Inc."),
        ),
        "as_of" => (
            "An instant, or a UTC day, meaning its beginning: the answer as it was known then, \
             by the policy, identities and affiliations of then. Left out: now.",
            json!("2026-03-01T00:00:00Z"),
        ),
        "on" => (
            "The UTC day that `year`, `quarter`, `month`, `week`, `day`, `7d`, `28d`, `90d` and \
             `365d` are of. Left out: today, or the last day before `as_of`.",
            json!("2026-03-01"),
        ),
        "scope" => (
            "The board: `global`, a repository as `owner/name`, an organization, or `group:` and \
             the name of a group.",
            json!("rails/rails"),
        ),
        "repo" => (
            "A repository as `owner/name`. Without any of `repo`, `org` and `group` the board is \
             that over all repositories.",
            json!("rails/rails"),
        ),
        "org" => (
            "An organization: all repositories of an owner.",
            json!("rails"),
        ),
        "group" => ("A named group of repositories.", json!("web")),
        "theme" => (
            "`light`, `dark`, or `auto` for what the reader's system is set to, in pixels for \
             light. Left out: `auto`.",
            json!("auto"),
        ),
        "limit" => return Some(("Rows of a page, 1 to 200.", None)),
        "cursor" => {
            let description = "`meta.next_cursor` of the page before; left out for the first page.";
            return Some((description, None));
        }
        _ => return None,
    };
    Some((description, Some(example)))
}

/// How many rows a page may have.
fn rows() -> Schema {
    let rows = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .minimum(Some(1_u32))
        .maximum(Some(MAX_LIMIT))
        .default(Some(DEFAULT_LIMIT.into()));
    Schema::Object(rows.build())
}
