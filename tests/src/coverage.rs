//! Coverage events for tests.

use chrono::{DateTime, Utc};
use domain::Source;
use events::CoverageObserved;

/// A file that was read whole and held nothing.
#[must_use]
pub fn coverage_of(unit: &str, observed_at: DateTime<Utc>) -> CoverageObserved {
    CoverageObserved {
        source: Source::Archive,
        unit: unit.to_owned(),
        location: unit.to_owned(),
        observed_at,
        events: 0,
        contributions: 0,
        damaged: 0,
        expected: None,
        whole: true,
        bytes: 0,
        sha256: String::new(),
        hours: Vec::new(),
        types: std::collections::BTreeMap::new(),
    }
}
