//! The command line of `job`, and options of those who do jobs.

use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use domain::jobs::Queue;
use uuid::Uuid;

use super::Json;
use super::ask::Paged;
use super::scrape::GithubOptions;

/// What to do about jobs.
#[derive(Debug, Subcommand)]
pub enum Job {
    /// Show every job: when it is due, and what became of it last.
    List(Json),
    /// Ask for a job now, whatever its schedule says.
    Run(RunJob),
    /// Show what became of jobs.
    Status(JobStatus),
    /// Show what workers leave alone after failures.
    Circuits(Json),
    /// Let no job of a queue be started any more; those that run go on.
    Pause(QueueDecision),
    /// Let jobs of a queue be started again.
    Resume(QueueDecision),
}

/// Options of `job run`.
#[derive(Debug, Args)]
pub struct RunJob {
    /// The job's name; `job list` has them all.
    pub name: String,
    /// What to do it with, such as stale_hours=1.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parse_argument)]
    pub arguments: Vec<(String, String)>,
    /// Return only when it has ended: 0 when it was done, 1 when it failed, 3 when it was skipped
    /// because the same was not done yet, 4 when it took longer than --timeout.
    #[arg(long)]
    pub wait: bool,
    /// How long to wait, such as 30s, 10m or 2h. The job goes on.
    #[arg(long, requires = "wait", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// Who asks.
    #[arg(long, env = "USER", default_value = "unknown")]
    pub actor: String,
    /// Why.
    #[arg(long, default_value = "")]
    pub reason: String,
    /// Print what became of it as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `job status`.
#[derive(Debug, Args)]
pub struct JobStatus {
    /// One job, whole.
    pub id: Option<Uuid>,
    /// Jobs of one name.
    #[arg(long)]
    pub name: Option<String>,
    /// Jobs of one queue: scraping, calculations, reports or maintenance.
    #[arg(long)]
    pub queue: Option<Queue>,
    /// Jobs in one state: waiting, running, retrying, completed, failed or skipped.
    #[arg(long)]
    pub state: Option<String>,
    /// How much of the list.
    #[command(flatten)]
    pub page: Paged,
}

/// A decision about a queue.
#[derive(Debug, Args)]
pub struct QueueDecision {
    /// Print what came of it as JSON.
    #[arg(long)]
    pub json: bool,
    /// scraping, calculations, reports or maintenance.
    pub queue: Queue,
    /// Who decides.
    #[arg(long, env = "USER", default_value = "unknown")]
    pub actor: String,
    /// Why.
    #[arg(long, default_value = "")]
    pub reason: String,
}

/// When jobs are due.
#[derive(Clone, Debug, Default, Args)]
pub struct Scheduling {
    /// A file (TOML) that changes when jobs are due and how they are done.
    #[arg(long = "schedule", env = "LEADERBOARD_SCHEDULE")]
    pub file: Option<PathBuf>,
}

/// How jobs are done.
#[derive(Clone, Debug, Args)]
pub struct Working {
    /// Queues that jobs are taken from, with how many of each may run at a time over all workers;
    /// default: all, with their usual numbers.
    #[arg(long = "queues", env = "LEADERBOARD_QUEUES", value_delimiter = ',', value_name = "QUEUE[=NUMBER]", value_parser = parse_queue)]
    pub queues: Vec<(Queue, usize)>,
    /// Seconds that a worker may be silent before another takes its jobs.
    #[arg(long, env = "LEADERBOARD_JOB_LEASE", default_value_t = 30)]
    pub job_lease: u32,
    /// Archives to fetch hours from, in order of preference.
    #[arg(long = "archives", env = "LEADERBOARD_ARCHIVES", value_delimiter = ',')]
    pub archives: Vec<String>,
    /// How GitHub is reached.
    #[command(flatten)]
    pub github: GithubOptions,
    /// How BigQuery is reached.
    #[command(flatten)]
    pub bigquery: super::bigquery::BigQueryOptions,
    /// The first day that is read from BigQuery.
    #[arg(id = "job-floor", long = "floor", env = "LEADERBOARD_BIGQUERY_FLOOR")]
    pub floor: Option<NaiveDate>,
    /// Where daily reports are posted to, as JSON with a text for chat services.
    #[arg(
        long = "report-webhook",
        env = "LEADERBOARD_REPORT_WEBHOOK",
        hide_env_values = true
    )]
    pub report_webhook: Option<String>,
    /// The repository (owner/name) in whose issues failures are told, with the first of the GitHub
    /// tokens.
    #[arg(long = "issues-repository", env = "LEADERBOARD_ISSUES_REPOSITORY")]
    pub issues_repository: Option<String>,
}

fn parse_argument(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=');
    let (name, value) = parts.ok_or("give it as name=value, such as stale_hours=1")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn parse_queue(text: &str) -> Result<(Queue, usize), String> {
    let (name, limit) = match text.split_once('=') {
        Some((name, limit)) => (name, Some(limit)),
        None => (text, None),
    };
    let queue: Queue = name.parse().map_err(|error| format!("{error}"))?;
    let Some(limit) = limit else {
        return Ok((queue, queue.usual_limit()));
    };
    match limit.parse() {
        Ok(limit @ 1..) => Ok((queue, limit)),
        _ => Err(format!("{limit:?} is no number of jobs; use 1 or more")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_are_read_with_and_without_a_number() {
        assert_eq!(parse_queue("reports"), Ok((Queue::Reports, 2)));
        assert_eq!(parse_queue("scraping=7"), Ok((Queue::Scraping, 7)));
        assert!(parse_queue("scraping=0").is_err());
        assert!(parse_queue("default").unwrap_err().contains("maintenance"));
    }
}
