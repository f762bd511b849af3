//! What was read, as the log tells.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::Source;
use domain::coverage::{Hole, Readings, UnitScope};
use event_log::{LogError, LogStream, Recorded};
use events::{Event, Subject};

use super::{RepairRequest, RepairServices};
use crate::sources::archive::Location;

/// Everything that was read of archives, and of the repositories that are to be
/// repaired.
#[derive(Default)]
pub(super) struct Picture {
    pub(super) readings: Readings,
    /// Where the file of an hour was read to its end: reading it there again
    /// would show the same.
    read_at: BTreeMap<DateTime<Utc>, BTreeSet<String>>,
}

impl Picture {
    pub(super) async fn of(
        services: &RepairServices,
        request: &RepairRequest,
    ) -> Result<Self, LogError> {
        let mut picture = Self::default();
        let mut filters = vec![Subject::of_archive_coverage()];
        for repository in &request.repositories {
            let names = std::iter::once(&repository.wanted.name).chain(&repository.former_names);
            for name in names {
                filters.push(Subject::of_all_coverage(Source::Api, name));
                filters.push(Subject::of_all_coverage(Source::Bigquery, name));
            }
        }
        let log = &services.ingest.log;
        for filter in filters {
            let take = |recorded| picture.take(recorded);
            let reading = log.read_each(LogStream::Coverage, filter.as_str(), 0, take);
            reading.await?;
        }
        Ok(picture)
    }

    fn take(&mut self, recorded: Recorded) {
        let Event::CoverageObserved(observed) = recorded.envelope.event else {
            return;
        };
        let scope = UnitScope::of(observed.source, &observed.unit);
        if let (UnitScope::File(hour), true) = (scope, observed.whole) {
            let places = self.read_at.entry(hour).or_default();
            places.insert(observed.location.clone());
        }
        self.readings.take(observed.unit_read());
    }

    /// The places that an hour's file was not read to its end at, in order of
    /// preference.
    pub(super) fn unread_places(
        &self,
        hour: DateTime<Utc>,
        services: &RepairServices,
    ) -> Vec<Location> {
        let nowhere = BTreeSet::new();
        let read_at = self.read_at.get(&hour).unwrap_or(&nowhere);
        let mut places = services.archives.unit(hour).locations;
        places.retain(|place| !read_at.contains(&place.to_string()));
        places
    }

    /// The hours of holes whose files were read to their ends wherever there
    /// are some.
    pub(super) fn exhausted(
        &self,
        holes: &[Hole],
        services: &RepairServices,
    ) -> BTreeSet<DateTime<Utc>> {
        let of_archives = holes.iter().filter(|hole| hole.source == Source::Archive);
        let hours = of_archives.flat_map(|hole| {
            let hours: Vec<DateTime<Utc>> = hole
                .hours()
                .flat_map(|hour| self.readings.files_of(hour))
                .collect();
            hours
        });
        hours
            .filter(|hour| self.unread_places(*hour, services).is_empty())
            .collect()
    }
}
