//! Arguments of `explain`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ask::Moment;

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
    /// Write all of it in this form, whatever the limit.
    #[arg(long, conflicts_with_all = ["limit", "cursor", "json"])]
    pub export: Option<ExportForm>,
    /// Where to write it; default: to the standard output.
    #[arg(long, requires = "export")]
    pub out: Option<PathBuf>,
    /// Print the API's answer.
    #[arg(long)]
    pub json: bool,
}

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportForm {
    /// Comma-separated values, after a line of names.
    Csv,
    /// One JSON document a line.
    Ndjson,
}

impl ExportForm {
    /// What its address ends in.
    #[must_use]
    pub fn resource(self) -> &'static str {
        match self {
            Self::Csv => "explain.csv",
            Self::Ndjson => "explain.ndjson",
        }
    }
}
