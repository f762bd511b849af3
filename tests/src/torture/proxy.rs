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

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that sends everything back.
    async fn echo() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = socket.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        port
    }

    async fn connect(proxy: &Proxy) -> TcpStream {
        TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port()))
            .await
            .unwrap()
    }

    async fn is_echoed(socket: &mut TcpStream) -> bool {
        let mut answer = [0; 5];
        let asking = async {
            socket.write_all(b"hello").await?;
            socket.read_exact(&mut answer).await
        };
        let answered = tokio::time::timeout(Duration::from_millis(300), asking).await;
        matches!(answered, Ok(Ok(_))) && &answer == b"hello"
    }

    #[tokio::test]
    async fn everything_passes_without_trouble_and_late_with_some() {
        let proxy = Proxy::start(echo().await).await.unwrap();
        let mut socket = connect(&proxy).await;
        assert!(is_echoed(&mut socket).await);
        for trouble in [Trouble::Delay(20), Trouble::Throttle(10_000)] {
            proxy.set(Some(trouble));
            assert!(is_echoed(&mut socket).await, "{trouble}");
        }
    }

    #[tokio::test]
    async fn a_cut_ends_connections_and_lets_none_begin_until_it_is_over() {
        let proxy = Proxy::start(echo().await).await.unwrap();
        let mut socket = connect(&proxy).await;
        assert!(is_echoed(&mut socket).await);
        proxy.set(Some(Trouble::Cut));
        assert!(socket.read_u8().await.is_err());
        assert!(!is_echoed(&mut connect(&proxy).await).await);
        proxy.set(None);
        assert!(is_echoed(&mut connect(&proxy).await).await);
    }

    #[tokio::test]
    async fn what_is_stalled_passes_later_and_what_is_swallowed_never() {
        let proxy = Proxy::start(echo().await).await.unwrap();
        let (mut stalled, mut swallowed) = (connect(&proxy).await, connect(&proxy).await);
        assert!(is_echoed(&mut stalled).await);
        proxy.set(Some(Trouble::Stall));
        assert!(!is_echoed(&mut stalled).await);
        proxy.set(None);
        let mut answer = [0; 5];
        stalled.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"hello");

        assert!(is_echoed(&mut swallowed).await);
        proxy.set(Some(Trouble::Swallow));
        assert!(!is_echoed(&mut swallowed).await);
        proxy.set(None);
        assert!(!is_echoed(&mut swallowed).await, "it comes back");
        assert!(is_echoed(&mut connect(&proxy).await).await);
    }
}
