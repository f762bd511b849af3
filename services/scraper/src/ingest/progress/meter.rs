//! How far the job is over all its units, and how long it will take.

use std::collections::HashMap;
use std::time::Instant;

use super::Advance;

/// What was read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    /// Compressed bytes.
    pub(super) read: u64,
    pub(super) events: u64,
    pub(super) contributions: u64,
}

impl Sums {
    fn plus(self, other: Self) -> Self {
        Self {
            read: self.read + other.read,
            events: self.events + other.events,
            contributions: self.contributions + other.contributions,
        }
    }
}

/// How far the job is over all its units.
pub(super) struct Meter {
    pub(super) started: Instant,
    pub(super) units: u64,
    pub(super) finished: u64,
    /// Units that were opened, and their compressed bytes.
    opened: u64,
    expected: u64,
    /// Sums over the units done with.
    done: Sums,
    /// Sums of each unit being read.
    reading: HashMap<String, Sums>,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            units: 0,
            finished: 0,
            opened: 0,
            expected: 0,
            done: Sums::default(),
            reading: HashMap::new(),
        }
    }

    pub(super) fn open(&mut self, length: Option<u64>) {
        self.opened += u64::from(length.is_some());
        self.expected += length.unwrap_or(0);
    }

    pub(super) fn advance(&mut self, advance: &Advance<'_>) {
        let sums = Sums {
            read: advance.read,
            events: advance.events,
            contributions: advance.contributions,
        };
        match self.reading.get_mut(advance.unit) {
            Some(known) => *known = sums,
            None => _ = self.reading.insert(advance.unit.to_owned(), sums),
        }
    }

    pub(super) fn finish(&mut self, unit: &str) {
        self.finished += 1;
        let sums = self.reading.remove(unit).unwrap_or_default();
        self.done = self.done.plus(sums);
    }

    /// Sums over all units so far.
    pub(super) fn sums(&self) -> Sums {
        self.reading
            .values()
            .fold(self.done, |all, unit| all.plus(*unit))
    }

    /// Bytes there are, units not opened yet being as long as the others.
    pub(super) fn length(&self) -> Option<u64> {
        let average = self.expected.checked_div(self.opened)?;
        let unopened = self.units.saturating_sub(self.finished.max(self.opened));
        Some(self.expected + average * unopened)
    }

    /// Seconds left at the rate so far.
    pub(super) fn seconds_left(&self, elapsed: f64) -> Option<f64> {
        let read = self.sums().read;
        let left = self.length()?.saturating_sub(read);
        (read > 0).then(|| elapsed * left as f64 / read as f64)
    }
}
