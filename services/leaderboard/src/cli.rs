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
mod options;
pub mod replay;
pub mod retractions;
pub mod scrape;
mod secrets;
mod serve;
pub mod shell;
pub mod snapshot;
pub mod tracking;
pub mod webhooks;

use clap::{Args, Parser, Subcommand};
use runtime::TelemetrySettings;

pub use listen::Listen;
pub use options::Options;
pub use serve::{Projecting, Serve, Service};

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

/// Options of `probe`.
#[derive(Debug, Args)]
pub struct Probe {
    /// What must answer, such as http://127.0.0.1:8080/health/ready.
    pub url: String,
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
