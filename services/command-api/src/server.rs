//! Serving until it is time to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::trace::TraceLayer;

use crate::commands::{self, Commands};
use crate::entrance::{Entrance, LIVENESS, check_host};
use crate::problem::Problem;
use crate::webhook::{self, Webhooks};

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
        .route(LIVENESS, get(|| async { "alive" }))
        .fallback(|| async {
            let detail =
                "webhooks go to POST /webhooks/github; docs/commands.md lists the commands";
            Problem::new(StatusCode::NOT_FOUND, "There is nothing here", detail)
        })
        .layer(from_fn_with_state(doors.entrance, check_host))
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
    let service = router(doors).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
}
