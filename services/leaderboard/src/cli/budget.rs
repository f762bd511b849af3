//! The command line of `budget`.

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use domain::budget::Money;

/// What to do with the budget.
#[derive(Debug, Subcommand)]
pub enum Budget {
    /// Show what is spent, reserved and left, and what the month will cost.
    Status(Status),
    /// Decide how much may be spent from now on.
    Set(SetBudget),
    /// Show what a month's money was spent for.
    Report(Report),
}

/// Options of `budget status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Print it as JSON, sums in millionths of a dollar.
    #[arg(long)]
    pub json: bool,
}

/// A decision about money.
#[derive(Debug, Args)]
pub struct SetBudget {
    /// Dollars that may be spent on a UTC day.
    #[arg(long)]
    pub daily: Money,
    /// Dollars that may be spent in a UTC month.
    #[arg(long)]
    pub monthly: Money,
    /// Dollars that one job may spend in a month; default: as many as on a day.
    #[arg(long)]
    pub per_job: Option<Money>,
    /// Percent of a limit from which on somebody should know.
    #[arg(long, default_value_t = 70)]
    pub warning: u8,
    /// Percent of a limit from which on somebody should act.
    #[arg(long, default_value_t = 90)]
    pub critical: u8,
    /// Dollars for a tebibyte read; default: BigQuery's price on demand.
    #[arg(long)]
    pub price: Option<Money>,
    /// The day since which that is the price.
    #[arg(long, requires = "price")]
    pub price_since: Option<NaiveDate>,
    /// Bytes of a month that cost nothing; default: a tebibyte.
    #[arg(long)]
    pub free_bytes: Option<u64>,
    /// Who decides.
    #[arg(long, env = "USER", default_value = "")]
    pub actor: String,
    /// Why.
    #[arg(long, default_value = "")]
    pub reason: String,
    /// Print what was decided as JSON, sums in millionths of a dollar.
    #[arg(long)]
    pub json: bool,
}

/// Options of `budget report`.
#[derive(Debug, Args)]
pub struct Report {
    /// The month, such as 2026-11; default: the present one.
    #[arg(long)]
    pub month: Option<String>,
    /// What the money is attributed to.
    #[arg(long, default_value = "job")]
    pub by: Attribution,
    /// Print it as JSON, sums in millionths of a dollar.
    #[arg(long)]
    pub json: bool,
}

/// What money is attributed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Attribution {
    /// The job that spent it.
    Job,
    /// The source that was paid.
    Source,
    /// The repositories it was spent for.
    Repository,
    /// The UTC day it was reserved on.
    Day,
}

impl From<Attribution> for domain::budget::Attribution {
    fn from(by: Attribution) -> Self {
        match by {
            Attribution::Job => Self::Job,
            Attribution::Source => Self::Source,
            Attribution::Repository => Self::Repository,
            Attribution::Day => Self::Day,
        }
    }
}
