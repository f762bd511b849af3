//! A door for metrics: `/metrics`, and `/health`, which says that the process runs.

use std::convert::Infallible;
use std::net::SocketAddr;

use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::metrics::{Metrics, TEXT};

/// Listens on an address.
pub(crate) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Answers for as long as the process runs.
pub(crate) async fn serve(listener: TcpListener, metrics: Metrics) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "metrics_connection_refused");
                // Of too many open files some may be closed by then.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let metrics = metrics.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let metrics = metrics.clone();
                async move { Ok::<_, Infallible>(answer(request, metrics).await) }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "metrics_connection_broken");
            }
        });
    }
}

async fn answer(request: Request<Incoming>, metrics: Metrics) -> Response<String> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return told(StatusCode::METHOD_NOT_ALLOWED, TEXT, String::new());
    }
    match request.uri().path() {
        "/health" => told(StatusCode::OK, TEXT, "OK".to_owned()),
        "/metrics" => {
            let accepted = request.headers().get(ACCEPT);
            let accepted = accepted.and_then(|value| value.to_str().ok());
            let accepted = accepted.unwrap_or_default().to_owned();
            // Much text is written at once.
            let writing = tokio::task::spawn_blocking(move || metrics.render_as(&accepted));
            match writing.await {
                Ok((text, form)) => told(StatusCode::OK, form, text),
                Err(_) => told(StatusCode::INTERNAL_SERVER_ERROR, TEXT, String::new()),
            }
        }
        _ => told(StatusCode::NOT_FOUND, TEXT, String::new()),
    }
}

fn told(status: StatusCode, form: &'static str, text: String) -> Response<String> {
    let mut response = Response::new(text);
    *response.status_mut() = status;
    let form = hyper::header::HeaderValue::from_static(form);
    response.headers_mut().insert(CONTENT_TYPE, form);
    response
}
