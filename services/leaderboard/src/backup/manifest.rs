//! What a backup says of itself.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use event_log::StreamCopy;
use serde::{Deserialize, Serialize};

use super::files::digest;

/// The form of manifests.
const FORMAT: u32 = 1;

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedFile {
    /// Its name within the backup.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

/// The database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedDatabase {
    pub(crate) file: SavedFile,
    /// The checkpoint of each projection of the generation that is read, and the
    /// stream it is in.
    pub(crate) positions: BTreeMap<String, Position>,
}

/// How far a projection was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) stream: String,
    pub(crate) sequence: u64,
}

/// A stream of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedStream {
    pub(crate) stream: String,
    pub(crate) file: SavedFile,
    pub(crate) copy: StreamCopy,
}

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    format: u32,
    /// When it was begun, in UTC.
    pub(crate) made_at: DateTime<Utc>,
    /// The version of the program that made it.
    pub(crate) version: String,
    pub(crate) database: SavedDatabase,
    pub(crate) streams: Vec<SavedStream>,
}

impl Manifest {
    /// What holds the two together.
    ///
    /// # Errors
    /// When the log is behind the database: restored, it would pass over what is
    /// published next.
    pub(crate) fn new(
        made_at: DateTime<Utc>,
        database: SavedDatabase,
        streams: Vec<SavedStream>,
    ) -> anyhow::Result<Self> {
        for (projection, position) in &database.positions {
            let saved = streams.iter().find(|saved| saved.stream == position.stream);
            let last = saved.map_or(0, |saved| saved.copy.last_sequence());
            ensure!(
                position.sequence <= last,
                "{projection} is at {} of {}, which ends at {last}: are these the database and the log of one system?",
                position.sequence,
                position.stream,
            );
        }
        Ok(Self {
            format: FORMAT,
            made_at,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            database,
            streams,
        })
    }

    /// Reads the manifest of a backup.
    pub(crate) fn read(directory: &Path) -> anyhow::Result<Self> {
        let path = directory.join("manifest.json");
        let text =
            std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let manifest: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{} is no manifest of a backup", path.display()))?;
        ensure!(
            manifest.format == FORMAT,
            "{} is of form {}, and this version knows {FORMAT}",
            path.display(),
            manifest.format
        );
        Ok(manifest)
    }

    /// Every file of it.
    pub(crate) fn files(&self) -> impl Iterator<Item = &SavedFile> {
        std::iter::once(&self.database.file).chain(self.streams.iter().map(|saved| &saved.file))
    }

    /// Bytes of all of it.
    pub(crate) fn bytes(&self) -> u64 {
        self.files().map(|file| file.bytes).sum()
    }

    /// Whether every file is as it was made.
    ///
    /// # Errors
    /// Names the first that is not.
    pub(crate) fn check(&self, directory: &Path) -> anyhow::Result<()> {
        for file in self.files() {
            let (bytes, sha256) = digest(&directory.join(&file.name))?;
            ensure!(
                bytes == file.bytes && sha256 == file.sha256,
                "{} of {} is damaged: it has {bytes} bytes and the SHA-256 {sha256}, and was made with {} and {}",
                file.name,
                directory.display(),
                file.bytes,
                file.sha256
            );
        }
        Ok(())
    }
}
