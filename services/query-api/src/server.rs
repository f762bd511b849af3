//! Serving until it is time to stop.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::api::Api;
use crate::routes::router;
use crate::version::follow_changes;

/// Serves the API and the pages until shutdown; requests under way are
/// answered first.
///
/// # Errors
/// When connections cannot be accepted.
pub async fn serve(
    api: Arc<Api>,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), std::io::Error> {
    let following = follow_changes(
        api.pool().clone(),
        api.generation().clone(),
        api.announce_version(),
        shutdown.clone(),
    );
    let serving =
        axum::serve(listener, router(api)).with_graceful_shutdown(shutdown.cancelled_owned());
    let (served, ()) = tokio::join!(serving.into_future(), following);
    served
}
