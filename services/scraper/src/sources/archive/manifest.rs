//! Manifests: what an archive says a file of its holds.

use std::path::{Path, PathBuf};

use reqwest::Url;
use serde::Deserialize;

use super::input::Location;

/// How the name of a manifest ends.
pub(super) const MANIFEST_ENDING: &str = ".manifest.json";

/// Endings of a file that a manifest may be named without: that of
/// `2026-09-14-3.json.gz` is `2026-09-14-3.manifest.json`.
const DROPPED: [&str; 4] = [".json.gz", ".ndjson.gz", ".json", ".ndjson"];

/// What a file should hold, as far as its manifest says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Manifest {
    /// Number of events.
    #[serde(default, alias = "event_count", alias = "eventCount", alias = "count")]
    pub events: Option<u64>,
    /// SHA-256 of the file as it is stored, in hexadecimal.
    #[serde(
        default,
        alias = "sha256_hex",
        alias = "compressed_sha256",
        alias = "gzip_sha256",
        alias = "sha_256"
    )]
    pub sha256: Option<String>,
}

impl Manifest {
    /// What disagrees with what was read, in words.
    #[must_use]
    pub fn disagreements(&self, events: u64, sha256: &str) -> Vec<String> {
        let digest = self.sha256.as_deref().filter(|_| !self.agrees(sha256));
        let digest = digest.map(|promised| {
            format!("the manifest promises the SHA-256 {promised}, the file has {sha256}")
        });
        let count = self.events.filter(|promised| *promised != events);
        let count = count
            .map(|promised| format!("the manifest promises {promised} events, {events} were read"));
        digest.into_iter().chain(count).collect()
    }

    /// Whether what was read is all that the manifest promises. A digest
    /// that agrees settles it: then it is the count that is wrong.
    #[must_use]
    pub fn is_met(&self, events: u64, sha256: &str) -> bool {
        match &self.sha256 {
            Some(_) => self.agrees(sha256),
            None => self.events.is_none_or(|promised| events >= promised),
        }
    }

    fn agrees(&self, sha256: &str) -> bool {
        let promised = self.sha256.as_deref();
        promised.is_none_or(|promised| promised.eq_ignore_ascii_case(sha256))
    }
}

/// Where the manifest of a file may be.
pub(super) fn manifest_locations(file: &Location) -> Vec<Location> {
    match file {
        Location::Path(path) => manifest_names(&path.to_string_lossy())
            .into_iter()
            .map(|name| Location::Path(PathBuf::from(name)))
            .filter(|location| matches!(location, Location::Path(path) if is_file(path)))
            .collect(),
        Location::Url(url) => manifest_names(url.path())
            .into_iter()
            .map(|path| Location::Url(with_path(url, &path)))
            .collect(),
    }
}

fn is_file(path: &Path) -> bool {
    path.is_file()
}

fn with_path(url: &Url, path: &str) -> Url {
    let mut manifest = url.clone();
    manifest.set_path(path);
    manifest.set_query(None);
    manifest
}

/// Without the file's ending, and with it.
fn manifest_names(file: &str) -> Vec<String> {
    let stem = DROPPED.iter().find_map(|ending| file.strip_suffix(ending));
    let names = stem.into_iter().chain(std::iter::once(file));
    names
        .map(|name| format!("{name}{MANIFEST_ENDING}"))
        .collect()
}
