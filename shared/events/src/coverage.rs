//! Coverage events: how much of a source was read.

use chrono::{DateTime, Utc};
use domain::Source;
use domain::coverage::{FileSpread, UnitRead};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many events of one hour were in a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HourCount {
    /// The UTC hour the events happened in.
    pub hour: DateTime<Utc>,
    /// Number of events of any type.
    pub events: u64,
    /// Number of contributions among them.
    pub contributions: u64,
}

/// `coverage.observed`, version 1: a unit of a source (an hourly file) was
/// read, all its contributions are acknowledged, and this is what was in it.
///
/// It is published after the last acknowledgement of the unit, so it also
/// tells where an interrupted run goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CoverageObserved {
    /// The source.
    pub source: Source,
    /// The unit: the file's name, such as `2016-01-01-15.json.gz`.
    pub unit: String,
    /// Where it was read from: a path or URL.
    pub location: String,
    /// When reading ended, in UTC.
    pub observed_at: DateTime<Utc>,
    /// Number of events read.
    pub events: u64,
    /// Number of contributions published.
    pub contributions: u64,
    /// Lines, or the unreadable rest of a file, that went to the dead letters.
    pub damaged: u64,
    /// Number of events a manifest promises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// Whether the end of the unit was reached.
    pub whole: bool,
    /// Number of compressed bytes read.
    pub bytes: u64,
    /// SHA-256 of the compressed bytes, lower-case hexadecimal.
    pub sha256: String,
    /// Events by the hour they happened in; a file holds events of other
    /// hours too.
    pub hours: Vec<HourCount>,
    /// Events by type, for kinds that give no contribution too.
    pub types: std::collections::BTreeMap<String, u64>,
}

impl CoverageObserved {
    /// What was read, as far as its completeness goes.
    #[must_use]
    pub fn unit_read(&self) -> UnitRead {
        let hours = || self.hours.iter().map(|hour| (hour.hour, hour.events));
        UnitRead {
            source: self.source,
            unit: self.unit.clone(),
            observed_at: self.observed_at,
            events: self.events,
            damaged: self.damaged,
            expected: self.expected,
            whole: self.whole,
            spread: FileSpread::of(hours()),
            hours: hours().map(|(hour, _)| hour).collect(),
        }
    }
}
