//! The command line: every command, option and environment variable.

pub mod access;
pub mod ask;
pub mod backup;
pub mod bigquery;
pub mod budget;
pub mod counting;
pub mod coverage;
pub mod dead_letters;
pub mod disputes;
pub mod documents;
pub mod erase;
pub mod explain;
pub mod export;
pub mod ingest;
pub mod jobs;
pub mod listen;
pub mod notifying;
pub mod replay;
pub mod retractions;
pub mod scrape;
mod secrets;
pub mod shell;
pub mod snapshot;
pub mod tracking;
pub mod webhooks;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use runtime::{LogFormat, TelemetrySettings, TrackerSettings};

pub use listen::Listen;

/// A GitHub contributor leaderboard that can prove its numbers.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct CommandLine {
    /// Options that every command takes.
    #[command(flatten)]
    pub options: Options,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

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

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run everything on this machine: a private Postgres and nats-server, and all services.
    Up(Up),
    /// As `up`, with something to see: reads the input, or an hour of GitHub, or made-up events.
    Demo(Demo),
    /// Run one service against given servers.
    Serve(Serve),
    /// Read GitHub events into the log.
    Ingest(ingest::Ingest),
    /// Read repositories from GitHub's API: events, issues, and what is unknown.
    Scrape(scrape::Scrape),
    /// Read repositories from GH Archive's tables in BigQuery, within the budget.
    Bigquery(bigquery::ReadDays),
    /// Decide that repositories are tracked.
    Track(tracking::Track),
    /// Decide that repositories are tracked no more.
    Untrack(tracking::Untrack),
    /// Show which repositories are tracked.
    Tracked(Json),
    /// Decide which repositories belong together.
    #[command(subcommand)]
    Group(tracking::Group),
    /// Decide what contributions are worth.
    #[command(subcommand)]
    Policy(counting::Policy),
    /// Decide about accounts: classes, links, affiliations.
    #[command(subcommand)]
    Account(counting::Account),
    /// Say that something is missing, and have GitHub asked for it; or show what was.
    Dispute(disputes::Dispute),
    /// Decide that a contribution was recorded in error and counts no more.
    Retract(retractions::Decide),
    /// Decide that a contribution that was retracted counts again.
    Reinstate(retractions::Decide),
    /// Forget somebody: take what they did from the log and from everything made of it, for good.
    Erase(erase::Erase),
    /// Decide which logins are of a class.
    #[command(subcommand)]
    ClassList(counting::ClassLists),
    /// Show a board.
    Top(ask::Top),
    /// Show where a contributor stands on a board, and nothing else.
    Rank(ask::Rank),
    /// Show a contributor: ranks, neighbours, repositories.
    Contributor(ask::Contributor),
    /// Show where a contributor's score comes from, contribution by contribution.
    Explain(explain::Explain),
    /// Get a board as a signed file that anybody can verify, or make a key to sign with.
    Snapshot(snapshot::Snapshot),
    /// Tell whether a signed board holds, without asking anybody; and whether it still is so.
    Verify(snapshot::Verify),
    /// Show how much of GitHub was read and what is missing, or fill that.
    Coverage(Box<coverage::Coverage>),
    /// Show what could not be read or counted.
    DeadLetters(dead_letters::DeadLetters),
    /// Decide how much may be spent on data, and show what was.
    #[command(subcommand)]
    Budget(budget::Budget),
    /// Ask for jobs, and show what becomes of them.
    #[command(subcommand)]
    Job(jobs::Job),
    /// Make the read models again from the log, beside those that are read.
    #[command(subcommand)]
    Replay(replay::Replay),
    /// Save the database and the log, see whether that can be restored, and restore it.
    #[command(subcommand)]
    Backup(backup::Backup),
    /// Make keys of those who may send commands, or read more often.
    #[command(subcommand)]
    Key(access::KeyAction),
    /// Show or change what a running command API's process logs (with `up`: all of it).
    LogLevel(access::LogLevelCommand),
    /// Look for what is likely wrong with a deployment, and say what to do.
    Doctor(Json),
    /// Bring the database to this version's schema.
    Migrate,
    /// Bring the log's streams to this version's declaration.
    Declare,
    /// Ask a service whether it is well: for containers that hold no other program to ask with.
    Probe(Probe),
    /// Print the OpenAPI document of the query API, or of the command API.
    Openapi(documents::OpenApi),
    /// Print the AsyncAPI document of the event log.
    Asyncapi,
    /// Print what a shell completes commands by.
    Completions(shell::Completions),
    /// Write the manual, a page for each command.
    Man(shell::Manual),
    /// Print every command of the command API, as Markdown.
    #[command(hide = true)]
    Commands,
    /// Print every flag and variable, as Markdown.
    #[command(hide = true)]
    Configuration,
}

