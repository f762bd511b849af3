//! Servers in processes of their own: this program again, under a command
//! that is not shown. Ours and its reference are started alike.

use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use clap::Subcommand;
use projector::ProjectorSettings;
use query_api::{Api, Settings};
use runtime::{LogFormat, SystemClock, Telemetry, TelemetrySettings};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, Command};
use tokio_util::sync::CancellationToken;

use crate::project::connect_to;
use crate::redis;

/// Connections of the API to the database, as many as `leaderboard` has.
pub(crate) const POOL: u32 = 16;

/// What a process serves.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Serve {
    /// The query API over a database.
    #[command(hide = true)]
    Api {
        /// The database's address.
        url: String,
        /// Compute every answer.
        #[arg(long)]
        uncached: bool,
    },
    /// One answer, head and body, from a file.
    #[command(hide = true)]
    Answer {
        /// The file.
        file: PathBuf,
    },
    /// The projector from a log into a database; it serves nothing.
    #[command(hide = true)]
    Projector {
        /// The database's address.
        url: String,
        /// The log's address.
        log: String,
    },
    /// Ranks of members, from Redis.
    #[command(hide = true)]
    Ranks {
        /// The address of Redis.
        redis: SocketAddr,
    },
}

impl Serve {
    fn arguments(&self) -> Vec<String> {
        match self {
            Self::Api { url, uncached } => {
                let uncached = uncached.then(|| "--uncached".to_owned());
                ["api".to_owned(), url.clone()]
                    .into_iter()
                    .chain(uncached)
                    .collect()
            }
            Self::Projector { url, log } => {
                vec!["projector".to_owned(), url.clone(), log.clone()]
            }
            Self::Answer { file } => vec!["answer".to_owned(), file.display().to_string()],
            Self::Ranks { redis } => vec!["ranks".to_owned(), redis.to_string()],
        }
    }

    /// Serves until whoever started this process is gone.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let gone = CancellationToken::new();
        let stop = gone.clone();
        std::thread::spawn(move || {
            // Nothing is ever said here; it ends with the other process.
            let _ = std::io::stdin().read(&mut [0]);
            stop.cancel();
        });
        gone.run_until_cancelled(self.serve(listener))
            .await
            .unwrap_or(Ok(()))
    }

    async fn serve(self, listener: TcpListener) -> anyhow::Result<()> {
        match self {
            Self::Api { url, uncached } => serve_api(listener, url, uncached).await,
            Self::Projector { url, log } => project(url, &log).await,
            Self::Answer { file } => serve_answer(listener, &std::fs::read(file)?).await,
            Self::Ranks { redis } => Ok(axum::serve(listener, redis::router(redis)).await?),
        }
    }
}

/// The API with everything that `leaderboard serve` puts around it. Unless it
/// hears of changes, it answers nothing from memory.
async fn serve_api(listener: TcpListener, url: String, uncached: bool) -> anyhow::Result<()> {
    let _telemetry = Telemetry::start(&TelemetrySettings {
        service: "bench".to_owned(),
        format: LogFormat::Pretty,
        level: "info".to_owned(),
        otlp_endpoint: None,
        error_tracker: None,
    })?;
    let metrics = runtime::metrics::install()?;
    let pool = postgres::connect(&postgres::PoolSettings {
        url,
        max_connections: POOL,
        application_name: "bench".to_owned(),
    })?;
    let render = move || metrics.render();
    let clock = Arc::new(SystemClock);
    let api = Arc::new(Api::new(pool, Settings::default(), clock, Arc::new(render)));
    if uncached {
        axum::serve(listener, query_api::router(api)).await?;
    } else {
        query_api::serve(api, listener, CancellationToken::new()).await?;
    }
    Ok(())
}

/// Everything that `leaderboard project` does with its usual settings.
async fn project(url: String, log: &str) -> anyhow::Result<()> {
    let pool = postgres::connect(&postgres::PoolSettings {
        url,
        max_connections: POOL,
        application_name: "bench".to_owned(),
    })?;
    let log = connect_to(log.to_owned()).await?;
    let settings = ProjectorSettings {
        owner: "bench".to_owned(),
        lease: Duration::from_secs(5),
        largest_batch: 80_000,
    };
    Ok(projector::run(pool, log, settings, CancellationToken::new()).await?)
}

/// The same bytes and headers for every request.
async fn serve_answer(listener: TcpListener, answer: &[u8]) -> anyhow::Result<()> {
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .context("the answer has no head")?;
    let body = Bytes::copy_from_slice(&answer[end + 4..]);
    let mut headers = Vec::new();
    for line in std::str::from_utf8(&answer[..end])?.lines().skip(1) {
        let (name, value) = line.split_once(": ").context("a header has no value")?;
        let name: HeaderName = name.parse()?;
        // The server adds these two by itself.
        if name != header::CONTENT_LENGTH && name != header::DATE {
            headers.push((name, HeaderValue::from_str(value)?));
        }
    }
    let headers: Arc<[(HeaderName, HeaderValue)]> = headers.into();
    let fixed = move || {
        let (headers, body) = (Arc::clone(&headers), body.clone());
        async move { respond(&headers, body) }
    };
    axum::serve(listener, Router::new().fallback(fixed)).await?;
    Ok(())
}

fn respond(headers: &[(HeaderName, HeaderValue)], body: Bytes) -> Response {
    let mut response = body.into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

/// A server in a process of its own; it ends with this value.
pub(crate) struct Served {
    process: Child,
    pub(crate) address: SocketAddr,
    _alive: ChildStdin,
}

impl Served {
    /// Starts it in a session of its own, as a service of a deployment has: what the
    /// kernel gives each of them does not hang on who else was started with it.
    pub(crate) async fn start(what: &Serve) -> anyhow::Result<Self> {
        let mut process = Command::new("setsid")
            .arg(std::env::current_exe()?)
            .args(what.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let alive = process.stdin.take().context("no way to hold it")?;
        let said = process.stdout.take().context("no way to hear it")?;
        let mut address = String::new();
        BufReader::new(said).read_line(&mut address).await?;
        Ok(Self {
            process,
            address: address.trim().parse().context("it told no address")?,
            _alive: alive,
        })
    }

    /// Memory that is resident, in bytes.
    pub(crate) fn resident_bytes(&self) -> anyhow::Result<u64> {
        let process = self.process.id().context("the server is gone")?;
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))
            .context("only Linux tells how much memory a process has")?;
        let kibibytes: u64 = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
            .context("the process has no resident memory")?
            .parse()?;
        Ok(kibibytes * 1024)
    }
}
