//! Showing a person, or a program, how far the job is.

mod bar;
mod json_lines;
mod meter;

use std::io::IsTerminal;

use indicatif::ProgressDrawTarget;

pub use bar::Bar;
pub use json_lines::JsonLines;

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::UnitReport;

/// How far a unit is.
#[derive(Clone, Copy, Debug)]
pub struct Advance<'a> {
    /// The unit.
    pub unit: &'a str,
    /// Compressed bytes read of it.
    pub read: u64,
    /// Events read in it.
    pub events: u64,
    /// Contributions among them.
    pub contributions: u64,
}

/// Is told how far the job is.
pub trait Progress: Send + Sync {
    /// The job begins and has so many units.
    fn job_started(&self, units: usize);
    /// A unit is open and has so many compressed bytes, where that is known.
    fn unit_started(&self, unit: &str, length: Option<u64>);
    /// A unit was read further.
    fn advanced(&self, advance: &Advance<'_>);
    /// A unit is done with.
    fn unit_finished(&self, report: &UnitReport);
    /// The job is done with.
    fn job_finished(&self);
}

/// A bar on a terminal, lines of JSON anywhere else; both on standard error.
#[must_use]
pub fn progress_on_stderr() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() {
        Box::new(Bar::new(ProgressDrawTarget::stderr()))
    } else {
        Box::new(JsonLines::new(std::io::stderr()))
    }
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn job_started(&self, _: usize) {}
    fn unit_started(&self, _: &str, _: Option<u64>) {}
    fn advanced(&self, _: &Advance<'_>) {}
    fn unit_finished(&self, _: &UnitReport) {}
    fn job_finished(&self) {}
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
