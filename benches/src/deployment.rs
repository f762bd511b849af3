//! The program itself, as its users run it: `leaderboard up` in a process of
//! its own, with its servers, and what these processes take.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use event_log::{EventLog, LogSettings};
use serde::Deserialize;
use sqlx::PgPool;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::processes::Usage;
use crate::program::{Running, command, terminate};

/// Where `leaderboard up` says that everything runs from a directory.
const ENDPOINTS: &str = "endpoints.json";

/// Addresses of what runs.
#[derive(Deserialize)]
struct Endpoints {
    api: String,
    nats: String,
    database: String,
}

/// A running `leaderboard up`.
pub(crate) struct Deployment {
    process: Child,
    data_dir: PathBuf,
    tools: PathBuf,
    /// From start until it says where pages and answers are.
    pub(crate) ready_after: Duration,
    /// From start until it says that events are taken in.
    pub(crate) open_after: Duration,
    pub(crate) api: SocketAddr,
    pub(crate) log: EventLog,
    pub(crate) pool: PgPool,
}

impl Deployment {
    /// Starts it on a data directory and waits until it is ready.
    pub(crate) async fn start(data_dir: &Path, tools: &Path) -> anyhow::Result<Self> {
        let started = Instant::now();
        let mut process = command(tools)?
            .args(["up", "--listen", "127.0.0.1:0", "--log-level", "warn"])
            .arg("--data-dir")
            .arg(data_dir)
            .stdout(Stdio::piped())
            .spawn()?;
        let said = process.stdout.take().context("no way to hear it")?;
        let mut lines = BufReader::new(said).lines();
        let line = lines.next_line().await?.unwrap_or_default();
        let ready_after = started.elapsed();
        ensure!(line.contains("http://"), "it did not start: {line}");
        let line = lines.next_line().await?.unwrap_or_default();
        let open_after = started.elapsed();
        ensure!(line.contains("taken in"), "it takes nothing in: {line}");
        let endpoints: Endpoints =
            serde_json::from_slice(&std::fs::read(data_dir.join(ENDPOINTS))?)?;
        let api = endpoints.api.trim_start_matches("http://").parse()?;
        let settings = LogSettings {
            url: endpoints.nats,
            credentials: None,
            replicas: 1,
        };
        let pool = postgres::connect(&postgres::PoolSettings {
            url: endpoints.database,
            max_connections: 2,
            application_name: "bench".to_owned(),
        })?;
        Ok(Self {
            process,
            data_dir: data_dir.to_owned(),
            tools: tools.to_owned(),
            ready_after,
            open_after,
            api,
            log: EventLog::connect(&settings).await?,
            pool,
        })
    }

    /// Runs another command beside it; returns the time it took and the most
    /// memory it had.
    pub(crate) async fn run(&self, arguments: &[&str]) -> anyhow::Result<(Duration, u64)> {
        let started = Instant::now();
        let data_dir = self.data_dir.display().to_string();
        let arguments = [arguments, &["--data-dir", &data_dir]].concat();
        let peak = Running::start(&arguments, &self.tools)?.end().await?;
        Ok((started.elapsed(), peak))
    }

    /// What the program takes, and what its servers take.
    pub(crate) fn usage(&self) -> anyhow::Result<[Usage; 3]> {
        let id = self.process.id().context("it has ended")?;
        Ok([
            Usage::of(id)?,
            Usage::of_others(id, "postgres")?,
            Usage::of_others(id, "nats-server")?,
        ])
    }

    /// Stops it as an operator does.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.pool.close().await;
        terminate(&mut self.process).await
    }
}
