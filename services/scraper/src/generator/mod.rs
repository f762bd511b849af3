//! Hours of GitHub events made up from a seed, in GH Archive's own format:
//! for demonstrations without a network, for tests and for benches.
//!
//! The same seed makes the same people and repositories in every hour, and
//! the same hour byte for byte. All names are invented.

mod event;
mod hour;
mod issues;
mod kinds;
mod objects;
mod pull_requests;
mod pushes;
mod shape;
mod simple;
mod vocabulary;
mod world;

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;

use hour::Hour;
pub use shape::Shape;
pub use world::Size;

/// What is made up.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Decides everything that is drawn.
    pub seed: u64,
    /// How many people and repositories there are.
    pub size: Size,
    /// How events look.
    pub shape: Shape,
    /// How many times longer than usual all texts are: what is read quickly
    /// in a demonstration is a fraction of what people write.
    pub length: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 1,
            size: Size::default(),
            shape: Shape::default(),
            length: 1,
        }
    }
}

/// Writes an hour as lines of JSON.
///
/// # Errors
/// What the output fails with.
pub fn write_hour(
    output: &mut impl Write,
    settings: &Settings,
    hour: DateTime<Utc>,
    events: usize,
) -> io::Result<()> {
    let mut hour = Hour::new(settings, hour, events);
    for _ in 0..events {
        serde_json::to_writer(&mut *output, &hour.next_event())?;
        output.write_all(b"\n")?;
    }
    Ok(())
}

/// An hour of the default world as lines of JSON.
///
/// # Errors
/// None that writing to memory can have.
pub fn generate_hour(seed: u64, hour: DateTime<Utc>, events: usize) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    let settings = Settings {
        seed,
        ..Settings::default()
    };
    write_hour(&mut lines, &settings, hour, events)?;
    Ok(lines)
}

/// An hour as an archive has it: compressed.
///
/// # Errors
/// What the output fails with.
pub fn write_hour_gzip(
    output: impl Write,
    settings: &Settings,
    hour: DateTime<Utc>,
    events: usize,
) -> io::Result<()> {
    let mut encoder = GzEncoder::new(output, Compression::fast());
    write_hour(&mut encoder, settings, hour, events)?;
    encoder.finish()?.flush()
}

/// An hour of the default world, compressed.
///
/// # Errors
/// None that writing to memory can have.
pub fn generate_hour_gzip(seed: u64, hour: DateTime<Utc>, events: usize) -> io::Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let settings = Settings {
        seed,
        ..Settings::default()
    };
    write_hour_gzip(&mut compressed, &settings, hour, events)?;
    Ok(compressed)
}
