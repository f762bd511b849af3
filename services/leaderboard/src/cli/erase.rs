//! Arguments of `erase`.

use clap::Args;

use super::tracking::Deciding;

/// Options of `erase`.
#[derive(Debug, Args)]
pub struct Erase {
    /// Whom: a login, a numeric id, or @ and a login of which no id is known.
    pub account: String,
    /// Do it. Without this it is only said what would be done.
    #[arg(long)]
    pub confirm: bool,
    /// Who and why; the reason should name nobody.
    #[command(flatten)]
    pub deciding: Deciding,
}
