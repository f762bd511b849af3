//! DuckDB as a reference, through Python.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::wheel;

const VERSION: &str = "duckdb==2.0.0";
const QUERIES: &str = include_str!("duckdb.py");

/// DuckDB in a directory of its own.
pub(crate) struct DuckDb {
    directory: PathBuf,
}

impl DuckDb {
    /// Fetches it when it is not there yet.
    pub(crate) fn fetch(tools: &Path) -> anyhow::Result<Self> {
        let directory = wheel::fetch(tools, "duckdb", VERSION)?;
        Ok(Self { directory })
    }

    /// Runs a query over files; returns the seconds it took inside DuckDB.
    pub(crate) fn run(&self, query: &str, files: &[String]) -> anyhow::Result<f64> {
        let output = Command::new("python3")
            .env("PYTHONPATH", &self.directory)
            .args(["-c", QUERIES, query])
            .args(files)
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "DuckDB failed: {said}");
        String::from_utf8_lossy(&output.stdout)
            .trim()
            .parse()
            .context("DuckDB printed no time")
    }
}
