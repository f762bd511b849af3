//! What the OpenAPI document says beside what each handler says of itself.

mod files;

use domain::jobs::Queue;
use domain::{ClassFilter, ContributionKind, Metric, Policy};
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{
    AnyOfBuilder, ArrayBuilder, KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat,
    SchemaType, Type,
};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, ContentBuilder, OpenApi as Description, Ref, RefOr, Required};

pub(crate) use files::describe_files;

use crate::edge::admit::is_watched;
use crate::edge::fields::{FIELDS, selectable};
use crate::embed::compare::COMPARED;
use crate::embed::{self, Theme};
use crate::handlers::board_files::BOARD_FILES;
use crate::handlers::jobs::STATES;
use crate::parameters::{LETTER_STATES, ONLY, describe_shared};
use crate::resources::comparison::MOST;

/// The forms of a period. That a day is one of its month, a week one of its
/// year, and the last day not before the first is more than it can say.
const PERIOD: &str = "^(all|year|quarter|month|week|day|7d|28d|90d|365d\
     |\\d{4}-\\d{2}-\\d{2}\\.\\.\\d{4}-\\d{2}-\\d{2}|\\d{4}(-Q[1-4]|-W(0[1-9]|[1-4]\\d|5[0-3])\
     |-(0[1-9]|1[0-2])(-(0[1-9]|[12]\\d|3[01]))?)?)$";

/// The form of a month.
const MONTH: &str = "^\\d{4}-(0[1-9]|1[0-2])$";

/// The form of the name of a repository, with its owner's.
const REPOSITORY: &str = "^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$";

/// The form of the name of a company: no control characters, and not only spaces.
const COMPANY: &str = "^[^\\s\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$";

/// The address of something on GitHub. Releases are left out: none is found by it.
const ADDRESS: &str = "^https://(www\\.)?github\\.com/[A-Za-z0-9_-]{1,39}/[A-Za-z0-9_-]{1,99}\
     /((pull|issues)/[1-9][0-9]{0,8}(#issuecomment-[1-9][0-9]{0,11})?|commit/[0-9a-fA-F]{40})$";

/// The form of what is named to be compared: an account, or a repository.
const NAMED: &str = "^(@|id:)?[A-Za-z0-9_.\\[\\]-]+(/[A-Za-z0-9_.-]+)?$";

/// The forms of a scope.
const SCOPE: &str = "^(group:[^/]+|[^/]+|[^/]+/[^/]+)$";

/// The form of the name of a job.
const JOB: &str = "^[a-z0-9-]{1,100}$";

/// The form of the name of a service, or of a stream of the log.
const WORD: &str = "^[A-Za-z0-9_-]{1,64}$";

/// Where contributions are found by their address.
const CONTRIBUTIONS: &str = "/api/v1/contributions";

/// Most characters of a text in a query, and of one in a path.
const LONGEST: (usize, usize) = (512, 100);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Leaderboard",
        description = "A contributor leaderboard that can prove its numbers: where each point \
                       comes from, and what is missing.\n\nScores are exact: thousandths of a \
                       point as integers, and points as decimal texts. Lists are paged by \
                       cursor. Answers bear an ETag that changes when the data does, and only \
                       then, but for those of what changes by the second. Errors are problem details (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "leaderboards", description = "Who did most, in what, where, and when."),
        (name = "snapshots", description = "Boards as files that anybody can verify."),
        (name = "contributors", description = "Contributors, and the explanation of a score."),
        (name = "repositories", description = "Repositories, one and many, and the groups that they are in."),
        (name = "decisions", description = "What people decided, and what would be if they decided otherwise."),
        (name = "streams", description = "What happens, told as it happens (server-sent events): see docs/live.md."),
        (name = "search", description = "Finding contributors and repositories."),
        (name = "embeds", description = "Images for READMEs and pages of others."),
        (name = "operations", description = "What was seen, and what could not be read."),
        (name = "health", description = "For machines that watch."),
    )
)]
pub(crate) struct Document;

/// Says of every address who is let in, and what is answered who is not;
/// machines that watch are always let in.
pub(crate) fn describe_refusals(document: &mut Description) {
    let schemes = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "A reader with a key may ask more often; it must have the scope `read`.",
        ));
    schemes.add_security_scheme(KEY, SecurityScheme::Http(bearer.build()));
    for (path, item) in &mut document.paths.paths {
        if is_watched(path) {
            continue;
        }
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            let anybody = SecurityRequirement::default();
            let with_key = SecurityRequirement::new(KEY, [] as [&str; 0]);
            operation.security = Some(vec![anybody, with_key]);
            describe_problems(operation, &REFUSALS);
        }
    }
}

