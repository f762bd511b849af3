//! A private nats-server with JetStream.

use std::path::{Path, PathBuf};

use super::child::{Server, check_reachable, command, make_owned};
use super::{Binaries, PartError, free_port};

/// The server's configuration but for ports and directories: the file that a
/// single-node deployment starts from.
const CONFIGURATION: &str = include_str!("../../../../nats/single-node.conf");

const CONFIGURATION_FILE: &str = "nats-server.conf";

/// A nats-server on the loopback interface.
#[derive(Debug)]
pub struct Nats {
    program: PathBuf,
    directory: PathBuf,
    log: PathBuf,
    port: u16,
    pub(super) server: Server,
}

impl Nats {
    /// Starts a server that keeps its streams below a directory.
    ///
    /// # Errors
    /// [`PartError`] naming what failed and where its log is.
    pub async fn start(binaries: &Binaries, directory: &Path) -> Result<Self, PartError> {
        Self::start_configured(binaries, directory, CONFIGURATION).await
    }

    /// As [`Nats::start`], with a configuration of the caller's: benches
    /// compare durability modes.
    ///
    /// # Errors
    /// As [`Nats::start`].
    pub async fn start_configured(
        binaries: &Binaries,
        directory: &Path,
        configuration: &str,
    ) -> Result<Self, PartError> {
        let directory = std::path::absolute(directory)
            .map_err(PartError::io(format!("resolve {}", directory.display())))?;
        make_owned(&directory)?;
        check_reachable(&binaries.nats_server)?;
        let log = directory.join("nats-server.log");
        let port = free_port()?;
        let written = directory.join(CONFIGURATION_FILE);
        std::fs::write(&written, configuration)
            .map_err(PartError::io(format!("write {}", written.display())))?;
        let server = launch(&binaries.nats_server, &directory, &log, port)?;
        let program = binaries.nats_server.clone();
        let mut nats = Self {
            program,
            directory,
            log,
            port,
            server,
        };
        nats.wait().await?;
        Ok(nats)
    }

    /// The server's address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The server's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// Ends the server at once, as if the machine had lost it.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Starts the server again on the same port and data.
    ///
    /// # Errors
    /// As [`Nats::start`].
    pub async fn restart(&mut self) -> Result<(), PartError> {
        self.server.kill();
        self.server = launch(&self.program, &self.directory, &self.log, self.port)?;
        self.wait().await
    }

    /// Stops the server in order.
    pub async fn stop(&mut self) {
        self.server.stop("TERM").await;
    }

    async fn wait(&mut self) -> Result<(), PartError> {
        let settings = event_log::LogSettings {
            url: self.url(),
            credentials: None,
            replicas: 1,
        };
        let answers = || async {
            match event_log::EventLog::connect(&settings).await {
                Ok(log) => log.is_ready().await,
                Err(_) => false,
            }
        };
        self.server.wait_until(&self.log, answers).await
    }
}

fn launch(program: &Path, directory: &Path, log: &Path, port: u16) -> Result<Server, PartError> {
    let configuration = directory.join(CONFIGURATION_FILE);
    let store = directory.join("streams");
    make_owned(&store)?;
    let mut nats = command(program);
    nats.arg("-c")
        .arg(&configuration)
        .args(["-a", "127.0.0.1", "-p", &port.to_string()]);
    nats.arg("-sd").arg(&store);
    Server::start("nats-server", nats, log)
}
