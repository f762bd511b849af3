//! Running one service.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Listen, jobs, notifying};

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
    pub(super) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}
