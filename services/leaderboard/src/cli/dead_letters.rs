//! The command line of `dead-letters`.

use clap::{Args, Subcommand};

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
    /// Print what became of each as JSON, one a line.
    #[arg(long)]
    pub json: bool,
}
