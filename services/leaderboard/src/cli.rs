//! The command line: every command, option and environment variable.

pub mod bigquery;
pub mod budget;
pub mod coverage;
pub mod explain;
pub mod jobs;
pub mod replay;
pub mod scrape;
pub mod snapshot;
pub mod tracking;
pub mod webhooks;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use runtime::{LogFormat, TelemetrySettings};

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
    /// The event log's address, or those of a cluster separated by commas; default: the one
    /// running from the data directory.
    #[arg(long, global = true, env = "NATS_URL")]
    pub nats_url: Option<String>,
    /// The event log's credentials file.
    #[arg(long, global = true, env = "NATS_CREDENTIALS")]
    pub nats_credentials: Option<PathBuf>,
    /// Copies kept of each stream: 1 on a single server, 3 on a cluster.
    #[arg(long, global = true, env = "NATS_REPLICAS", default_value_t = 1)]
    pub nats_replicas: usize,
    /// The database's address; default: the one running from the data directory.
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
    /// How log lines look: json or pretty.
    #[arg(long, global = true, env = "LOG_FORMAT", default_value = "pretty")]
    pub log_format: LogFormat,
    /// Where traces are sent (OTLP over HTTP), such as http://127.0.0.1:4318/v1/traces.
    #[arg(long, global = true, env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
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
    Ingest(Ingest),
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
    /// Show a board.
    Top(Top),
    /// Show where a contributor stands on a board, and nothing else.
    Rank(Rank),
    /// Show a contributor: ranks, neighbours, repositories.
    Contributor(Contributor),
    /// Show where a contributor's score comes from, contribution by contribution.
    Explain(explain::Explain),
    /// Get a board as a signed file that anybody can verify, or make a key to sign with.
    Snapshot(snapshot::Snapshot),
    /// Tell whether a signed board holds, without asking anybody; and whether it still is so.
    Verify(snapshot::Verify),
    /// Show how much of GitHub was read and what is missing, or fill that.
    Coverage(Box<coverage::Coverage>),
    /// Show what could not be read or counted.
    DeadLetters(DeadLetters),
    /// Decide how much may be spent on data, and show what was.
    #[command(subcommand)]
    Budget(budget::Budget),
    /// Ask for jobs, and show what becomes of them.
    #[command(subcommand)]
    Job(jobs::Job),
    /// Make the read models again from the log, beside those that are read.
    #[command(subcommand)]
    Replay(replay::Replay),
    /// Look for what is likely wrong with a deployment, and say what to do.
    Doctor(Json),
    /// Bring the database to this version's schema.
    Migrate,
    /// Print the OpenAPI document of the query API.
    Openapi,
    /// Print the AsyncAPI document of the event log.
    Asyncapi,
}

/// Where to listen.
#[derive(Debug, Args)]
pub struct Listen {
    /// Where the query API and its pages are served.
    #[arg(long, env = "LEADERBOARD_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Webhooks.
    #[command(flatten)]
    pub webhooks: webhooks::WebhookOptions,
    /// Snapshots.
    #[command(flatten)]
    pub snapshots: snapshot::SnapshotKeyOption,
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
}

/// Options of `ingest`.
#[derive(Debug, Args)]
pub struct Ingest {
    /// Files, directories, globs, URLs, hours (2024-09-11T15), days or ranges (2024-09-11..2024-09-12).
    #[arg(required = true)]
    pub input: Vec<String>,
    /// Archives to fetch hours from, in order of preference.
    #[arg(long, env = "LEADERBOARD_ARCHIVES", value_delimiter = ',')]
    pub archive: Vec<String>,
    /// Read hours again that were read whole before.
    #[arg(long)]
    pub force: bool,
    /// Return only when everything read is on the boards.
    #[arg(long)]
    pub wait: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Which board, and how much of it.
#[derive(Debug, Args)]
pub struct Top {
    /// global, owner/repository, an organisation, or group: and the name of a group.
    #[arg(default_value = "global")]
    pub scope: String,
    /// all, 2016, 2016-Q1, 2016-01, 2015-W53, 2016-01-01, 2016-01-04..2016-02-15; or year,
    /// quarter, month, week, day; or 7d, 28d, 90d, 365d.
    #[arg(long, default_value = "all")]
    pub period: String,
    /// score, or one kind of contribution.
    #[arg(long, default_value = "score")]
    pub kind: String,
    /// human, bot, agent or everyone.
    #[arg(long, default_value = "human")]
    pub class: String,
    /// Rows.
    #[arg(long, default_value_t = 20)]
    pub limit: u32,
    /// Where to go on: the next_cursor of the page before.
    #[arg(long)]
    pub cursor: Option<String>,
    /// Print the API's answer.
    #[arg(long)]
    pub json: bool,
}

/// Whose place on which board.
#[derive(Debug, Args)]
pub struct Rank {
    /// The login.
    pub login: String,
    /// global, owner/repository, an organisation, or group: and the name of a group.
    #[arg(default_value = "global")]
    pub scope: String,
    /// The board's period, as for `top`.
    #[arg(long, default_value = "all")]
    pub period: String,
    /// score, or one kind of contribution.
    #[arg(long, default_value = "score")]
    pub kind: String,
    /// human, bot, agent or everyone.
    #[arg(long, default_value = "human")]
    pub class: String,
    /// Print the API's answer.
    #[arg(long)]
    pub json: bool,
}

/// Which contributor.
#[derive(Debug, Args)]
pub struct Contributor {
    /// The login.
    pub login: String,
    /// The period of the counts.
    #[arg(long, default_value = "all")]
    pub period: String,
    /// Print the API's answer.
    #[arg(long)]
    pub json: bool,
}

/// How much of a list.
#[derive(Debug, Args)]
pub struct Paged {
    /// Rows.
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// Where to go on.
    #[arg(long)]
    pub cursor: Option<String>,
    /// Print the API's answer.
    #[arg(long)]
    pub json: bool,
}

/// Options of `dead-letters`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct DeadLetters {
    /// Do something about some of them.
    #[command(subcommand)]
    pub action: Option<DeadLetterAction>,
    /// Show one of them whole.
    pub id: Option<String>,
    /// How much of the list.
    #[command(flatten)]
    pub page: Paged,
}

/// What to do about dead letters.
#[derive(Debug, Subcommand)]
pub enum DeadLetterAction {
    /// Read them again, as this version can, and publish what they hold.
    Redrive(Resolve),
    /// Say that nobody wants them.
    Discard(Resolve),
}

/// Which dead letters, and whose decision it is.
#[derive(Debug, Args)]
pub struct Resolve {
    /// Their ids.
    #[arg(required = true)]
    pub ids: Vec<uuid::Uuid>,
    /// Who decides.
    #[arg(long, env = "USER", default_value = "unknown")]
    pub actor: String,
    /// Why.
    #[arg(long, default_value = "")]
    pub reason: String,
}

/// How to print.
#[derive(Debug, Args)]
pub struct Json {
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

impl CommandLine {
    /// What to log. Servers tell what they do; commands speak up only when
    /// something is wrong.
    #[must_use]
    pub fn telemetry(&self) -> TelemetrySettings {
        let serves = matches!(self.command, Command::Up(_) | Command::Serve(_));
        let level = if serves { "info" } else { "warn" };
        TelemetrySettings {
            service: "leaderboard".to_owned(),
            format: self.options.log_format,
            level: self
                .options
                .log_level
                .clone()
                .unwrap_or_else(|| level.to_owned()),
            otlp_endpoint: self.options.otlp_endpoint.clone(),
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
