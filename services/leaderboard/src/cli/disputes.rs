//! Arguments of `dispute`.

use clap::Args;

use super::tracking::Deciding;

/// Options of `dispute`.
#[derive(Debug, Args)]
pub struct Dispute {
    /// What is missed: the address of a pull request, review, issue, comment, commit or release.
    /// None shows the disputes there are.
    pub url: Option<String>,
    /// Who and why.
    #[command(flatten)]
    pub deciding: Deciding,
}
