//! The reference of the API and of the events, made of the documents that
//! programs read: nothing is told here that is not in them.

mod events;
mod operations;
mod schema;
mod text;

use std::sync::OnceLock;

use access::RefusalKind;
use askama::Template;
use axum::Json;
use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use openapi::Examples;
use serde_json::Value;

use self::events::{Channel, channels};
use self::operations::{Group, groups};
use self::schema::{Shape, Shapes};
use super::assets::reference_script_path;
use super::{Layout, render};
use crate::api::Api;
use crate::handlers::SharedApi;
use crate::problem::{Problem, ProblemKind};

/// What curl is told to ask where it is not known how others find this server.
const NEARBY: &str = "http://127.0.0.1:8080";

/// Where commands are sent to, which this server is not told.
const COMMANDS: &str = "http://127.0.0.1:8081";

#[derive(Template)]
#[template(path = "docs.html")]
struct ReferencePage {
    layout: Layout,
    has_events: bool,
    has_commands: bool,
    groups: Vec<Group>,
    shapes: Vec<Shape>,
    problems: [ProblemKind; 16],
}

#[derive(Template)]
#[template(path = "docs_commands.html")]
struct CommandsPage {
    layout: Layout,
    about: text::Text,
    groups: Vec<Group>,
    shapes: Vec<Shape>,
}

#[derive(Template)]
#[template(path = "docs_events.html")]
struct EventsPage {
    layout: Layout,
    about: text::Text,
    channels: Vec<Channel>,
    shapes: Vec<Shape>,
}

/// Every address of the API, what it takes and what it answers.
pub(crate) async fn show_reference(api: SharedApi) -> Result<Response, Problem> {
    send(&api.reference().api, || draw_reference(&api))
}

fn draw_reference(api: &Api) -> Result<Vec<u8>, Problem> {
    let document = serde_json::to_value(crate::routes::openapi())
        .map_err(|error| Problem::internal(&error))?;
    let shapes = Shapes::of(&document);
    let origin = api.settings().public_url.as_deref().unwrap_or(NEARBY);
    let description =
        "Every address of the API: what it takes, what it answers, and what may go wrong.";
    let mut layout = Layout::new(api, "The API", description);
    layout.active = "docs";
    layout.script = Some(reference_script_path());
    layout.json = Some("/openapi.json".to_owned());
    render(&ReferencePage {
        layout,
        has_events: api.events().is_some(),
        has_commands: api.commands().is_some(),
        groups: groups(
            &document,
            Examples::of(&document),
            origin,
            &ProblemKind::ALL,
        ),
        shapes: shapes.all(),
        problems: ProblemKind::ALL,
    })
}

/// Every command, and what a key must be for to give it.
pub(crate) async fn show_commands(api: SharedApi) -> Result<Response, Problem> {
    send(&api.reference().commands, || draw_commands(&api))
}

fn draw_commands(api: &Api) -> Result<Vec<u8>, Problem> {
    let document = api.commands().ok_or_else(no_commands)?;
    let shapes = Shapes::of(document);
    let description = "Every command: what it takes, what it answers, and who may give it.";
    let mut layout = Layout::new(api, "The commands", description);
    layout.active = "docs";
    layout.json = Some("/openapi.commands.json".to_owned());
    let about = document["info"]["description"].as_str();
    // Of the kinds that are documented here, whoever gives commands meets these.
    let refusals = RefusalKind::ALL.map(ProblemKind::Refused);
    render(&CommandsPage {
        layout,
        about: text::read(about.unwrap_or_default()),
        groups: groups(document, Examples::of(document), COMMANDS, &refusals),
        shapes: shapes.all(),
    })
}

/// The OpenAPI document of the command API.
pub(crate) async fn get_commands(api: SharedApi) -> Result<Json<Value>, Problem> {
    api.commands().cloned().map(Json).ok_or_else(no_commands)
}

fn no_commands() -> Problem {
    let detail =
        "This server does not know the commands; leaderboard openapi --commands prints them";
    Problem::new(ProblemKind::NoSuchPage, detail)
}

/// Every event of the log, and where it is.
pub(crate) async fn show_events(api: SharedApi) -> Result<Response, Problem> {
    send(&api.reference().events, || draw_events(&api))
}

fn draw_events(api: &Api) -> Result<Vec<u8>, Problem> {
    let document = api.events().ok_or_else(no_events)?;
    let shapes = Shapes::of(document);
    let description = "Every event of the log: where it is, what it says, and an example.";
    let mut layout = Layout::new(api, "The events", description);
    layout.active = "docs";
    layout.script = Some(reference_script_path());
    layout.json = Some("/asyncapi.json".to_owned());
    let about = document["info"]["description"].as_str();
    render(&EventsPage {
        layout,
        about: text::read(about.unwrap_or_default()),
        channels: channels(document, Examples::of(document)),
        shapes: shapes.all(),
    })
}

/// The AsyncAPI document of the log.
pub(crate) async fn get_asyncapi(api: SharedApi) -> Result<Json<Value>, Problem> {
    api.events().cloned().map(Json).ok_or_else(no_events)
}

fn no_events() -> Problem {
    let detail =
        "This server does not know the events of the log; leaderboard asyncapi prints them";
    Problem::new(ProblemKind::NoSuchPage, detail)
}

/// The pages as they were drawn: they are the same for everybody as long as
/// the process runs.
#[derive(Default)]
pub(crate) struct Reference {
    api: OnceLock<Bytes>,
    commands: OnceLock<Bytes>,
    events: OnceLock<Bytes>,
}

fn send(
    drawn: &OnceLock<Bytes>,
    draw: impl FnOnce() -> Result<Vec<u8>, Problem>,
) -> Result<Response, Problem> {
    let page = match drawn.get() {
        Some(page) => page.clone(),
        None => {
            let page = Bytes::from(draw()?);
            drawn.get_or_init(|| page).clone()
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    Ok((headers, page).into_response())
}
