//! Hours of GitHub events made up from a seed, in GH Archive's own format:
//! for demonstrations without a network, for tests and for benches.
//!
//! The same seed makes the same people and repositories in every hour, and
//! the same hour byte for byte. All names are invented. The shape is that of
//! the Events API from 2015 to October 2025.

mod event;
mod hour;
mod issues;
mod kinds;
mod objects;
mod pull_requests;
mod pushes;
mod simple;
mod vocabulary;
mod world;

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;

use hour::Hour;

/// Writes an hour as lines of JSON.
///
/// # Errors
/// What the output fails with.
pub fn write_hour(
    output: &mut impl Write,
    seed: u64,
    hour: DateTime<Utc>,
    events: usize,
) -> io::Result<()> {
    let mut hour = Hour::new(seed, hour, events);
    for _ in 0..events {
        serde_json::to_writer(&mut *output, &hour.next_event())?;
        output.write_all(b"\n")?;
    }
    Ok(())
}

/// An hour as lines of JSON.
///
/// # Errors
/// None that writing to memory can have.
pub fn generate_hour(seed: u64, hour: DateTime<Utc>, events: usize) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    write_hour(&mut lines, seed, hour, events)?;
    Ok(lines)
}

/// An hour as an archive has it: compressed.
///
/// # Errors
/// None that writing to memory can have.
pub fn generate_hour_gzip(seed: u64, hour: DateTime<Utc>, events: usize) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    write_hour(&mut encoder, seed, hour, events)?;
    encoder.finish()
}
