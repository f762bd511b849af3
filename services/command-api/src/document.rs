//! The OpenAPI document of the commands, made of the code that carries them out.

use domain::jobs::Queue;
use domain::{AccountClass, Policy};
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Description, PathItem, Ref, RefOr};

use crate::commands::{COMMANDS, Command, STEPS};
use crate::entrance::LIVENESS;
use crate::problem::ProblemDetails;

/// The form of one part of the name of a repository.
const NAME: &str = "^\\.{0,2}[A-Za-z0-9_-][A-Za-z0-9_.-]{0,97}$";

/// The form of the name of a repository, with its owner's.
pub(crate) const REPOSITORY: &str =
    "^\\.{0,2}[A-Za-z0-9_-][A-Za-z0-9_.-]{0,97}/\\.{0,2}[A-Za-z0-9_-][A-Za-z0-9_.-]{0,97}$";

/// The form of an account: a numeric id, or `@` and a login.
pub(crate) const ACCOUNT: &str = "^([0-9]{1,19}|@[!-.0-~]{1,100})$";

/// The form of the name of a group or a list.
const WORD: &str = "^[a-z0-9-]{1,64}$";

/// The form of a reason: without control characters but those that end lines.
const WORDS: &str = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$";

/// The form of a reason that has to be given.
const SOME_WORDS: &str = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*\
     [^\\s\\u0000-\\u001f\\u007f-\\u009f]\
     [^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$";

/// Most letters of a reason.
const LONGEST_REASON: usize = 2_000;

/// The form of the id of a dead letter, or of a contribution.
const LETTER: &str = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";

/// What keys are called in the document.
const KEY: &str = "key";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Leaderboard: commands",
        description = "What people decide, as events on the log: what is tracked and worth, who is \
                       who, which queues stand still. Each needs a key, whose name is the actor of \
                       what is decided, with the scope that the command names. Decisions answer \
                       when they are on the log; `changed` says whether there was anything to \
                       decide. Boards follow within a second. Errors are problem details (RFC \
                       9457).\n\nWebhooks of GitHub come to the same server (`POST \
                       /webhooks/github`): what they are is described by GitHub, which sends them.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "tracking", description = "What is tracked, and which repositories belong together."),
        (name = "counting", description = "What things are worth, and who is who."),
        (name = "disputes", description = "What somebody misses."),
        (name = "operations", description = "Which queues stand still, and what is logged."),
        (name = "health", description = "For machines that watch."),
    ),
    components(schemas(ProblemDetails))
)]
pub(crate) struct Document;

/// Says of every command what a key must be for, and what else may be answered.
pub(crate) fn complete(document: &mut Description) {
    let schemes = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "A key; `leaderboard key new` makes one. Each command names the scope it must have.",
        ));
    schemes.add_security_scheme(KEY, SecurityScheme::Http(bearer.build()));
    for (name, schema) in &mut schemes.schemas {
        describe_reason(
            schema,
            if ["WhyDiscarded", "ContributionBody"].contains(&name.as_str()) {
                SOME_WORDS
            } else {
                WORDS
            },
        );
    }
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            describe_parameters(operation);
            let command = COMMANDS
                .iter()
                .find(|command| command.method == method && command.path == path);
            match command {
                Some(command) => describe_command(operation, command),
                // Everybody may.
                None => operation.security = Some(vec![SecurityRequirement::default()]),
            }
            if path != LIVENESS {
                let host = "This server does not answer to that host.";
                answer(operation, "421", host);
            }
        }
    }
}

