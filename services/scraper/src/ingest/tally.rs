//! Counting what is read, for the coverage of a unit.

use std::collections::BTreeMap;

use chrono::DateTime;
use events::HourCount;

use translation::Translation;

/// Seconds of an hour.
const HOUR: i64 = 3_600;

/// How much was in what was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Events of any type.
    pub events: u64,
    /// Contributions among them.
    pub contributions: u64,
    /// Lines, or parts of the file, that could not be read.
    pub damaged: u64,
    /// Lines that were read after characters in them had been replaced.
    pub repaired: u64,
    /// Events by type.
    pub types: BTreeMap<String, u64>,
    /// Events and contributions by hour, as seconds of the Unix epoch.
    hours: BTreeMap<i64, (u64, u64)>,
}

impl Tally {
    pub(crate) fn count(&mut self, translation: &Translation) {
        let contributions = translation.contributions as u64;
        self.events += 1;
        self.contributions += contributions;
        match self.types.get_mut(&translation.event_type) {
            Some(count) => *count += 1,
            None => _ = self.types.insert(translation.event_type.clone(), 1),
        }
        if let Some(instant) = translation.occurred_at {
            let hour = instant.timestamp().div_euclid(HOUR) * HOUR;
            self.count_hour(hour, (1, contributions));
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.events += other.events;
        self.contributions += other.contributions;
        self.damaged += other.damaged;
        self.repaired += other.repaired;
        for (event_type, count) in other.types {
            *self.types.entry(event_type).or_default() += count;
        }
        for (hour, counts) in other.hours {
            self.count_hour(hour, counts);
        }
    }

    fn count_hour(&mut self, hour: i64, (events, contributions): (u64, u64)) {
        let counts = self.hours.entry(hour).or_default();
        counts.0 += events;
        counts.1 += contributions;
    }

    /// The counts by hour, in order.
    #[must_use]
    pub fn hours(&self) -> Vec<HourCount> {
        let hours = self.hours.iter();
        hours
            .filter_map(|(hour, (events, contributions))| {
                Some(HourCount {
                    hour: DateTime::from_timestamp(*hour, 0)?,
                    events: *events,
                    contributions: *contributions,
                })
            })
            .collect()
    }
}
