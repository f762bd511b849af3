//! Arguments of `explain`.

use clap::Args;

use super::ask::Moment;
use super::export::Export;

/// Which score to explain, and which part of the explanation.
#[derive(Debug, Args)]
pub struct Explain {
    /// The login.
    pub login: String,
    /// global, owner/repository, an organisation, or group: and the name of a group.
    #[arg(long, default_value = "global")]
    pub board: String,
    /// The board's period.
    #[arg(long, default_value = "all")]
    pub period: String,
    /// score, or one kind of contribution.
    #[arg(long, default_value = "score")]
    pub kind: String,
    /// List contributions to this repository (owner/name) only.
    #[arg(long)]
    pub repository: Option<String>,
    /// List those only that a cap took something from, or with =false those that none did.
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    pub capped: Option<bool>,
    /// Rows.
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// Where to go on.
    #[arg(long)]
    pub cursor: Option<String>,
    /// What was known then (`replay as-of`), and relative periods of which day.
    #[command(flatten)]
    pub moment: Moment,
    /// All of it as a file.
    #[command(flatten)]
    pub file: Export,
    /// Print the API's answer.
    #[arg(long)]
    pub json: bool,
}
