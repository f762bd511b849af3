//! Routers that are served on a free port of this machine.

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Listens on a free port; the address that leads there, too.
///
/// # Errors
/// When no port can be listened on.
pub async fn listen() -> std::io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    Ok((listener, address))
}

/// A router, served until this is dropped.
pub struct Served {
    address: String,
    _stop: DropGuard,
}

impl Served {
    /// Begins to serve it.
    ///
    /// # Errors
    /// When no port can be listened on.
    pub async fn start(router: Router) -> std::io::Result<Self> {
        let (listener, address) = listen().await?;
        let stop = CancellationToken::new();
        let serving =
            axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
        tokio::spawn(serving.into_future());
        Ok(Self {
            address,
            _stop: stop.drop_guard(),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}
