//! The log of a backup: every stream in a file of its own.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, ensure};
use event_log::{EventLog, LogStream};

use super::files::Partial;
use super::manifest::{Manifest, SavedStream};

/// Bytes that are handed back at once.
const PIECE: usize = 128 * 1_024;

/// Saves every stream.
pub(super) async fn save(log: &EventLog, partial: &Partial) -> anyhow::Result<Vec<SavedStream>> {
    let mut saved = Vec::new();
    for stream in LogStream::ALL {
        let name = format!("{}.stream", stream.name());
        let path = partial.directory().join(&name);
        let mut file =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let copy = log
            .copy_stream(stream, |piece| file.write_all(piece))
            .await?;
        drop(file);
        saved.push(SavedStream {
            stream: stream.name().to_owned(),
            file: partial.written(&name)?,
            copy,
        });
    }
    Ok(saved)
}

/// Refuses a log that holds anything.
pub(super) async fn ensure_empty(log: &EventLog) -> anyhow::Result<()> {
    for stream in LogStream::ALL {
        let messages = log.messages_of(stream).await?.unwrap_or_default();
        ensure!(
            messages == 0,
            "the log is not empty: {} holds {messages} messages; restore to a new one",
            stream.name()
        );
    }
    Ok(())
}

/// Puts every stream back to a log that holds nothing. A stream that was
/// declared and is empty gives way.
pub(super) async fn restore(
    log: &EventLog,
    directory: &Path,
    manifest: &Manifest,
) -> anyhow::Result<()> {
    for saved in &manifest.streams {
        let stream = LogStream::ALL
            .into_iter()
            .find(|stream| stream.name() == saved.stream);
        let stream = stream.with_context(|| format!("this version knows no {}", saved.stream))?;
        if log.messages_of(stream).await?.is_some() {
            log.remove_stream(stream).await?;
        }
        let path = directory.join(&saved.file.name);
        let mut file =
            File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
        log.restore_stream(stream, &saved.copy, || next_piece(&mut file))
            .await?;
        let last = log.last_sequence(stream).await?;
        ensure!(
            last == saved.copy.last_sequence(),
            "{} ends at {last} after it was restored, and ended at {}",
            saved.stream,
            saved.copy.last_sequence()
        );
    }
    Ok(())
}

fn next_piece(file: &mut File) -> std::io::Result<Option<Vec<u8>>> {
    let mut piece = Vec::with_capacity(PIECE);
    file.take(PIECE as u64).read_to_end(&mut piece)?;
    Ok(Some(piece).filter(|piece| !piece.is_empty()))
}