/// Options of `up`.
#[derive(Debug, Args)]
pub struct Up {
    /// Where to listen.
    #[command(flatten)]
    pub listen: Listen,
    /// When jobs are due.
    #[command(flatten)]
    pub scheduling: jobs::Scheduling,
    /// How they are done.
    #[command(flatten)]
    pub working: jobs::Working,
    /// Who is told by webhook.
    #[command(flatten)]
    pub notifying: notifying::Notifying,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where to listen.
    #[command(flatten)]
    pub listen: Listen,
    /// How jobs are done.
    #[command(flatten)]
    pub working: jobs::Working,
    /// Events made up when there is no network.
    #[arg(long, default_value_t = 30_000)]
    pub events: usize,
    /// Files, directories, globs, URLs, hours (2024-09-11T15), days or ranges.
    pub input: Vec<String>,
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Which service.
    pub service: Service,
    /// Where the query API listens.
    #[command(flatten)]
    pub listen: Listen,
    /// The own address of the same database, by which the query API hears of changes, where the other
    /// is a pooler's; default: the same.
    #[arg(long, env = "LEADERBOARD_CHANGES_DATABASE_URL", hide_env_values = true)]
    pub changes_database_url: Option<String>,
    /// The address of a standby of the database (streaming replication), which the query API reads as
    /// long as it has what the primary tells of; default: the primary is read.
    #[arg(long, env = "LEADERBOARD_REPLICA_DATABASE_URL", hide_env_values = true)]
    pub replica_database_url: Option<String>,
    /// Where metrics are served of services that have no other door; the query API serves its own.
    #[arg(long, env = "LEADERBOARD_METRICS_LISTEN")]
    pub metrics_listen: Option<std::net::SocketAddr>,
    /// How the projector works.
    #[command(flatten)]
    pub projecting: Projecting,
    /// When the scheduler says that jobs are due.
    #[command(flatten)]
    pub scheduling: jobs::Scheduling,
    /// How the worker does them.
    #[command(flatten)]
    pub working: jobs::Working,
    /// Whom the notifier tells.
    #[command(flatten)]
    pub notifying: notifying::Notifying,
}

/// Options of `probe`.
#[derive(Debug, Args)]
pub struct Probe {
    /// What must answer, such as http://127.0.0.1:8080/health/ready.
    pub url: String,
}

/// How a projector works.
#[derive(Debug, Args)]
pub struct Projecting {
    /// Seconds that a projector may be silent before another takes over.
    #[arg(long, env = "LEADERBOARD_LEASE", default_value = "5", value_parser = parse_lease)]
    pub lease: Duration,
    /// The most messages in one transaction: large batches fold together what many contributions
    /// change.
    #[arg(long, env = "LEADERBOARD_LARGEST_BATCH", default_value_t = 80_000)]
    pub largest_batch: usize,
}

impl Default for Projecting {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(5),
            largest_batch: 80_000,
        }
    }
}

/// The shortest lease that leaves time to renew it.
const SHORTEST_LEASE: Duration = Duration::from_millis(100);

fn parse_lease(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds")?;
    let lease = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    if lease < SHORTEST_LEASE {
        return Err("a lease shorter than 0.1 s cannot be kept".to_owned());
    }
    Ok(lease)
}

/// A service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Service {
    /// Turns the log into read models.
    Projector,
    /// Answers questions from the read models.
    QueryApi,
    /// Takes GitHub's webhooks and people's commands.
    CommandApi,
    /// Says when jobs are due.
    Scheduler,
    /// Does jobs.
    Worker,
    /// Tells webhooks of contributions and boards.
    Notifier,
}

impl Service {
    /// Its name on the command line, and in traces.
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// How to print.
#[derive(Debug, Args)]
pub struct Json {
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

impl Options {
    fn error_tracker(&self, secrets: Vec<String>) -> Option<TrackerSettings> {
        let dsn = self.sentry_dsn.as_deref()?.trim();
        (!dsn.is_empty()).then(|| TrackerSettings {
            dsn: dsn.to_owned(),
            release: concat!("leaderboard@", env!("CARGO_PKG_VERSION")).to_owned(),
            secrets,
        })
    }
}

impl CommandLine {
    /// What to log. Servers tell what they do; commands speak up only when
    /// something is wrong.
    ///
    /// The secrets that were given are told to nobody.
    #[must_use]
    pub fn telemetry(&self, secrets: Vec<String>) -> TelemetrySettings {
        let serves = matches!(self.command, Command::Up(_) | Command::Serve(_));
        let level = if serves { "info" } else { "warn" };
        let service = match &self.command {
            Command::Serve(serve) => format!("leaderboard-{}", serve.service.name()),
            _ => "leaderboard".to_owned(),
        };
        TelemetrySettings {
            service,
            format: self.options.log_format,
            level: self
                .options
                .log_level
                .clone()
                .unwrap_or_else(|| level.to_owned()),
            otlp_endpoint: self.options.otlp_endpoint.clone(),
            error_tracker: self.options.error_tracker(secrets),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}
