//! Connections that are waited for only so long: one that takes nothing of what
//! is sent on it is given up, and all that is kept for it with it.

use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;

/// A listener whose connections end when they take nothing for so long.
pub(crate) struct Patient {
    listener: TcpListener,
    limit: Duration,
}

impl Patient {
    pub(crate) fn new(listener: TcpListener, limit: Duration) -> Self {
        Self { listener, limit }
    }
}

impl Listener for Patient {
    type Io = Pin<Box<TimeoutStream<TcpStream>>>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let (connection, address) = Listener::accept(&mut self.listener).await;
        let mut connection = TimeoutStream::new(connection);
        connection.set_write_timeout(Some(self.limit));
        (Box::pin(connection), address)
    }

    fn local_addr(&self) -> Result<SocketAddr, std::io::Error> {
        self.listener.local_addr()
    }
}
