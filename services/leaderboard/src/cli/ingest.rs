//! The command line of `ingest`.

use clap::Args;

/// Options of `ingest`.
#[derive(Debug, Args)]
pub struct Ingest {
    /// Files, directories, globs, URLs, hours (2024-09-11T15), days or ranges (2024-09-11..2024-09-12).
    #[arg(required = true)]
    pub input: Vec<String>,
    /// Archives to fetch hours from, in order of preference.
    #[arg(long, env = "LEADERBOARD_ARCHIVES", value_delimiter = ',')]
    pub archive: Vec<String>,
    /// Read hours again that were read whole before.
    #[arg(long)]
    pub force: bool,
    /// Return only when everything read is on the boards.
    #[arg(long)]
    pub wait: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}
