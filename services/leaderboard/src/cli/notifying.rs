//! Arguments about whoever subscribes by webhook.

use std::path::PathBuf;

use clap::Args;

/// Who is told of contributions and boards by webhook.
#[derive(Debug, Default, Args)]
pub struct Notifying {
    /// A file (TOML) of webhooks that are told of contributions and boards, each with its address,
    /// its secret and what it wants.
    #[arg(long, env = "LEADERBOARD_SUBSCRIBERS")]
    pub subscribers: Option<PathBuf>,
}
