//! A real nats-server that encrypts from the first byte on, and takes those only
//! that show a certificate.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use event_log::{Encryption, EventLog, LogError, LogSettings};
use leaderboard::parts::Binaries;
use tempfile::TempDir;
use tests::workspace;

use crate::authority::{Authority, Made};

/// The users of nats/permissions.conf.
const USERS: [&str; 8] = [
    "OPERATOR",
    "WORKER",
    "SCHEDULER",
    "NOTIFIER",
    "COMMAND_API",
    "PROJECTOR",
    "SUBSCRIBER",
    "SYSTEM",
];

const PASSWORD: &str = "a-password-of-tests";

/// A server that ends with the test.
pub(crate) struct Log {
    process: Child,
    port: u16,
    /// Where it tells of its connections, in plain text.
    pub(crate) monitor: String,
    _directory: TempDir,
}

impl Drop for Log {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

impl Log {
    /// Starts one with the files that a deployment is given.
    pub(crate) async fn start(server: &Made, clients: &Authority) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let tools = workspace().join(".tools");
        let binaries = Binaries::locate(&path.to_string_lossy(), &tools).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let (port, monitor) = (free_port(), free_port());
        let mut command = Command::new(binaries.nats_server);
        command
            .arg("-c")
            .arg(workspace().join("nats/encrypted-node.conf"))
            .args(["-a", "127.0.0.1", "-p", &port.to_string()])
            .args(["-m", &monitor.to_string(), "-sd"])
            .arg(directory.path().join("streams"))
            .env("NATS_TLS_CERTIFICATE", &server.certificate)
            .env("NATS_TLS_KEY", &server.key)
            .env("NATS_TLS_AUTHORITY", &clients.file)
            .stderr(Stdio::null());
        for user in USERS {
            command.env(format!("NATS_{user}_PASSWORD"), PASSWORD);
        }
        let log = Self {
            process: command.spawn().unwrap(),
            port,
            monitor: format!("http://127.0.0.1:{monitor}"),
            _directory: directory,
        };
        let well = format!("{}/healthz", log.monitor);
        let coming = async {
            let mut looks = tokio::time::interval(Duration::from_millis(50));
            while !reqwest::get(&well)
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                looks.tick().await;
            }
        };
        tokio::time::timeout(crate::PATIENCE, coming).await.unwrap();
        log
    }

    pub(crate) fn url(&self, scheme: &str, user: &str, host: &str) -> String {
        format!("{scheme}://{user}:{PASSWORD}@{host}:{}", self.port)
    }

    /// `host:port`, as errors name it.
    pub(crate) fn place(&self, host: &str) -> String {
        format!("{host}:{}", self.port)
    }

    /// Connects so; what is said of it when it is refused.
    pub(crate) async fn connect(
        &self,
        (scheme, host): (&str, &str),
        encryption: &Encryption,
    ) -> Result<EventLog, LogError> {
        let settings = LogSettings {
            url: self.url(scheme, "operator", host),
            credentials: None,
            replicas: 1,
        };
        EventLog::connect_encrypted(&settings, encryption).await
    }
}

/// Whether a server can read a configuration, and the files that it names.
pub(crate) fn can_be_read(configuration: &str, server: &Made, clients: &Authority) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let tools = workspace().join(".tools");
    let binaries = Binaries::locate(&path.to_string_lossy(), &tools).unwrap();
    let mut command = Command::new(binaries.nats_server);
    command
        .arg("-t")
        .arg("-c")
        .arg(workspace().join("nats").join(configuration))
        .env("NODE", "a")
        .env("CLUSTER_LISTEN", "127.0.0.1:6222")
        .env("CLUSTER_ROUTES", "[\"nats://127.0.0.1:6223\"]")
        .env("NATS_TLS_CERTIFICATE", &server.certificate)
        .env("NATS_TLS_KEY", &server.key)
        .env("NATS_TLS_AUTHORITY", &clients.file);
    for user in USERS {
        command.env(format!("NATS_{user}_PASSWORD"), PASSWORD);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{configuration}: {said}");
}

/// What a client trusts, and shows.
pub(crate) fn encryption(authority: &Path, own: Option<&Made>) -> Encryption {
    Encryption {
        authorities: Some(authority.to_owned()),
        certificate: own.map(|own| own.certificate.clone()),
        key: own.map(|own| own.key.clone()),
        first: true,
    }
}
