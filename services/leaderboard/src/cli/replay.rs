//! The command line of `replay`.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Subcommand};

use super::Json;

/// What to do about the next generation of the read models.
#[derive(Debug, Subcommand)]
pub enum Replay {
    /// Begin to build the next generation from the log, beside the one that is read.
    Start(Begin),
    /// Show which generations there are, how far each is, and how long it will take.
    Status(Json),
    /// Compare the generation that is being built (or kept) with the one that is read, row by row.
    Parity(Parity),
    /// Let readers read the generation that was built, if it is equal to the one they read now.
    Switch(Switch),
    /// Let readers read the generation again that they read before.
    Rollback(Rollback),
    /// Throw the generation away that is being built.
    Abort(Json),
    /// Throw the generation away that is kept for a rollback.
    Drop(Json),
    /// Make what was known at an instant readable, as `?as_of=` of the API and `top --as-of`.
    AsOf(AsOf),
    /// Throw away what was made of an instant.
    Forget(AsOf),
    /// All of it: start, wait, compare, and switch if everything is equal.
    Run(Run),
}

/// An instant of the past.
#[derive(Debug, Args)]
pub struct AsOf {
    /// A UTC day, meaning its beginning, or an instant such as 2026-03-01T12:00:00Z.
    #[arg(value_parser = parse_instant)]
    pub instant: DateTime<Utc>,
    /// How to print.
    #[command(flatten)]
    pub printing: Json,
}

fn parse_instant(text: &str) -> Result<DateTime<Utc>, String> {
    let day = text
        .parse::<NaiveDate>()
        .map(|day| day.and_time(NaiveTime::MIN).and_utc());
    day.or_else(|_| text.parse::<DateTime<Utc>>()).map_err(|_| {
        "use a day such as 2026-03-01, or an instant such as 2026-03-01T12:00:00Z".to_owned()
    })
}

/// Options of `replay start`.
#[derive(Debug, Args)]
pub struct Begin {
    /// How it is begun.
    #[command(flatten)]
    pub start: Start,
    /// How to print.
    #[command(flatten)]
    pub printing: Json,
}

/// How a generation is begun.
#[derive(Debug, Args)]
pub struct Start {
    /// Build this projection alone: contributions, costs, coverage, dead_letters, jobs or
    /// schedule.
    #[arg(long)]
    pub projection: Option<String>,
    /// Messages per second at most; default: as fast as it goes.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub throttle: Option<u32>,
    /// Throw a generation away first that is kept for a rollback.
    #[arg(long)]
    pub drop_kept: bool,
}

/// Options of `replay parity`.
#[derive(Debug, Args)]
pub struct Parity {
    /// Rows that are shown of each table that differs.
    #[arg(long, default_value_t = 10)]
    pub sample: u32,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `replay switch`.
#[derive(Debug, Args)]
pub struct Switch {
    /// Switch although the generations differ, or were not compared.
    #[arg(long)]
    pub accept_differences: bool,
    /// Who decides, and why.
    #[command(flatten)]
    pub deciding: Deciding,
    /// How to print.
    #[command(flatten)]
    pub printing: Json,
}

/// Options of `replay rollback`.
#[derive(Debug, Args)]
pub struct Rollback {
    /// Who decides, and why.
    #[command(flatten)]
    pub deciding: Deciding,
    /// How to print.
    #[command(flatten)]
    pub printing: Json,
}

/// Options of `replay run`.
#[derive(Debug, Args)]
pub struct Run {
    /// How it is begun.
    #[command(flatten)]
    pub start: Start,
    /// Rows that are shown of each table that differs.
    #[arg(long, default_value_t = 10)]
    pub sample: u32,
    /// Who decides, and why.
    #[command(flatten)]
    pub deciding: Deciding,
    /// Print the parity report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Who decides, and why.
#[derive(Debug, Args)]
pub struct Deciding {
    /// Who decides.
    #[arg(long, env = "USER", default_value = "unknown")]
    pub actor: String,
    /// Why.
    #[arg(long, default_value = "")]
    pub reason: String,
}
