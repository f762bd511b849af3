//! Connections at the edge: each is waited for only so long, whether it says
//! nothing, sends slowly or takes nothing of what is sent to it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::connect_info::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};
use tower_http::timeout::TimeoutBody;

/// How long a connection may say nothing, or take for the head of a request.
/// Above the minute that balancers of load keep connections in stock, so that it
/// is them who give one up.
const HEAD: Duration = Duration::from_secs(75);

/// How long to wait after a connection could not be accepted: there may be no
/// file descriptors left, and those come back.
const BREATH: Duration = Duration::from_secs(1);

/// Serves connections until shutdown; requests under way are answered first.
/// Whoever sends nothing of a body, or takes nothing of an answer, for as long as
/// `stalled` is given up. Services learn the other end's address as
/// [`ConnectInfo`].
///
/// # Errors
/// When the listener takes no connections, and never will.
pub async fn serve<S>(
    listener: TcpListener,
    service: S,
    stalled: Duration,
    shutdown: CancellationToken,
) -> Result<(), std::io::Error>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
{
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        let (connection, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                rest(error).await?;
                continue;
            }
        };
        let serving = connections.watch(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .serve_connection(
                    TokioIo::new(Box::pin(patient(connection, stalled))),
                    TowerToHyperService::new(told(service.clone(), address, stalled)),
                ),
        );
        tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::debug!(%error, "connection_ended");
            }
        });
    }
    drop(listener);
    connections.shutdown().await;
    Ok(())
}

/// What goes wrong with one connection is its own affair; what goes wrong with
/// the machine passes; a socket that does not listen stays so.
async fn rest(error: std::io::Error) -> Result<(), std::io::Error> {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, InvalidInput};
    match error.kind() {
        ConnectionAborted | ConnectionRefused | ConnectionReset => Ok(()),
        InvalidInput => Err(error),
        _ => {
            tracing::error!(%error, "connection_not_accepted");
            tokio::time::sleep(BREATH).await;
            Ok(())
        }
    }
}

fn patient(connection: TcpStream, stalled: Duration) -> TimeoutStream<TcpStream> {
    // Answers are short; none waits for the next.
    if let Err(error) = connection.set_nodelay(true) {
        tracing::debug!(%error, "connection_delays");
    }
    let mut connection = TimeoutStream::new(connection);
    connection.set_write_timeout(Some(stalled));
    connection
}

/// The service, told who is at the other end, with bodies that come in time.
fn told<S>(
    service: S,
    address: SocketAddr,
    stalled: Duration,
) -> impl Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone,
    S::Future: Send,
{
    service.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        request.map(|body| {
            if body.is_end_stream() {
                Body::empty()
            } else {
                Body::new(TimeoutBody::new(stalled, body))
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::to_bytes;
    use axum::extract::ConnectInfo as Peer;
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn sizes(body: Body) -> String {
        match to_bytes(body, 100).await {
            Ok(bytes) => bytes.len().to_string(),
            Err(error) => format!("broken off: {error}"),
        }
    }

    async fn serving(shutdown: &CancellationToken) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let peer = async |Peer(peer): Peer<SocketAddr>| peer.ip().to_string();
        let router = Router::new()
            .route("/size", post(sizes))
            .route("/peer", get(peer));
        let stalled = Duration::from_secs(3);
        tokio::spawn(serve(listener, router, stalled, shutdown.clone()));
        address
    }

    /// Sends something, and reads until the other end has no more to say.
    async fn exchange(address: SocketAddr, sent: &str) -> String {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(sent.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn requests_are_answered_and_know_who_asks() {
        let shutdown = CancellationToken::new();
        let address = serving(&shutdown).await;
        let answer = exchange(
            address,
            "GET /peer HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        );
        assert!(answer.await.ends_with("127.0.0.1"));
        shutdown.cancel();
    }

    // Time passes as soon as everybody waits.
    #[tokio::test(start_paused = true)]
    async fn whoever_says_nothing_more_is_given_up() {
        let shutdown = CancellationToken::new();
        let address = serving(&shutdown).await;
        let half_a_body = "POST /size HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf";
        let answer = exchange(address, half_a_body).await;
        assert!(answer.contains("broken off"), "{answer}");
        for half_a_head in ["", "GET /peer HTTP/1.1\r\nho"] {
            let answer = exchange(address, half_a_head).await;
            assert!(!answer.contains("200 OK"), "{answer}");
        }
        shutdown.cancel();
    }

    #[tokio::test]
    async fn what_is_under_way_at_the_end_is_answered_first() {
        let shutdown = CancellationToken::new();
        let address = serving(&shutdown).await;
        let mut connection = TcpStream::connect(address).await.unwrap();
        let head =
            "POST /size HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n";
        connection.write_all(head.as_bytes()).await.unwrap();
        // It is being read.
        let mut go_on = [0; 25];
        connection.read_exact(&mut go_on).await.unwrap();
        assert!(go_on.starts_with(b"HTTP/1.1 100"));
        shutdown.cancel();
        connection.write_all(b"done").await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
