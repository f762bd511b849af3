//! Options that every command takes.

use std::path::PathBuf;

use clap::Args;
use runtime::{LogFormat, TrackerSettings};

/// Options that every command takes.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Where the embedded servers keep their data, and commands find them.
    #[arg(
        long,
        global = true,
        env = "LEADERBOARD_DATA_DIR",
        default_value = ".data"
    )]
    pub data_dir: PathBuf,
    /// Where fetched programs are (see `make tools`).
    #[arg(
        long,
        global = true,
        env = "LEADERBOARD_TOOLS",
        default_value = ".tools"
    )]
    pub tools: PathBuf,
    /// The query API's address; default: the one running from the data directory.
    #[arg(long, global = true, env = "LEADERBOARD_API")]
    pub api: Option<String>,
    /// The event log's address, or those of a cluster separated by commas; tls:// encrypts. Default:
    /// the one running from the data directory.
    #[arg(long, global = true, env = "NATS_URL", hide_env_values = true)]
    pub nats_url: Option<String>,
    /// The event log's credentials file.
    #[arg(long, global = true, env = "NATS_CREDENTIALS")]
    pub nats_credentials: Option<PathBuf>,
    /// A file (PEM) of the authorities whose certificates are trusted of the event log's servers;
    /// default: the system's.
    #[arg(long, global = true, env = "NATS_ROOT_CERTIFICATE")]
    pub nats_root_certificate: Option<PathBuf>,
    /// A file (PEM) of the certificate that the event log's servers are shown.
    #[arg(long, global = true, env = "NATS_CERTIFICATE")]
    pub nats_certificate: Option<PathBuf>,
    /// The file (PEM) of that certificate's key.
    #[arg(long, global = true, env = "NATS_CERTIFICATE_KEY")]
    pub nats_certificate_key: Option<PathBuf>,
    /// Encrypt from the first byte on, as the event log's servers do with handshake_first.
    #[arg(long, global = true, env = "NATS_TLS_FIRST")]
    pub nats_tls_first: bool,
    /// Copies kept of each stream: 1 on a single server, 3 on a cluster.
    #[arg(long, global = true, env = "NATS_REPLICAS", default_value_t = 1)]
    pub nats_replicas: usize,
    /// The key by which people who were erased are known again, 64 hexadecimal digits; default: the
    /// file erasure.key in the data directory.
    #[arg(
        long,
        global = true,
        env = "LEADERBOARD_ERASURE_KEY",
        hide_env_values = true
    )]
    pub erasure_key: Option<String>,
    /// The database's address, with what is wanted of encryption (sslmode=verify-full, sslrootcert,
    /// sslcert, sslkey); default: the one running from the data directory.
    #[arg(
        long,
        global = true,
        env = "LEADERBOARD_DATABASE_URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
    /// What is logged, such as info or info,projector=debug.
    #[arg(long, global = true, env = "LOG_LEVEL")]
    pub log_level: Option<String>,
    /// A file that says what is logged by servers; it is read again at a SIGHUP. While it is not there,
    /// or empty, --log-level holds.
    #[arg(long, global = true, env = "LOG_LEVEL_FILE", default_value = "")]
    pub log_level_file: String,
    /// How log lines look: json or pretty.
    #[arg(long, global = true, env = "LOG_FORMAT", default_value = "pretty")]
    pub log_format: LogFormat,
    /// Where traces are sent (OTLP over HTTP), such as http://127.0.0.1:4318/v1/traces.
    #[arg(long, global = true, env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
    /// Where errors are told, by the protocol of Sentry (DSN), such as https://key@errors.example.org/1.
    #[arg(long, global = true, env = "SENTRY_DSN", hide_env_values = true)]
    pub sentry_dsn: Option<String>,
    /// Where installed programs are looked for.
    #[arg(long, global = true, env = "PATH", hide = true, default_value = "")]
    pub path: String,
}

impl Options {
    /// Where errors are told, if anywhere, and what is told to nobody.
    pub(super) fn error_tracker(&self, secrets: Vec<String>) -> Option<TrackerSettings> {
        let dsn = self.sentry_dsn.as_deref()?.trim();
        (!dsn.is_empty()).then(|| TrackerSettings {
            dsn: dsn.to_owned(),
            release: concat!("leaderboard@", env!("CARGO_PKG_VERSION")).to_owned(),
            secrets,
        })
    }
}
