//! A TCP proxy between two parts that can delay, throttle, cut, stall and
//! swallow what passes through it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::fault::Trouble;

/// Bytes moved at once.
const PIECE: usize = 16 * 1_024;

/// After this time the far side of a swallowed connection is reset, as the
/// keep-alive probes of a real network would do; the near side never is.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(15);

/// A proxy in front of one server, for one client.
pub struct Proxy {
    address: SocketAddr,
    trouble: watch::Sender<Option<Trouble>>,
    listening: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port of the loopback interface, and passes
    /// everything on to a port there.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(upstream: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (trouble, seen) = watch::channel(None);
        let listening = tokio::spawn(listen(listener, upstream, seen));
        Ok(Self {
            address,
            trouble,
            listening,
        })
    }

    /// The port to connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Brings trouble, or takes it away.
    pub fn set(&self, trouble: Option<Trouble>) {
        self.trouble.send_replace(trouble);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

type Seen = watch::Receiver<Option<Trouble>>;

async fn listen(listener: TcpListener, upstream: u16, seen: Seen) {
    // Connections end with the proxy.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((client, _)) = accepted {
                    connections.spawn(serve(client, upstream, seen.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Why a connection ends.
enum End {
    /// One side closed it, or failed.
    Closed,
    /// It is cut.
    Cut,
    /// It was swallowed: nothing will ever come of it again.
    Swallowed,
}

async fn serve(client: TcpStream, upstream: u16, mut seen: Seen) {
    let trouble = *seen.borrow_and_update();
    match trouble {
        Some(Trouble::Cut) => return reset(&client),
        Some(Trouble::Swallow) => return swallow_until_closed(client).await,
        _ => {}
    }
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, upstream)).await else {
        return reset(&client);
    };
    // As without a proxy: small messages are not held back.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut client_read, mut client_write) = client.into_split();
    let (mut server_read, mut server_write) = server.into_split();
    let end = tokio::select! {
        end = pump(&mut client_read, &mut server_write, seen.clone()) => end,
        end = pump(&mut server_read, &mut client_write, seen.clone()) => end,
        end = ended_by_trouble(&mut seen) => end,
    };
    let (Ok(client), Ok(server)) = (
        client_read.reunite(client_write),
        server_read.reunite(server_write),
    ) else {
        return;
    };
    match end {
        End::Closed => {}
        End::Cut => {
            reset(&client);
            reset(&server);
        }
        End::Swallowed => {
            let forget = async {
                tokio::time::sleep(FORGOTTEN_AFTER).await;
                reset(&server);
                drop(server);
            };
            tokio::join!(forget, swallow_until_closed(client));
        }
    }
}

/// A reset instead of an orderly end, once the socket is dropped.
fn reset(socket: &TcpStream) {
    // A socket that is closed already needs no reset.
    let _ = socket.set_zero_linger();
}

async fn swallow_until_closed(mut client: TcpStream) {
    let mut piece = vec![0; PIECE];
    while matches!(client.read(&mut piece).await, Ok(1..)) {}
}

async fn ended_by_trouble(seen: &mut Seen) -> End {
    loop {
        match *seen.borrow_and_update() {
            Some(Trouble::Cut) => return End::Cut,
            Some(Trouble::Swallow) => return End::Swallowed,
            _ => {}
        }
        if seen.changed().await.is_err() {
            return End::Closed;
        }
    }
}

/// Moves bytes one way, as late and as slowly as the trouble of the moment
/// says.
async fn pump(from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf, mut seen: Seen) -> End {
    let mut piece = vec![0; PIECE];
    loop {
        let Ok(length @ 1..) = from.read(&mut piece).await else {
            return End::Closed;
        };
        let mut rest = piece.get(..length).unwrap_or_default();
        while !rest.is_empty() {
            let trouble = *seen.borrow_and_update();
            let most = match trouble {
                Some(Trouble::Stall) => {
                    if seen.changed().await.is_err() {
                        return End::Closed;
                    }
                    continue;
                }
                Some(Trouble::Delay(milliseconds)) => {
                    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                    rest.len()
                }
                Some(Trouble::Throttle(bytes)) => {
                    // In twentieths of a second.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    usize::try_from(bytes / 20).unwrap_or(PIECE).max(1)
                }
                _ => rest.len(),
            };
            let (now, later) = rest.split_at(most.min(rest.len()));
            if to.write_all(now).await.is_err() {
                return End::Closed;
            }
            rest = later;
        }
    }
}