/// What keys are called in the document.
const KEY: &str = "key";

/// What is answered who is not let in.
const REFUSALS: [(&str, &str); 4] = [
    ("401", "A key was sent that is none, or none any more."),
    ("403", "The key that was sent has not the scope `read`."),
    ("421", "This server does not answer to that host."),
    (
        "429",
        "There were too many requests; `Retry-After` says how long to wait.",
    ),
];

fn problem(description: &str) -> Response {
    let details = RefOr::Ref(Ref::from_schema_name("ProblemDetails"));
    let content = ContentBuilder::new().schema(Some(details)).build();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build()
}

/// Says of every address of data what is answered when the reader has it already, and
/// when it is asked wrongly, or cannot be answered in time, where that is all there is
/// to say.
pub(crate) fn describe_failures(document: &mut Description) {
    for (path, item) in &mut document.paths.paths {
        if !path.starts_with("/api/") && !path.starts_with(embed::PATHS) {
            continue;
        }
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            describe_problems(operation, &FAILURES);
        }
        if let Some(operation) = &mut item.get {
            let known = ResponseBuilder::new().description(KNOWN).build();
            let responses = &mut operation.responses.responses;
            responses.insert("304".to_owned(), RefOr::T(known));
        }
    }
}

/// What is answered who has what there is.
const KNOWN: &str = "What `If-None-Match` names is still current; `*` names whatever there is.";

/// What is answered who asks wrongly, or too much.
const FAILURES: [(&str, &str); 2] = [
    ("400", "A parameter is not valid."),
    ("503", "The data cannot be reached in time."),
];

/// Adds what an operation does not tell of itself.
fn describe_problems(operation: &mut Operation, problems: &[(&str, &str)]) {
    for (status, description) in problems {
        let responses = &mut operation.responses.responses;
        let described = responses.entry((*status).to_owned());
        described.or_insert_with(|| RefOr::T(problem(description)));
    }
}

/// Says what may stand in the parameters whose values the domain names, so
/// that the document cannot fall behind the domain, and in which forms images
/// tell of failures.
pub(crate) fn describe_choices(document: &mut Description) {
    for (path, item) in &mut document.paths.paths {
        let operations = [item.get.as_mut(), item.post.as_mut()];
        for operation in operations.into_iter().flatten() {
            let parameters = operation.parameters.iter_mut().flatten();
            for parameter in parameters {
                if let RefOr::T(parameter) = parameter {
                    describe_shared(parameter);
                    describe_parameter(path, parameter);
                }
            }
            if path.starts_with(embed::PATHS) {
                describe_drawn_problems(operation);
            }
        }
    }
}

/// Says of every answer of JSON which of its fields may be asked for.
pub(crate) fn describe_fields(document: &mut Description) {
    let described = serde_json::to_value(&*document).unwrap_or_default();
    for (path, item) in &mut document.paths.paths {
        let Some(operation) = &mut item.get else {
            continue;
        };
        let fields = selectable(&described, &described["paths"][path]["get"]);
        if fields.is_empty() {
            continue;
        }
        let choices = ArrayBuilder::new()
            .items(of_words(fields.iter().map(String::as_str)))
            .min_items(Some(1));
        let parameter = ParameterBuilder::new()
            .name(FIELDS)
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(
                "Fields of the answer, and after a dot fields of those, with commas. Left out: all.",
            ))
            .schema(Some(Schema::Array(choices.build())))
            .style(Some(ParameterStyle::Form))
            .explode(Some(false));
        let parameters = operation.parameters.get_or_insert_default();
        parameters.push(RefOr::T(parameter.build()));
    }
}

