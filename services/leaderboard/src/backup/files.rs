//! Where backups are kept: a directory each, named by the instant it was begun.
//! One that is not whole yet bears another ending, and is none.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::manifest::{Manifest, SavedFile};

/// How the name of a backup ends that is not whole.
const PARTIAL: &str = ".partial";

/// After so long nobody is still making one.
const ABANDONED: Duration = Duration::from_secs(2 * 24 * 3_600);

/// A directory of backups.
pub(crate) struct Shelf(PathBuf);

/// A backup that is whole.
pub(crate) struct StoredBackup {
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
    pub(crate) manifest: Manifest,
}

/// A backup that is being made.
pub(super) struct Partial {
    name: String,
    shelf: PathBuf,
}

impl Shelf {
    pub(crate) fn at(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    /// Begins a backup.
    pub(super) fn begin(&self, now: DateTime<Utc>) -> anyhow::Result<Partial> {
        let partial = Partial {
            name: now.format("%Y-%m-%dT%H-%M-%SZ").to_string(),
            shelf: self.0.clone(),
        };
        if self.0.join(&partial.name).exists() {
            bail!("cannot make {}: it is there already", partial.name);
        }
        let directory = partial.directory();
        std::fs::create_dir_all(&self.0)
            .and_then(|()| std::fs::create_dir(&directory))
            .with_context(|| format!("cannot make {}", directory.display()))?;
        // Nothing in it is secret, but nobody else is to change it.
        let own: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&directory, own)?;
        Ok(partial)
    }

    /// The names of backups that are whole, oldest first.
    pub(crate) fn names(&self) -> anyhow::Result<Vec<String>> {
        let mut names = self.entries()?;
        names.retain(|name| {
            !name.ends_with(PARTIAL) && self.0.join(name).join("manifest.json").is_file()
        });
        names.sort();
        Ok(names)
    }

    fn entries(&self) -> anyhow::Result<Vec<String>> {
        let listed = || format!("cannot list {}", self.0.display());
        let entries = match std::fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).with_context(listed),
        };
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect::<std::io::Result<_>>().with_context(listed)
    }

    /// A backup by its name, or the newest.
    pub(crate) fn find(&self, name: Option<&str>) -> anyhow::Result<StoredBackup> {
        let names = self.names()?;
        let found = match name {
            Some(name) => names.into_iter().find(|known| known == name),
            None => names.into_iter().next_back(),
        };
        let Some(found) = found else {
            bail!(
                "there is no {} in {}; make one with: leaderboard backup make",
                name.map_or_else(|| "backup".to_owned(), |name| format!("backup {name}")),
                self.0.display()
            );
        };
        let directory = self.0.join(&found);
        Ok(StoredBackup {
            manifest: Manifest::read(&directory)?,
            name: found,
            directory,
        })
    }

    /// Deletes all whole backups but the newest, and what was begun long ago and
    /// never became one. Returns the names of backups that were deleted.
    pub(super) fn keep(&self, newest: usize) -> anyhow::Result<Vec<String>> {
        let names = self.names()?;
        let old = names.len().saturating_sub(newest);
        let deleted: Vec<String> = names.into_iter().take(old).collect();
        for name in &deleted {
            remove(&self.0.join(name))?;
        }
        for name in self.entries()? {
            let path = self.0.join(&name);
            let age = path.metadata().and_then(|found| found.modified());
            let age = age.ok().and_then(|since| since.elapsed().ok());
            if name.ends_with(PARTIAL) && age.is_some_and(|age| age > ABANDONED) {
                remove(&path)?;
            }
        }
        Ok(deleted)
    }
}

fn remove(directory: &Path) -> anyhow::Result<()> {
    std::fs::remove_dir_all(directory)
        .with_context(|| format!("cannot delete {}", directory.display()))
}

impl Partial {
    pub(super) fn directory(&self) -> PathBuf {
        self.shelf.join(format!("{}{PARTIAL}", self.name))
    }

    /// A file that was written by another program.
    pub(super) fn written(&self, name: &str) -> anyhow::Result<SavedFile> {
        let path = self.directory().join(name);
        File::open(&path)
            .and_then(|file| file.sync_all())
            .with_context(|| format!("cannot keep {}", path.display()))?;
        let (bytes, sha256) = digest(&path)?;
        Ok(SavedFile {
            name: name.to_owned(),
            bytes,
            sha256,
        })
    }

    /// Writes the manifest down and makes a backup of it, on the disk for good.
    pub(super) fn finish(self, manifest: Manifest) -> anyhow::Result<StoredBackup> {
        let partial = self.directory();
        let directory = self.shelf.join(&self.name);
        let written = || format!("cannot finish {}", directory.display());
        let mut file = File::create(partial.join("manifest.json")).with_context(written)?;
        file.write_all(&serde_json::to_vec_pretty(&manifest)?)
            .and_then(|()| file.sync_all())
            .and_then(|()| File::open(&partial)?.sync_all())
            .and_then(|()| std::fs::rename(&partial, &directory))
            .and_then(|()| File::open(&self.shelf)?.sync_all())
            .with_context(written)?;
        Ok(StoredBackup {
            name: self.name,
            directory,
            manifest,
        })
    }
}

/// The length of a file, and its SHA-256.
pub(super) fn digest(path: &Path) -> anyhow::Result<(u64, String)> {
    let read = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(read)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 256 * 1_024];
    loop {
        let count = file.read(&mut buffer).with_context(read)?;
        if count == 0 {
            break;
        }
        hash.update(buffer.get(..count).unwrap_or_default());
        bytes += count as u64;
    }
    let sha256 = hash.finalize();
    Ok((
        bytes,
        sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
    ))
}
