//! The entrance: which hosts are answered to, who may come in, and how those
//! are told who may not.

use std::sync::Arc;

use access::{Gate, Refusal};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// Where machines ask whether this process lives, by whatever name they have
/// for it.
pub(crate) const LIVENESS: &str = "/livez";

/// What every request passes.
#[derive(Debug, Default)]
pub struct Entrance {
    /// Who is let in.
    pub gate: Gate,
    /// Where the pages are that document problems, if that is known.
    pub documentation: Option<String>,
}

impl Entrance {
    /// A refusal as it is answered.
    pub(crate) fn refuse(&self, refusal: &Refusal) -> Response {
        let kind = refusal.kind();
        let problem = Problem::new(kind.status(), kind.title(), refusal.detail());
        let documentation = self.documentation.as_deref();
        let documented = documentation.map(|pages| format!("{pages}/docs#{}", kind.name()));
        let mut response = problem.documented_at(documented).into_response();
        refusal.write(response.headers_mut());
        response
    }
}

/// Answers what is for this host, and nothing else.
pub(crate) async fn check_host(
    State(entrance): State<Arc<Entrance>>,
    request: Request,
    next: Next,
) -> Response {
    let checked = entrance.gate.check_host(request.uri(), request.headers());
    match checked {
        Err(refusal) if request.uri().path() != LIVENESS => entrance.refuse(&refusal),
        _ => next.run(request).await,
    }
}
