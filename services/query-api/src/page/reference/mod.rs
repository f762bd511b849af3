//! The reference of the API and of the events, made of the documents that
//! programs read: nothing is told here that is not in them.

mod events;
mod operations;
mod schema;
mod text;

use std::sync::OnceLock;

use askama::Template;
use axum::Json;
use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
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

#[derive(Template)]
#[template(path = "docs.html")]
struct ReferencePage {
    layout: Layout,
    has_events: bool,
    groups: Vec<Group>,
    shapes: Vec<Shape>,
    problems: [ProblemKind; 16],
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
        groups: groups(&document, &shapes, origin),
        shapes: shapes.all(),
        problems: ProblemKind::ALL,
    })
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
        channels: channels(document, &shapes),
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
