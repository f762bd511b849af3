//! Who sent a command: whoever has a key that may be used for it. Without one
//! no command is carried out, and nothing is told.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::list::Command;
use crate::entrance::Entrance;
use crate::problem::Problem;

/// The name of the key that a command was sent with.
#[derive(Clone, Debug)]
pub(crate) struct Actor(pub(crate) String);

/// Looks at the key before anything else is read.
pub(super) async fn authorize(
    State(entrance): State<Arc<Entrance>>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map_or("", MatchedPath::as_str);
    let Some(command) = Command::at(request.method().as_str(), path) else {
        let detail = "there is no such command; docs/commands.md lists them";
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let problem = Problem::new(status, "There is no such command", detail);
        let allowed = Some(Command::methods_at(path));
        return Problem { allowed, ..problem }.into_response();
    };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(peer)| *peer);
    let entered = entrance.gate.enter(request.headers(), peer, false);
    let allowed = entered.and_then(|(reader, allowance)| {
        let key = reader.may(command.scope)?;
        Ok((Actor(key.name().to_owned()), allowance))
    });
    let (actor, allowance) = match allowed {
        Ok(allowed) => allowed,
        Err(refusal) => return entrance.refuse(&refusal),
    };
    request.extensions_mut().insert(actor);
    let mut response = next.run(request).await;
    if let Some(allowance) = allowance {
        allowance.write(response.headers_mut());
    }
    response
}

impl<S: Sync> FromRequestParts<S> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let actor = parts.extensions.get::<Self>().cloned();
        actor.ok_or_else(|| {
            let detail = "it is not known who sent this command";
            Problem::new(StatusCode::UNAUTHORIZED, "A key is needed", detail)
        })
    }
}
