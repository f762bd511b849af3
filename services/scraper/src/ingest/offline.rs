//! Decoding files into memory, with no log: what the ingest job does between
//! opening a file and publishing, for benches and tests.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

use super::decode::Decoded;
use crate::sources::archive::{LineReader, Piece, ReadError, ReadSummary};

/// A file in memory.
#[derive(Debug)]
pub struct DecodedFile {
    /// What it holds.
    pub decoded: Decoded,
    /// What is known of the file itself.
    pub summary: ReadSummary,
}

/// Decodes one file, on as many threads as are given besides the one that
/// inflates it; with one thread, all on the caller's.
///
/// # Errors
/// [`ReadError`] when it cannot be read at all.
pub fn decode_file(path: &Path, threads: usize) -> Result<DecodedFile, ReadError> {
    let unit = path.file_name().unwrap_or_default().to_string_lossy();
    let longest_line = super::IngestOptions::default().longest_line;
    let mut reader = LineReader::open(File::open(path)?, longest_line)?;
    let decoded = if threads <= 1 {
        let mut decoded = Decoded::default();
        for piece in reader.by_ref() {
            decoded.add(&unit, &piece);
        }
        decoded
    } else {
        decode_on_threads(&unit, &mut reader, threads)
    };
    let summary = reader.summary();
    Ok(DecodedFile { decoded, summary })
}

fn decode_on_threads(unit: &str, reader: &mut LineReader<File>, threads: usize) -> Decoded {
    let (sender, receiver) = mpsc::sync_channel::<(usize, Piece)>(threads * 2);
    let receiver = Mutex::new(receiver);
    let decoded = Mutex::new(Vec::new());
    let receive = || {
        receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv()
    };
    let work = || {
        while let Ok((number, piece)) = receive() {
            let mut one = Decoded::default();
            one.add(unit, &piece);
            let mut decoded = decoded.lock().unwrap_or_else(PoisonError::into_inner);
            decoded.push((number, one));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
        for numbered in reader.enumerate() {
            // Fails only when all workers are gone, and then the scope panics.
            let _ = sender.send(numbered);
        }
        drop(sender);
    });
    let mut decoded = decoded.into_inner().unwrap_or_else(PoisonError::into_inner);
    decoded.sort_by_key(|(number, _)| *number);
    let mut all = Decoded::default();
    decoded.into_iter().for_each(|(_, piece)| all.absorb(piece));
    all
}

/// Decodes many files, each on one of the threads.
///
/// # Errors
/// [`ReadError`] of the first file that cannot be read at all.
pub fn decode_files(paths: &[PathBuf], threads: usize) -> Result<Vec<DecodedFile>, ReadError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut files = Vec::new();
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            files.push(decode_file(path, 1)?);
        }
        Ok::<_, ReadError>(files)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::with_capacity(paths.len());
        for worker in workers {
            match worker.join() {
                Ok(files) => all.extend(files?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(all)
    })
}
