//! Serving until it is time to stop.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::{Json, Router};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::trace::TraceLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::commands::{self, Commands};
use crate::document::complete;
use crate::entrance::{Entrance, check_host};
use crate::problem::Problem;
use crate::webhook::{self, Webhooks};

/// How long it is waited for more of a body, or for an answer to be taken.
const STALLED: Duration = Duration::from_secs(30);

/// What the command API serves: either, or both.
#[derive(Clone, Default)]
pub struct Doors {
    /// What GitHub tells.
    pub webhooks: Option<Arc<Webhooks>>,
    /// What people decide.
    pub commands: Option<Arc<Commands>>,
    /// Who is let in.
    pub entrance: Arc<Entrance>,
}

/// The addresses of the command API.
pub fn router(doors: Doors) -> Router {
    let webhooks = doors.webhooks.map(webhook::routes);
    let commands = doors
        .commands
        .map(|commands| commands::routes(commands, &doors.entrance));
    Router::new()
        .merge(webhooks.unwrap_or_default())
        .merge(commands.unwrap_or_default())
        .merge(open_routes().split_for_parts().0)
        .fallback(|| async {
            let detail =
                "webhooks go to POST /webhooks/github; /openapi.json describes the commands";
            Problem::new(StatusCode::NOT_FOUND, "There is nothing here", detail)
        })
        .layer(from_fn_with_state(doors.entrance, check_host))
        .layer(map_response(secured))
        .layer(TraceLayer::new_for_http())
}

/// What every answer bears: it is data, to be neither drawn nor kept.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

async fn secured(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.entry(name).or_insert(value);
    }
    response
}

/// What everybody may ask.
fn open_routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(tell_liveness))
        .routes(routes!(get_openapi))
}

/// The OpenAPI document of the commands.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = commands::described().into_openapi();
    document.merge(open_routes().into_openapi());
    complete(&mut document);
    openapi::show_examples(&mut document);
    document
}

/// Whether the process runs
#[utoipa::path(
    get, path = "/livez", tag = "health", operation_id = "getLiveness",
    responses((status = 200, description = "It runs.", body = String, content_type = "text/plain"))
)]
async fn tell_liveness() -> &'static str {
    "alive"
}

/// This description of the commands
#[utoipa::path(
    get, path = "/openapi.json", tag = "health", operation_id = "getOpenApi",
    responses((status = 200, description = "The OpenAPI document.", body = Object))
)]
async fn get_openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(openapi())
}

/// Serves the command API until shutdown; deliveries under way are answered
/// first.
///
/// # Errors
/// When connections cannot be accepted.
pub async fn serve(
    doors: Doors,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), std::io::Error> {
    access::serve(listener, router(doors), STALLED, shutdown).await
}