fn describe_parameter(path: &str, parameter: &mut Parameter) {
    let is_in_path = parameter.parameter_in == ParameterIn::Path;
    let text = ObjectBuilder::new().schema_type(Type::String);
    let schema = match parameter.name.as_str() {
        "from" | "to" | "as_of" | "since" | "until" => {
            let instant = AnyOfBuilder::new()
                .item(text_of(KnownFormat::Date))
                .item(text_of(KnownFormat::DateTime));
            parameter.schema = Some(RefOr::T(Schema::AnyOf(instant.build())));
            return;
        }
        "on" => text_of(KnownFormat::Date),
        "period" => period_schema(),
        "month" => text.pattern(Some(MONTH)).build(),
        "scope" => scope_schema(),
        "repository" => text.pattern(Some(REPOSITORY)).build(),
        "repo" => text
            .pattern(Some("^[^/]+/[^/]+$"))
            .max_length(Some(LONGEST.0))
            .build(),
        "company" => text
            .pattern(Some(COMPANY))
            .max_length(Some(LONGEST.1))
            .build(),
        "name" if !is_in_path => text.pattern(Some(JOB)).build(),
        "cursor" => text
            .pattern(Some("^([0-9a-f]{2})+$"))
            .max_length(Some(LONGEST.0))
            .build(),
        "class" => class_schema(),
        "only" => of_words(ONLY),
        "of" => of_words(COMPARED),
        "file" => of_words(BOARD_FILES),
        "theme" => of_words(Theme::ALL.map(Theme::as_str)),
        "queue" => of_words(Queue::ALL.map(Queue::as_str)),
        "service" | "stream" => text.pattern(Some(WORD)).build(),
        "state" if path.ends_with("/dead-letters") => of_words(LETTER_STATES.iter().copied()),
        "state" => of_words(STATES.iter().copied()),
        "url" => text.pattern(Some(ADDRESS)).build(),
        "kind" if path == CONTRIBUTIONS => {
            of_words(ContributionKind::ALL.map(ContributionKind::as_str))
        }
        "kind" | "metric" => {
            let kinds = ContributionKind::ALL.map(ContributionKind::as_str);
            of_words([Metric::Score.as_str()].into_iter().chain(kinds))
        }
        "names" => {
            let name = text.pattern(Some(NAMED)).max_length(Some(LONGEST.1));
            let names = ArrayBuilder::new()
                .items(name.build())
                .min_items(Some(1))
                .max_items(Some(MOST));
            parameter.schema = Some(RefOr::T(Schema::Array(names.build())));
            return;
        }
        "q" => {
            limit_text(parameter, "\\S", LONGEST.0);
            return;
        }
        _ if is_in_path => {
            limit_text(parameter, "^[^/]+$", LONGEST.1);
            return;
        }
        _ => {
            limit_text(parameter, "", LONGEST.0);
            return;
        }
    };
    parameter.schema = Some(RefOr::T(Schema::Object(schema)));
}

/// What may stand where a period is wanted.
pub(crate) fn period_schema() -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.pattern(Some(PERIOD)).build()
}

/// What may stand where a board is wanted.
pub(crate) fn scope_schema() -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.pattern(Some(SCOPE))
        .max_length(Some(LONGEST.0))
        .default(Some("global".into()))
        .build()
}

/// What may stand where it is wanted whose contributions are meant.
pub(crate) fn class_schema() -> Object {
    of_words(ClassFilter::ALL.map(ClassFilter::as_str))
}

/// What may stand where changes of a policy are wanted.
pub(crate) fn policy_schema() -> Schema {
    let schema = serde_json::from_value(Policy::entered_schema());
    schema.unwrap_or_else(|_| Schema::Object(Object::new()))
}

fn text_of(format: KnownFormat) -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.format(Some(SchemaFormat::KnownFormat(format))).build()
}

fn of_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.enum_values(Some(words)).build()
}

/// Says of a text of which nothing else is said that it may not be empty, nor
/// longer than what is read.
fn limit_text(parameter: &mut Parameter, pattern: &str, longest: usize) {
    let Some(RefOr::T(Schema::Object(text))) = &mut parameter.schema else {
        return;
    };
    let is_text = text.schema_type == SchemaType::from(Type::String);
    if is_text && text.format.is_none() && text.enum_values.is_none() {
        text.min_length = text.min_length.or(Some(1));
        text.max_length = text.max_length.or(Some(longest));
        text.pattern = (!pattern.is_empty()).then(|| pattern.to_owned());
    }
}

/// Who does not ask an image's address for JSON is sent an image of what is wrong.
fn describe_drawn_problems(operation: &mut Operation) {
    let image = ObjectBuilder::new().schema_type(Type::String).build();
    let image = Content::new(Some(RefOr::T(Schema::Object(image))));
    for (status, response) in &mut operation.responses.responses {
        if let (true, RefOr::T(response)) = (status.as_str() >= "400", response) {
            response
                .description
                .push_str(" Who does not ask for JSON is sent an image that says so.");
            let content = &mut response.content;
            content.insert("image/svg+xml".to_owned(), image.clone().into());
        }
    }
}
