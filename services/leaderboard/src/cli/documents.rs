//! Arguments of what prints documents.

use clap::Args;

/// Which API is described.
#[derive(Debug, Args)]
pub struct OpenApi {
    /// The command API, which people with keys decide by.
    #[arg(long)]
    pub commands: bool,
}
