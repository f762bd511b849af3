//! Arguments of what writes whole lists as files.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Writing all of it as a file.
#[derive(Debug, Default, Args)]
pub struct Export {
    /// Write all of it in this form, whatever the limit.
    #[arg(long, conflicts_with_all = ["limit", "cursor", "json"])]
    pub export: Option<ExportForm>,
    /// Where to write it; default: to the standard output.
    #[arg(long, requires = "export")]
    pub out: Option<PathBuf>,
}

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportForm {
    /// Comma-separated values, after a line of names.
    Csv,
    /// One JSON document a line.
    Ndjson,
    /// Columns of exact types, for databases and data frames.
    Parquet,
}

impl ExportForm {
    /// What its addresses end in.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }
}
