//! Who is let in, and how often.
//!
//! What is asked for again is answered from memory before anybody is counted
//! (`recall`): it costs no more than counting would. So limits are on what has
//! to be worked for.

use std::net::SocketAddr;

use access::{Allowance, Reader, Refusal, Scope};
use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse, Response};

use crate::api::Api;
use crate::embed;
use crate::problem::{Problem, ProblemKind};

/// Addresses for machines that watch: they name this process as they like, and
/// must be answered when everything else is too much.
const WATCHED: [&str; 2] = ["/health/", "/metrics"];

/// What costs nothing and never changes.
const ASSETS: &str = "/assets/";

/// Whether a path is for machines that watch.
pub(crate) fn is_watched(path: &str) -> bool {
    WATCHED.iter().any(|prefix| path.starts_with(prefix))
}

/// Lets a request in, and says what its reader has left.
pub(crate) fn admit(api: &Api, request: &Request) -> Result<Option<Allowance>, Refusal> {
    let path = request.uri().path();
    if is_watched(path) {
        return Ok(None);
    }
    let headers = request.headers();
    api.gate().check_host(request.uri(), headers)?;
    if path.starts_with(ASSETS) {
        return Ok(None);
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(peer)| *peer);
    let is_image = path.starts_with(embed::PATHS);
    let (reader, allowance) = api.gate().enter(headers, peer, is_image)?;
    if matches!(reader, Reader::Key(_)) {
        reader.may(Scope::Read)?;
    }
    Ok(allowance)
}

/// A refusal as it is answered.
pub(crate) fn refuse(refusal: &Refusal) -> Response {
    let kind = ProblemKind::Refused(refusal.kind());
    let mut response = Problem::new(kind, refusal.detail()).into_response();
    refusal.write(response.headers_mut());
    response
}
