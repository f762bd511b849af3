//! Serving until it is time to stop.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::api::Api;
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
        (Arc::clone(api.primary()), api.standby().cloned()),
        api.announce_version(),
        shutdown.clone(),
    );
    let keeping = keep_boards(Arc::clone(&api), shutdown.clone());
    let telling = tell(Arc::clone(&api), shutdown.clone());
    let stalled = api.settings().stalled_limit;
    let service = Recall::new(router(Arc::clone(&api)), api);
    let serving = access::serve(listener, service, stalled, shutdown);
    let (served, (), (), ()) = tokio::join!(serving, following, keeping, telling);
    served
}
