//! The scraping jobs, done by a real worker from a real queue, each on the
//! stand-ins of the sources it reads: what they find is on the log, what they
//! cannot have they name and find the next time, and nothing is read, asked
//! for or paid for twice.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod answer_dispute;
mod read_archive;
mod read_bigquery;
mod refresh_stale;
mod repair_coverage;
mod world;
