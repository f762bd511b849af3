//! Serving until it is time to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::ServiceExt;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::api::Api;
use crate::edge::patience::Patient;
use crate::edge::recall::Recall;
use crate::ranks::keep_boards;
use crate::routes::router;
use crate::stream::tell;
use crate::version::follow_changes;

/// Serves the API and the pages until shutdown; requests under way are
/// answered first, and streams end.
///
/// # Errors
/// When connections cannot be accepted.
pub async fn serve(
    api: Arc<Api>,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), std::io::Error> {
    let following = follow_changes(
        api.changes().clone(),
        api.generation().clone(),
        api.standby().cloned(),
        api.announce_version(),
        shutdown.clone(),
    );
    let keeping = keep_boards(Arc::clone(&api), shutdown.clone());
    let telling = tell(Arc::clone(&api), shutdown.clone());
    // Only such listeners tell who is at the other end.
    let listener = Patient::new(listener, api.settings().stalled_limit).tap_io(|_| {});
    let service = Recall::new(router(Arc::clone(&api)), api)
        .into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(shutdown.cancelled_owned());
    let (served, (), (), ()) = tokio::join!(serving.into_future(), following, keeping, telling);
    served
}
