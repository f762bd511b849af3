//! What a person names to be read: a file, directory, glob, address, hour,
//! day or range, turned into a plan of units.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use reqwest::Url;
use thiserror::Error;

use super::hours::{ArchiveBases, hours_between, parse_span};
use super::manifest::MANIFEST_ENDING;

/// Endings of files that a directory is searched for.
const ENDINGS: [&str; 4] = [".json.gz", ".ndjson.gz", ".json", ".ndjson"];

/// What to read, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The units, each read for itself.
    pub units: Vec<Unit>,
}

/// One file of events, wherever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The file's name, under which its coverage is kept.
    pub name: String,
    /// How it was named.
    pub kind: UnitKind,
    /// Where it may be, in order of preference.
    pub locations: Vec<Location>,
}

/// How a unit was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// As an hour of the archives: read once, then known.
    ArchiveHour,
    /// As a file of its own: read whenever asked.
    Named,
}

/// Where a unit may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// On this machine.
    Path(PathBuf),
    /// On the web.
    Url(Url),
}

impl std::fmt::Display for Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(formatter),
            Self::Url(url) => url.fmt(formatter),
        }
    }
}

/// Why what was named cannot be read.
#[derive(Debug, Error)]
pub enum InputError {
    /// Nothing by that name, and no form that is known.
    #[error(
        "{0:?} is no file or directory here, and no hour (2024-09-11T15), day (2024-09-11), \
         range (2024-09-11..2024-09-12), glob or http(s) address either"
    )]
    Unknown(String),
    /// Hours that nobody can have archived yet.
    #[error(
        "the hour {} is not over: it is {} UTC now, and archives hold past hours only",
        last.format("%Y-%m-%dT%H"), now.format("%Y-%m-%dT%H:%M")
    )]
    NotOver {
        /// The last hour asked for.
        last: DateTime<Utc>,
        /// The present.
        now: DateTime<Utc>,
    },
    /// Hours that nobody archived.
    #[error(
        "the archives begin at {}; {} is before",
        beginning.format("%Y-%m-%d"), first.format("%Y-%m-%dT%H")
    )]
    BeforeArchives {
        /// The first hour asked for.
        first: DateTime<Utc>,
        /// The first day of all archives.
        beginning: DateTime<Utc>,
    },
    /// A range that ends before it begins.
    #[error(
        "the range ends ({}) before it begins ({})",
        last.format("%Y-%m-%dT%H"), first.format("%Y-%m-%dT%H")
    )]
    Backwards {
        /// The first hour asked for.
        first: DateTime<Utc>,
        /// The last hour asked for.
        last: DateTime<Utc>,
    },
    /// A directory or glob without files of events.
    #[error("{0}: no files of events there (*.json.gz, *.ndjson.gz, *.json, *.ndjson)")]
    NothingThere(String),
    /// Not a URL.
    #[error("{url:?} is no address: {source}")]
    Address {
        /// What was given.
        url: String,
        /// What is wrong with it.
        source: <Url as std::str::FromStr>::Err,
    },
    /// Not a glob.
    #[error("{pattern:?} is no glob: {source}")]
    Glob {
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        source: glob::PatternError,
    },
    /// A directory that cannot be listed.
    #[error("cannot list {path}: {source}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Plan {
    /// Turns what a person names into units to read. What exists on this
    /// machine goes before what could be read as an hour.
    ///
    /// # Errors
    /// [`InputError`], saying what is wrong with the text.
    pub fn parse(
        text: &str,
        archives: &ArchiveBases,
        now: DateTime<Utc>,
    ) -> Result<Self, InputError> {
        let path = Path::new(text);
        let units = if text.starts_with("http://") || text.starts_with("https://") {
            vec![url_unit(text)?]
        } else if path.is_dir() {
            directory_units(path)?
        } else if path.exists() {
            vec![file_unit(path.to_owned())]
        } else if let Some(span) = parse_span(text) {
            let hours = hours_between(span, now)?;
            hours.into_iter().map(|hour| archives.unit(hour)).collect()
        } else if text.contains(['*', '?', '[']) {
            glob_units(text)?
        } else {
            return Err(InputError::Unknown(text.to_owned()));
        };
        Ok(Self { units })
    }
}

fn url_unit(text: &str) -> Result<Unit, InputError> {
    let url = Url::parse(text).map_err(|source| InputError::Address {
        url: text.to_owned(),
        source,
    })?;
    let segments = url.path_segments();
    let name = segments.and_then(|mut segments| segments.next_back().map(str::to_owned));
    Ok(Unit {
        name: name
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| text.to_owned()),
        kind: UnitKind::Named,
        locations: vec![Location::Url(url)],
    })
}

fn file_unit(path: PathBuf) -> Unit {
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    Unit {
        name: name.into_owned(),
        kind: UnitKind::Named,
        locations: vec![Location::Path(path)],
    }
}

/// Whether a path ends in any of these endings.
fn ends_in(path: &Path, endings: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    endings.iter().any(|ending| name.ends_with(ending))
}

fn directory_units(directory: &Path) -> Result<Vec<Unit>, InputError> {
    let failed = |source| InputError::Directory {
        path: directory.to_owned(),
        source,
    };
    let entries = std::fs::read_dir(directory).map_err(failed)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<Result<_, _>>().map_err(failed)?;
    paths.retain(|path| ends_in(path, &ENDINGS));
    files_of(paths, directory.display().to_string())
}

fn glob_units(pattern: &str) -> Result<Vec<Unit>, InputError> {
    let paths = glob::glob(pattern).map_err(|source| InputError::Glob {
        pattern: pattern.to_owned(),
        source,
    })?;
    files_of(paths.filter_map(Result::ok).collect(), pattern.to_owned())
}

fn files_of(mut paths: Vec<PathBuf>, named: String) -> Result<Vec<Unit>, InputError> {
    // A manifest is read with the file it belongs to.
    paths.retain(|path| path.is_file() && !ends_in(path, &[MANIFEST_ENDING]));
    paths.sort();
    if paths.is_empty() {
        return Err(InputError::NothingThere(named));
    }
    Ok(paths.into_iter().map(file_unit).collect())
}
