//! Serving until it is time to stop.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::trace::TraceLayer;

use crate::commands::{self, Commands};
use crate::problem::Problem;
use crate::webhook::{self, Webhooks};

/// What the command API serves: either, or both.
#[derive(Clone, Default)]
pub struct Doors {
    /// What GitHub tells.
    pub webhooks: Option<Arc<Webhooks>>,
    /// What people decide.
    pub commands: Option<Arc<Commands>>,
}

/// The addresses of the command API.
pub fn router(doors: Doors) -> Router {
    let webhooks = doors.webhooks.map(webhook::routes);
    let commands = doors.commands.map(commands::routes);
    Router::new()
        .merge(webhooks.unwrap_or_default())
        .merge(commands.unwrap_or_default())
        .route("/livez", get(|| async { "alive" }))
        .fallback(|| async {
            let detail = "webhooks go to POST /webhooks/github, commands to /api/v1/tracked, /api/v1/groups and /api/v1/queues";
            Problem::new(StatusCode::NOT_FOUND, "There is nothing here", detail)
        })
        .layer(TraceLayer::new_for_http())
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
    axum::serve(listener, router(doors))
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
}
