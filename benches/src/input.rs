//! What is measured on: real hours beside the checkout, or made-up ones.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use tempfile::TempDir;

/// Real hours of January 2015 and 2016, where they are to be had.
const REAL: &str = "../shared/data/benchmark/*.json.gz";

/// Made-up hours, and events in each.
const HOURS: u64 = 8;
const EVENTS: usize = 12_000;

/// Files of GitHub events.
pub(crate) struct Input {
    pub(crate) files: Vec<PathBuf>,
    made_up: Option<TempDir>,
}

impl Input {
    pub(crate) fn choose(pattern: Option<&str>) -> anyhow::Result<Self> {
        let mut files: Vec<PathBuf> = glob::glob(pattern.unwrap_or(REAL))?
            .filter_map(Result::ok)
            .collect();
        files.sort();
        if files.is_empty() {
            ensure!(
                pattern.is_none(),
                "no files match {}",
                pattern.unwrap_or_default()
            );
            return Self::make_up();
        }
        Ok(Self {
            files,
            made_up: None,
        })
    }

    fn make_up() -> anyhow::Result<Self> {
        let directory = tempfile::tempdir()?;
        let mut files = Vec::new();
        for number in 0..HOURS {
            let hour = format!("2024-02-29T{number:02}:00:00Z")
                .parse()
                .context("an hour")?;
            let path = directory
                .path()
                .join(format!("2024-02-29-{number}.json.gz"));
            std::fs::write(
                &path,
                scraper::generator::generate_hour_gzip(number, hour, EVENTS)?,
            )?;
            files.push(path);
        }
        Ok(Self {
            files,
            made_up: Some(directory),
        })
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.files
            .iter()
            .map(|file| file.display().to_string())
            .collect()
    }
}

impl fmt::Display for Input {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.made_up.is_some() {
            "made-up"
        } else {
            "real"
        };
        let bytes: u64 = self
            .files
            .iter()
            .filter_map(|file| file.metadata().ok())
            .map(|found| found.len())
            .sum();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let megabytes = bytes / 1_000_000;
        write!(
            out,
            "{} {kind} files, {megabytes} MB compressed; {cores} cores",
            self.files.len()
        )
    }
}
