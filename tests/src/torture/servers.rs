//! The servers of a round: Postgres, and one nats-server or a cluster of
//! three whose routes go through proxies.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use event_log::{EventLog, LogSettings};
use leaderboard::parts::{Binaries, Nats, Postgres};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::Mutex;

use super::proxy::Proxy;
use crate::harness::workspace;

/// The database under test.
pub const DATABASE: &str = "torture";

/// Routes between two servers of the cluster, through a proxy.
pub struct Route {
    /// Its two ends.
    pub between: (usize, usize),
    /// What it goes through.
    pub proxy: Proxy,
}

/// The servers of a round.
pub struct Servers {
    /// Postgres.
    pub postgres: Arc<Mutex<Postgres>>,
    /// The database's address, without a proxy.
    pub database_url: String,
    /// The nats-servers.
    pub nats: Vec<Arc<Mutex<Nats>>>,
    /// Their addresses, without proxies.
    pub nats_urls: Vec<String>,
    /// The cluster's routes.
    pub routes: Vec<Route>,
}

impl Servers {
    /// Starts all of them below a directory.
    ///
    /// # Errors
    /// When a program is missing or fails.
    pub async fn start(directory: &Path, log_servers: usize) -> anyhow::Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let binaries = Binaries::locate(&path.to_string_lossy(), &workspace().join(".tools"))?;
        let postgres_directory = directory.join("postgres");
        let postgres = Postgres::start(&binaries, &postgres_directory);
        let (postgres, (nats, routes)) = tokio::try_join!(
            async { Ok(postgres.await?) },
            start_log(&binaries, directory, log_servers)
        )?;
        postgres.ensure_database(DATABASE).await?;
        Ok(Self {
            database_url: postgres.url(DATABASE),
            postgres: Arc::new(Mutex::new(postgres)),
            nats_urls: nats.iter().map(Nats::url).collect(),
            nats: nats
                .into_iter()
                .map(|server| Arc::new(Mutex::new(server)))
                .collect(),
            routes,
        })
    }

    /// How to reach the log, without proxies.
    #[must_use]
    pub fn log_settings(&self) -> LogSettings {
        LogSettings {
            url: self.nats_urls.join(","),
            credentials: None,
            replicas: self.nats.len(),
        }
    }

    /// A connection to the log, without proxies.
    ///
    /// # Errors
    /// When no server answers.
    pub async fn log(&self) -> anyhow::Result<EventLog> {
        Ok(EventLog::connect(&self.log_settings()).await?)
    }
}

async fn start_log(
    binaries: &Binaries,
    directory: &Path,
    servers: usize,
) -> anyhow::Result<(Vec<Nats>, Vec<Route>)> {
    if servers == 1 {
        let nats = Nats::start(binaries, &directory.join("nats-0")).await?;
        return Ok((vec![nats], Vec::new()));
    }
    let mut routes = Vec::new();
    let mut starting = Vec::new();
    let ports = free_ports(servers)?;
    for (number, port) in ports.iter().enumerate() {
        // Each solicits a route to each other, and tries for ever.
        let mut to = Vec::new();
        for (other, port) in ports.iter().enumerate() {
            if other != number {
                let proxy = Proxy::start(*port).await?;
                to.push(format!("nats://127.0.0.1:{}", proxy.port()));
                let between = (number, other);
                routes.push(Route { between, proxy });
            }
        }
        let configuration = node_configuration(number, *port, &to);
        let directory = directory.join(format!("nats-{number}"));
        starting.push(async move {
            Nats::start_configured(binaries, &directory, &configuration)
                .await
                .with_context(|| format!("starting nats-server {number}"))
        });
    }
    Ok((futures::future::try_join_all(starting).await?, routes))
}

/// The configuration of one server of the cluster. What servers tell each
/// other, and clients, of themselves would lead around the proxies.
fn node_configuration(number: usize, port: u16, routes: &[String]) -> String {
    let listen =
        format!("127.0.0.1:{port}\n    advertise: \"127.0.0.1:1\"\n    no_advertise: true");
    include_str!("../../../nats/cluster-node.conf")
        .replace("$NODE", &format!("node-{number}"))
        .replace("$CLUSTER_LISTEN", &listen)
        .replace("$CLUSTER_ROUTES", &format!("{routes:?}"))
}

fn free_ports(count: usize) -> anyhow::Result<Vec<u16>> {
    // All are held until all are found, so that no two are the same.
    let held = (0..count)
        .map(|_| std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)))
        .collect::<Result<Vec<_>, _>>()?;
    let ports = held
        .iter()
        .map(|listener| Ok(listener.local_addr()?.port()));
    ports.collect()
}

/// A port that is free now.
///
/// # Errors
/// When none is.
pub fn free_port() -> anyhow::Result<u16> {
    free_ports(1)?.pop().context("no port is free")
}

/// Sends a signal to a process by id.
pub fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid.cast_signed()) {
        // A process that is gone already needs no signal.
        let _ = kill_process(pid, signal);
    }
}

/// The children of a process, of a given name; all of them where none is
/// given. Postgres calls itself by what each of its processes does.
#[must_use]
pub fn children(parent: u32, title: Option<&str>) -> Vec<u32> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| parent_of(*pid) == Some(parent))
        .filter(|pid| {
            title.is_none_or(|title| {
                std::fs::read(format!("/proc/{pid}/cmdline"))
                    .is_ok_and(|line| String::from_utf8_lossy(&line).contains(title))
            })
        })
        .collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it stands in brackets and may hold anything.
    stat.rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(1)?
        .parse()
        .ok()
}
