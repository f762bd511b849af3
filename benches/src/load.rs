//! Load over loopback: connections that are kept alive, each of which asks,
//! reads the whole answer, and asks again. It does as little as it can, so
//! that what is measured is the server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures::future::try_join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::report::as_seconds;

/// What ends the head of an answer.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// One connection that is kept alive.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(128 * 1024),
        })
    }

    /// Asks for a path; returns the whole answer, head and body.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<&[u8]> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        self.stream.write_all(request.as_bytes()).await?;
        self.received.clear();
        let mut expected = None;
        while expected.is_none_or(|length| self.received.len() < length) {
            let read = self.stream.read_buf(&mut self.received).await?;
            ensure!(read > 0, "the server closed the connection");
            if expected.is_none() {
                expected = length(&self.received)
                    .with_context(|| format!("of the answer to GET {path}"))?;
            }
        }
        Ok(&self.received)
    }
}

/// The bytes of an answer, head and body, as soon as its head is there.
fn length(received: &[u8]) -> anyhow::Result<Option<usize>> {
    let ends = received
        .windows(END_OF_HEAD.len())
        .position(|window| window == END_OF_HEAD);
    let Some(end) = ends else { return Ok(None) };
    let head = std::str::from_utf8(&received[..end])?;
    ensure!(head.starts_with("HTTP/1.1 200 "), "not a success: {head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .context("there is no length")?;
    let body: usize = length.parse()?;
    Ok(Some(end + END_OF_HEAD.len() + body))
}

/// What is asked, and how.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    pub(crate) duration: Duration,
    /// The paths asked for, one after the other over all connections.
    pub(crate) paths: Arc<[String]>,
}

/// What came of it.
pub(crate) struct Answered {
    latencies: Vec<Duration>,
    elapsed: Duration,
}

impl Answered {
    /// Answers per second.
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / as_seconds(self.elapsed)
    }

    /// The time, in seconds, that 99 of 100 answers took at most.
    pub(crate) fn p99(mut self) -> f64 {
        self.latencies.sort();
        let place = (self.latencies.len() * 99).div_ceil(100).saturating_sub(1);
        let latency = self.latencies.get(place).copied();
        latency.map_or(f64::NAN, as_seconds)
    }
}

impl Load {
    /// Asks for the whole duration, on one thread.
    pub(crate) async fn run(&self) -> anyhow::Result<Answered> {
        let load = self.clone();
        let asking = move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?
                .block_on(load.ask())
        };
        tokio::task::spawn_blocking(asking).await?
    }

    /// Asks over each connection once in a period, on a thread of its own,
    /// until told to stop.
    pub(crate) async fn run_paced(
        &self,
        period: Duration,
        enough: CancellationToken,
    ) -> anyhow::Result<Answered> {
        let load = self.clone();
        let asking = move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?
                .block_on(load.ask_paced(period, &enough))
        };
        tokio::task::spawn_blocking(asking).await?
    }

    async fn ask_paced(
        &self,
        period: Duration,
        enough: &CancellationToken,
    ) -> anyhow::Result<Answered> {
        let connections = (0..self.connections).map(|_| Connection::open(self.address));
        let connections = try_join_all(connections).await?;
        let started = Instant::now();
        let asking = connections
            .into_iter()
            .enumerate()
            .map(|(number, connection)| self.ask_now_and_then(connection, number, period, enough));
        let latencies = try_join_all(asking).await?;
        Ok(Answered {
            elapsed: started.elapsed(),
            latencies: latencies.concat(),
        })
    }

    /// An answer that is late is timed from when it was due: a reader does not
    /// wait for others before it asks.
    async fn ask_now_and_then(
        &self,
        mut connection: Connection,
        first: usize,
        period: Duration,
        enough: &CancellationToken,
    ) -> anyhow::Result<Vec<Duration>> {
        let mut due = tokio::time::interval(period);
        let mut latencies = Vec::new();
        for path in self.paths.iter().cycle().skip(first) {
            let asked = due.tick().await;
            if enough.is_cancelled() {
                break;
            }
            connection.get(path).await?;
            latencies.push(asked.elapsed());
        }
        Ok(latencies)
    }

    async fn ask(&self) -> anyhow::Result<Answered> {
        let connections = (0..self.connections).map(|_| Connection::open(self.address));
        let connections = try_join_all(connections).await?;
        let started = Instant::now();
        let asking = connections
            .into_iter()
            .enumerate()
            .map(|(number, connection)| self.ask_over(connection, number, started));
        let latencies = try_join_all(asking).await?;
        Ok(Answered {
            elapsed: started.elapsed(),
            latencies: latencies.concat(),
        })
    }

    async fn ask_over(
        &self,
        mut connection: Connection,
        first: usize,
        started: Instant,
    ) -> anyhow::Result<Vec<Duration>> {
        let mut latencies = Vec::new();
        let paths = self.paths.iter().cycle().skip(first);
        for path in paths.step_by(self.connections) {
            let asked = Instant::now();
            if asked - started >= self.duration {
                break;
            }
            connection.get(path).await?;
            latencies.push(asked.elapsed());
        }
        Ok(latencies)
    }
}