/// Says which words a reason may have, wherever one is given.
fn describe_reason(schema: &mut RefOr<Schema>, words: &str) {
    let object = match schema {
        RefOr::T(Schema::Object(object)) => object,
        RefOr::T(Schema::OneOf(one_of)) => {
            let several = one_of.items.iter_mut();
            return several.for_each(|one| describe_reason(one, words));
        }
        _ => return,
    };
    if let Some(RefOr::T(Schema::Object(reason))) = object.properties.get_mut("reason") {
        reason.pattern = Some(words.to_owned());
        reason.max_length = Some(LONGEST_REASON);
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let operations = [
        ("GET", &mut item.get),
        ("PUT", &mut item.put),
        ("POST", &mut item.post),
        ("DELETE", &mut item.delete),
    ];
    operations
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn describe_command(operation: &mut Operation, command: &Command) {
    let scope = command.scope.to_string();
    let about = operation.description.take().unwrap_or_default();
    let needs = format!("The key needs the scope `{scope}`.");
    let about = [about.trim(), &needs].join("\n\n");
    operation.description = Some(about.trim().to_owned());
    operation.security = Some(vec![SecurityRequirement::new(KEY, [scope])]);
    answer(
        operation,
        "401",
        "There was no key, or one that does not hold.",
    );
    answer(
        operation,
        "403",
        "The key has not the scope that is needed.",
    );
    let many = "There were too many requests; `Retry-After` says how long to wait.";
    answer(operation, "429", many);
    answer(
        operation,
        "400",
        "The command cannot be read, or says what cannot be decided.",
    );
    if operation.parameters.is_some() {
        answer(operation, "404", "There is nothing at this address.");
    }
    if operation.request_body.is_some() {
        answer(operation, "413", "The command is larger than a mebibyte.");
        answer(
            operation,
            "415",
            "The command is not sent as `application/json`.",
        );
        answer(
            operation,
            "422",
            "The command is JSON, but not of this form.",
        );
    }
}

/// Says that something may be answered, unless that is said already.
fn answer(operation: &mut Operation, status: &str, description: &str) {
    let responses = &mut operation.responses.responses;
    let described = responses.entry(status.to_owned());
    described.or_insert_with(|| RefOr::T(problem(description)));
}

fn problem(description: &str) -> Response {
    let details = RefOr::Ref(Ref::from_schema_name("ProblemDetails"));
    let content = ContentBuilder::new().schema(Some(details)).build();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build()
}

/// Says what may stand in a path, so that the document cannot fall behind what
/// is taken.
fn describe_parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            parameter.schema = form_of(parameter).map(|form| RefOr::T(Schema::Object(form)));
        }
    }
}

fn form_of(parameter: &Parameter) -> Option<Object> {
    let text = ObjectBuilder::new().schema_type(Type::String);
    Some(match parameter.name.as_str() {
        "owner" | "name" => text.pattern(Some(NAME)).build(),
        "group" | "list" => text.pattern(Some(WORD)).build(),
        "account" => text.pattern(Some(ACCOUNT)).build(),
        "id" => text.pattern(Some(LETTER)).build(),
        "step" => text.enum_values(Some(STEPS)).build(),
        "queue" => {
            let queues = Queue::ALL.map(|queue| queue.to_string());
            text.enum_values(Some(queues)).build()
        }
        _ => return None,
    })
}

/// What may stand where a class of accounts is wanted.
pub(crate) fn class() -> Object {
    let classes = AccountClass::ALL.map(AccountClass::as_str);
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.enum_values(Some(classes)).build()
}

/// What may stand where changes of a policy are wanted.
pub(crate) fn policy() -> Schema {
    let schema = serde_json::from_value(Policy::entered_schema());
    schema.unwrap_or_else(|_| Schema::Object(Object::new()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::commands::COMMANDS;
    use crate::openapi;

    #[test]
    fn every_command_is_described_with_its_scope_and_failures() {
        let document = serde_json::to_value(openapi()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        for command in COMMANDS {
            let method = command.method.to_lowercase();
            let operation = &document["paths"][command.path][&method];
            let told = format!("{method} {}: {operation}", command.path);
            assert!(operation["summary"].is_string(), "{told}");
            let scope = command.scope.to_string();
            assert_eq!(operation["security"][0]["key"][0], scope.as_str(), "{told}");
            for status in ["400", "401", "403", "429"] {
                assert!(operation["responses"][status].is_object(), "{told}");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{told}");
                let form = &parameter["schema"];
                assert!(
                    form["pattern"].is_string() || form["enum"].is_array(),
                    "{told}"
                );
            }
        }
    }

    #[test]
    fn nothing_is_described_that_is_no_command() {
        let document = serde_json::to_value(openapi()).unwrap();
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                described.insert((method.to_uppercase(), path.clone()));
            }
        }
        let commands = COMMANDS
            .iter()
            .map(|command| (command.method.to_owned(), command.path.to_owned()));
        let others = [("GET", "/livez"), ("GET", "/openapi.json")];
        let others = others.map(|(method, path)| (method.to_owned(), path.to_owned()));
        assert_eq!(described, commands.chain(others).collect());
    }
}
