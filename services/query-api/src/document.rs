//! What the OpenAPI document says beside what each handler says of itself.

use domain::{ClassFilter, ContributionKind, Metric};
use utoipa::OpenApi;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Description, Ref, RefOr};

use crate::edge::admit::is_watched;
use crate::embed::Theme;

/// The forms of a period.
const PERIOD: &str = "^(all|year|quarter|month|week|day|7d|28d|90d|365d\
     |\\d{4}-\\d{2}-\\d{2}\\.\\.\\d{4}-\\d{2}-\\d{2}|\\d{4}(-Q[1-4]|-W(0[1-9]|[1-4]\\d|5[0-3])\
     |-(0[1-9]|1[0-2])(-(0[1-9]|[12]\\d|3[01]))?)?)$";

/// The form of a day.
const DAY: &str = "^\\d{4}-\\d{2}-\\d{2}$";

/// The forms of an instant.
const INSTANT: &str =
    "^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2}))?$";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Leaderboard",
        description = "A contributor leaderboard that can prove its numbers: where each point \
                       comes from, and what is missing.\n\nScores are exact: thousandths of a \
                       point as integers, and points as decimal texts. Lists are paged by \
                       cursor. Answers bear an ETag that changes when the data does, and only \
                       then. Errors are problem details (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "leaderboards", description = "Who did most, in what, where, and when."),
        (name = "snapshots", description = "Boards as files that anybody can verify."),
        (name = "contributors", description = "One contributor, and the explanation of a score."),
        (name = "repositories", description = "One repository."),
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
            for (status, refusal) in REFUSALS {
                let responses = &mut operation.responses.responses;
                let described = responses.entry(status.to_owned());
                described.or_insert_with(|| RefOr::T(problem(refusal)));
            }
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

/// Says what may stand in the parameters whose values the domain names, so
/// that the document cannot fall behind the domain.
pub(crate) fn describe_choices(document: &mut Description) {
    for path in document.paths.paths.values_mut() {
        let operation = path.get.as_mut();
        let parameters = operation.and_then(|operation| operation.parameters.as_mut());
        for parameter in parameters.into_iter().flatten() {
            if let RefOr::T(parameter) = parameter {
                describe_parameter(parameter);
            }
        }
    }
}

fn describe_parameter(parameter: &mut Parameter) {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let schema = match parameter.name.as_str() {
        "period" => text.pattern(Some(PERIOD)),
        "cursor" => text.pattern(Some("^([0-9a-f]{2})+$")).max_length(Some(512)),
        "from" | "to" | "as_of" => text.pattern(Some(INSTANT)),
        "on" => text.pattern(Some(DAY)),
        "class" => text.enum_values(Some(ClassFilter::ALL.map(ClassFilter::as_str))),
        "theme" => text.enum_values(Some(Theme::ALL.map(Theme::as_str))),
        "kind" | "metric" => {
            let kinds = ContributionKind::ALL.map(ContributionKind::as_str);
            text.enum_values(Some([Metric::Score.as_str()].into_iter().chain(kinds)))
        }
        _ => return,
    };
    parameter.schema = Some(RefOr::T(Schema::Object(schema.build())));
}
