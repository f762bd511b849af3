//! How many hours of a span are how complete.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::hours::{hour_after, hour_of, hours_between};
use super::{CoverageVerdict, Extent, Readings};
use crate::Source;

/// Hours by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HourCounts {
    /// Read to the end, and all that was promised.
    pub complete: i64,
    /// Read to the end, but nobody promised how much there is.
    pub unknown: i64,
    /// Read in part.
    pub partial: i64,
    /// Not read.
    pub missing: i64,
}

impl HourCounts {
    /// All hours.
    #[must_use]
    pub fn all(&self) -> i64 {
        self.complete + self.unknown + self.partial + self.missing
    }

    /// The verdict on all hours together: the worst, but missing only if
    /// nothing was read at all.
    #[must_use]
    pub fn verdict(&self) -> CoverageVerdict {
        match self {
            _ if self.missing == self.all() => CoverageVerdict::Missing,
            _ if self.partial + self.missing > 0 => CoverageVerdict::Partial,
            _ if self.unknown > 0 => CoverageVerdict::Unknown,
            _ => CoverageVerdict::Complete,
        }
    }

    fn add(&mut self, verdict: CoverageVerdict, count: i64) {
        *match verdict {
            CoverageVerdict::Complete => &mut self.complete,
            CoverageVerdict::Unknown => &mut self.unknown,
            CoverageVerdict::Partial => &mut self.partial,
            CoverageVerdict::Missing => &mut self.missing,
        } += count;
    }

    fn minus(self, other: Self) -> Self {
        Self {
            complete: self.complete - other.complete,
            unknown: self.unknown - other.unknown,
            partial: self.partial - other.partial,
            missing: self.missing - other.missing,
        }
    }
}

/// The verdict on an hour of which a source was read so far; nothing is
/// compared with what other sources saw.
fn verdict_of(extent: &Extent) -> CoverageVerdict {
    match extent {
        Extent::Verified => CoverageVerdict::Complete,
        Extent::Whole => CoverageVerdict::Unknown,
        Extent::Part(_) => CoverageVerdict::Partial,
        Extent::Unread => CoverageVerdict::Missing,
    }
}

/// The archives' hours, counted up so that any span is a subtraction.
#[derive(Clone, Debug, Default)]
pub struct ArchiveHours {
    first: DateTime<Utc>,
    /// Counts of all hours before each.
    before: Vec<HourCounts>,
}

impl ArchiveHours {
    /// Counts the hours that archives were read of.
    #[must_use]
    pub fn of(readings: &Readings) -> Self {
        let Some((first, end)) = readings.bounds_of_archives() else {
            return Self::default();
        };
        let mut before = vec![HourCounts::default()];
        for hour in hours_between(first, end) {
            let mut counts = before.last().copied().unwrap_or_default();
            counts.add(verdict_of(&readings.of_archives(hour)), 1);
            before.push(counts);
        }
        Self { first, before }
    }

    fn up_to(&self, hour: DateTime<Utc>) -> HourCounts {
        let hours = (hour - self.first).num_hours().max(0);
        let last = self.before.len().saturating_sub(1);
        let place = usize::try_from(hours).map_or(last, |place| place.min(last));
        self.before.get(place).copied().unwrap_or_default()
    }

    fn between(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> HourCounts {
        let mut counts = self.up_to(until).minus(self.up_to(from));
        counts.missing += (until - from).num_hours() - counts.all();
        counts
    }
}

/// Whose hours are counted.
#[derive(Clone, Copy, Debug)]
pub enum CoverageScope<'a> {
    /// All repositories there are.
    Everything,
    /// Some repositories, each by the names it has borne, in lower case.
    Repositories(&'a [Vec<String>]),
}

impl Readings {
    /// Counts the hours of a span by how far they were read: by archives, and
    /// where these lack something by the sources that are asked for single
    /// repositories. An hour that only some of the repositories were read of is
    /// partial.
    #[must_use]
    pub fn count_hours(
        &self,
        archives: &ArchiveHours,
        scope: CoverageScope<'_>,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> HourCounts {
        let from = hour_of(from);
        let until = hour_after(hour_of(until), i64::from(hour_of(until) < until));
        if until <= from {
            return HourCounts::default();
        }
        let mut counts = archives.between(from, until);
        for hour in self.hours_read_besides(scope, from, until) {
            let by_archives = verdict_of(&self.of_archives(hour));
            counts.add(by_archives, -1);
            counts.add(by_archives.min(self.verdict_besides(scope, hour)), 1);
        }
        counts
    }

    /// The hours of which other sources than archives were read.
    fn hours_read_besides(
        &self,
        scope: CoverageScope<'_>,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> BTreeSet<DateTime<Utc>> {
        let spans: Vec<_> = match scope {
            CoverageScope::Everything => self.spans_somewhere().collect(),
            CoverageScope::Repositories(repositories) => {
                let names = repositories.iter().flatten();
                let read = names.filter_map(|name| self.of_repository(name));
                read.flat_map(|read| read.spans()).collect()
            }
        };
        let spans = spans.into_iter();
        let within = spans.map(|(first, end)| (first.max(from), end.min(until)));
        within
            .filter(|(first, end)| first < end)
            .flat_map(|(first, end)| hours_between(first, end))
            .collect()
    }

    /// The verdict on an hour by those sources.
    fn verdict_besides(&self, scope: CoverageScope<'_>, hour: DateTime<Utc>) -> CoverageVerdict {
        let CoverageScope::Repositories(repositories) = scope else {
            return CoverageVerdict::Partial;
        };
        let best = |names: &Vec<String>| {
            let of = |source| verdict_of(&self.of_source(source, names, hour));
            of(Source::Bigquery).min(of(Source::Api))
        };
        let verdicts: BTreeSet<CoverageVerdict> = repositories.iter().map(best).collect();
        match verdicts.last() {
            Some(CoverageVerdict::Missing) if verdicts.len() > 1 => CoverageVerdict::Partial,
            worst => worst.copied().unwrap_or(CoverageVerdict::Missing),
        }
    }

    /// The sources that were read of a span and a scope.
    #[must_use]
    pub fn sources_read(
        &self,
        scope: CoverageScope<'_>,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Vec<Source> {
        let names: Vec<&str> = match scope {
            CoverageScope::Everything => self.repositories().collect(),
            CoverageScope::Repositories(all) => all.iter().flatten().map(String::as_str).collect(),
        };
        let read = || names.iter().filter_map(|name| self.of_repository(name));
        let sources = [
            (Source::Archive, self.archives_touch(from, until)),
            (
                Source::Api,
                read().any(|read| read.feed_touches(from, until)),
            ),
            (
                Source::Bigquery,
                read().any(|read| read.days_touch(from, until)),
            ),
        ];
        let read = sources.into_iter().filter(|(_, is_read)| *is_read);
        read.map(|(source, _)| source).collect()
    }
}
