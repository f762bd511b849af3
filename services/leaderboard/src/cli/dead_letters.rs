//! The command line of `dead-letters`.

use clap::{Args, Subcommand};
use domain::{LetterFilter, LetterFilterFault};

use super::ask::Paged;

/// Options of `dead-letters`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct DeadLetters {
    /// Do something about some of them.
    #[command(subcommand)]
    pub action: Option<DeadLetterAction>,
    /// Show one of them whole.
    pub id: Option<String>,
    /// Those in one state: parked, redriven or discarded.
    #[arg(long)]
    pub state: Option<String>,
    /// Which are shown.
    #[command(flatten)]
    pub filter: LetterOptions,
    /// How much of the list.
    #[command(flatten)]
    pub page: Paged,
}

/// What to do about dead letters.
#[derive(Debug, Subcommand)]
pub enum DeadLetterAction {
    /// Read them again, as this version can, and publish what they hold.
    Redrive(Resolve),
    /// Say that nobody wants them, and why.
    Discard(Resolve),
}

/// Which dead letters are meant, where not each is named.
#[derive(Debug, Default, Args)]
pub struct LetterOptions {
    /// Those that a service set aside: scraper, command-api, projector, worker or notifier.
    #[arg(long)]
    pub service: Option<String>,
    /// Messages of a stream of the log, such as CONTRIBUTIONS.
    #[arg(long)]
    pub stream: Option<String>,
    /// Those with this in what is wrong with them, in any case.
    #[arg(long, value_name = "TEXT")]
    pub error: Option<String>,
    /// Those whose content or origin name this repository (owner/name).
    #[arg(long)]
    pub repository: Option<String>,
    /// Set aside on this UTC day, at this instant, or later.
    #[arg(long)]
    pub since: Option<String>,
    /// Set aside before this UTC day or instant.
    #[arg(long)]
    pub until: Option<String>,
}

impl LetterOptions {
    /// The filter.
    pub(crate) fn filter(&self) -> Result<LetterFilter, LetterFilterFault> {
        LetterFilter::read(|name| {
            let given = match name {
                "service" => &self.service,
                "stream" => &self.stream,
                "reason" => &self.error,
                "repository" => &self.repository,
                "since" => &self.since,
                "until" => &self.until,
                _ => &None,
            };
            given.as_deref()
        })
    }
}

/// Which dead letters, and whose decision it is.
#[derive(Debug, Args)]
pub struct Resolve {
    /// Their ids.
    #[arg(conflicts_with_all = ["service", "stream", "error", "repository", "since", "until", "all"])]
    pub ids: Vec<uuid::Uuid>,
    /// Or those that are parked and of which all this is so.
    #[command(flatten)]
    pub filter: LetterOptions,
    /// Or all that are parked.
    #[arg(long, conflicts_with_all = ["service", "stream", "error", "repository", "since", "until"])]
    pub all: bool,
    /// Only tell how many there are, and which come first.
    #[arg(long)]
    pub dry_run: bool,
    /// Do it although more than one is meant that was not named.
    #[arg(long)]
    pub yes: bool,
    /// Who decides.
    #[arg(long, env = "USER", default_value = "unknown")]
    pub actor: String,
    /// Why; of what is discarded it has to be said.
    #[arg(long, default_value = "")]
    pub reason: String,
    /// Print what became of each as JSON, one a line.
    #[arg(long)]
    pub json: bool,
}
