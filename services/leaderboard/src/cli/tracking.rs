//! Arguments of the commands about tracking.

use clap::{Args, Subcommand};

/// Who decides, and why.
#[derive(Debug, Args)]
pub struct Deciding {
    /// Who decides; kept with the decision.
    #[arg(long, env = "LEADERBOARD_ACTOR", default_value = "operator")]
    pub actor: String,
    /// Why; kept with the decision.
    #[arg(long, default_value = "")]
    pub reason: String,
    /// Print what came of it as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `track`.
#[derive(Debug, Args)]
pub struct Track {
    /// Repositories: owner/name.
    #[arg(required = true)]
    pub repositories: Vec<String>,
    /// Add them to this group, too.
    #[arg(long)]
    pub group: Option<String>,
    /// Who and why.
    #[command(flatten)]
    pub deciding: Deciding,
}

/// Options of `untrack`.
#[derive(Debug, Args)]
pub struct Untrack {
    /// Repositories: owner/name.
    #[arg(required = true)]
    pub repositories: Vec<String>,
    /// Who and why.
    #[command(flatten)]
    pub deciding: Deciding,
}

/// What to do with groups.
#[derive(Debug, Subcommand)]
pub enum Group {
    /// Say which repositories belong to a group; those named before and not now do so no more.
    Define(DefineGroup),
    /// Show the groups and their repositories.
    List(super::Json),
}

/// Options of `group define`.
#[derive(Debug, Args)]
pub struct DefineGroup {
    /// The group: lower-case letters, digits and hyphens.
    pub group: String,
    /// Its repositories: owner/name. None empties it.
    pub repositories: Vec<String>,
    /// Who and why.
    #[command(flatten)]
    pub deciding: Deciding,
}
