//! Answers that break off, for stand-ins that fail.

use axum::body::Body;
use axum::http::header;
use axum::response::Response;
use futures::{StreamExt, stream};

/// The first byte of an answer, after which the connection is closed although more was
/// promised.
pub(crate) fn broken_off(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let begun = stream::iter([Ok("{"), Err(std::io::Error::other("broken off"))]);
    // One poll apart, so that the beginning is sent before the end is known.
    let slowly = begun.then(|part| async {
        tokio::task::yield_now().await;
        part
    });
    Response::from_parts(parts, Body::from_stream(slowly))
}
