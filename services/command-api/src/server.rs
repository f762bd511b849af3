//! Serving until it is time to stop.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::trace::TraceLayer;

use crate::problem::Problem;
use crate::webhook::{self, Webhooks};

/// The addresses of the command API.
pub fn router(webhooks: Arc<Webhooks>) -> Router {
    Router::new()
        .merge(webhook::routes(webhooks))
        .route("/livez", get(|| async { "alive" }))
        .fallback(|| async {
            let detail = "webhooks go to POST /webhooks/github";
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
    webhooks: Arc<Webhooks>,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), std::io::Error> {
    axum::serve(listener, router(webhooks))
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
}
