//! All that was read, by hour.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::extent::Extent;
use super::hours::{hour_after, hour_of};
use super::repository::{RepositoryRead, Span, Spans};
use super::unit::{FileSpread, UnitRead, UnitScope, Worth};
use crate::Source;

/// Files on either side of an hour that tell how late files are there.
const NEIGHBOURS: usize = 12;

/// GitHub opened in 2008: what happened before, or is still to come, happened by
/// a broken clock.
const GITHUB_SINCE: DateTime<Utc> = match DateTime::from_timestamp(1_199_145_600, 0) {
    Some(instant) => instant,
    None => DateTime::UNIX_EPOCH,
};

/// An archive's file, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FileRead {
    extent: Extent,
    spread: FileSpread,
    worth: Worth,
}

/// The later files that may hold events of an hour.
const LATER: u8 = 6;

/// All that was read of all sources. Units can be added as they come; of a
/// unit that was read several times the best reading counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readings {
    /// Files by the hour they are named after.
    files: BTreeMap<DateTime<Utc>, FileRead>,
    /// The same, by the hour that most of their events are of.
    by_main_hour: BTreeMap<DateTime<Utc>, BTreeSet<DateTime<Utc>>>,
    /// Hours that files named after none held events of.
    loose: BTreeMap<DateTime<Utc>, Extent>,
    repositories: BTreeMap<String, RepositoryRead>,
    /// Spans of which something was read of some repository.
    somewhere: Spans,
    /// How often anything was learned of archives.
    learned: u64,
}

impl Readings {
    /// Adds a unit. Those of one repository are to be added in the order in
    /// which they were read.
    pub fn take(&mut self, unit: UnitRead) {
        let scope = UnitScope::of(unit.source, &unit.unit);
        match &scope {
            UnitScope::File(hour) => self.take_file(*hour, unit),
            UnitScope::Loose => {
                self.learned += 1;
                let extent = unit.extent();
                let plausible =
                    |hour: &DateTime<Utc>| *hour >= GITHUB_SINCE && *hour <= unit.observed_at;
                for hour in unit.hours.into_iter().filter(plausible) {
                    let known = self.loose.entry(hour).or_default();
                    *known = known.clone().max(extent.clone().min(Extent::Whole));
                }
            }
            UnitScope::Day { repository, .. }
            | UnitScope::Feed { repository, .. }
            | UnitScope::Lost { repository, .. }
            | UnitScope::Swept { repository, .. } => {
                let known = self.repositories.entry(repository.clone()).or_default();
                if let Some((from, until)) = known.take(&scope, &unit) {
                    self.somewhere.add(from, until);
                }
            }
            UnitScope::Other => {}
        }
    }

    fn take_file(&mut self, hour: DateTime<Utc>, unit: UnitRead) {
        self.learned += 1;
        if let Some(before) = self.files.get(&hour) {
            if unit.worth() < before.worth {
                return;
            }
            if let Some(named) = self.by_main_hour.get_mut(&before.spread.main) {
                named.remove(&hour);
            }
        }
        let nothing = FileSpread { main: hour, lag: 0 };
        let spread = unit.spread.unwrap_or(nothing);
        let named = self.by_main_hour.entry(spread.main).or_default();
        named.insert(hour);
        let file = FileRead {
            extent: unit.extent(),
            spread,
            worth: unit.worth(),
        };
        self.files.insert(hour, file);
    }

    /// How far the file that is named after an hour was read.
    #[must_use]
    pub fn of_file(&self, hour: DateTime<Utc>) -> Extent {
        let file = self.files.get(&hour);
        file.map_or(Extent::Unread, |file| file.extent.clone())
    }

    /// The first and the last hour that a file which was read is named after.
    #[must_use]
    pub fn files(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let read = || {
            let files = self.files.iter();
            files.filter(|(_, file)| file.extent != Extent::Unread)
        };
        Some((*read().next()?.0, *read().next_back()?.0))
    }

    /// The names, in lower case, of the repositories that sources which are
    /// asked for single ones were read for.
    pub fn repositories(&self) -> impl Iterator<Item = &str> {
        self.repositories.keys().map(String::as_str)
    }

    pub(super) fn of_repository(&self, name: &str) -> Option<&RepositoryRead> {
        self.repositories.get(name)
    }

    /// How far the archives were read of an hour: the file of the hour, and
    /// those after it that hold events of it.
    #[must_use]
    pub fn of_archives(&self, hour: DateTime<Utc>) -> Extent {
        let later = |lag| self.with_main_hour(hour_after(hour, i64::from(lag)));
        let own = self.with_main_hour(hour);
        let mut extent = own.unwrap_or(Extent::Unread);
        // However late files are here, nothing is lost.
        if extent == Extent::Whole
            && (1..=LATER).all(|lag| later(lag).is_some_and(|is| is.is_whole()))
        {
            return extent;
        }
        let lag = self.lag_near(hour);
        if extent == Extent::Unread {
            let is_read = |lag| later(lag).is_some_and(|extent| extent != Extent::Unread);
            if (1..=lag).any(is_read) {
                return Extent::part(super::Loss::FileUnread);
            }
            return self.loose.get(&hour).cloned().unwrap_or_default();
        }
        for lag in 1..=lag {
            extent = extent.and(later(lag).as_ref());
        }
        extent
    }

    /// The hours whose files hold events of an hour: its own, and later ones.
    pub fn files_of(&self, hour: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        let lag = i64::from(self.lag_near(hour));
        (0..=lag).map(move |later| hour_after(hour, later))
    }

    fn with_main_hour(&self, hour: DateTime<Utc>) -> Option<Extent> {
        let named = self.by_main_hour.get(&hour)?.iter();
        named.map(|name| self.of_file(*name)).max()
    }

    /// How late the files around an hour are, as most of them are.
    fn lag_near(&self, hour: DateTime<Utc>) -> u8 {
        let before = self.by_main_hour.range(..=hour).rev().take(NEIGHBOURS);
        let after = self.by_main_hour.range(hour_after(hour, 1)..);
        let near = before.chain(after.take(NEIGHBOURS));
        let near = near.flat_map(|(_, named)| named);
        let files = near.filter_map(|name| self.files.get(name));
        let mut lags: Vec<u8> = files.map(|file| file.spread.lag).collect();
        lags.sort_unstable();
        let middle = lags.len().saturating_sub(1) / 2;
        lags.get(middle).copied().unwrap_or(0)
    }

    /// How far a source was read of an hour of a repository, given by all the
    /// names it has borne, in lower case.
    #[must_use]
    pub fn of_source(&self, source: Source, names: &[String], hour: DateTime<Utc>) -> Extent {
        let read = names.iter().filter_map(|name| self.repositories.get(name));
        let extents = read.map(|read| match source {
            Source::Bigquery => read.of_day(hour),
            Source::Api => read.of_feed(hour),
            Source::Archive | Source::Webhook => Extent::Unread,
        });
        let extent = extents.max().unwrap_or_default();
        match source {
            Source::Archive => self.of_archives(hour),
            _ => extent,
        }
    }

    /// The sources that were read of an hour of a repository to the end.
    #[must_use]
    pub fn whole_at(&self, names: &[String], hour: DateTime<Utc>) -> Vec<Source> {
        let sources = [Source::Archive, Source::Api, Source::Bigquery];
        let whole = |source: &Source| self.of_source(*source, names, hour).is_whole();
        sources.into_iter().filter(whole).collect()
    }

    /// Whether the API was asked for all it may still know of an hour.
    #[must_use]
    pub fn was_asked(&self, names: &[String], hour: DateTime<Utc>) -> bool {
        let mut read = names.iter().filter_map(|name| self.repositories.get(name));
        read.any(|read| read.was_swept(hour))
    }

    /// Changes whenever something is learned of archives.
    #[must_use]
    pub fn learned_of_archives(&self) -> u64 {
        self.learned
    }

    /// The first and the last hour that archives were read of, its end.
    #[must_use]
    pub fn bounds_of_archives(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let named = |(_, named): &(&DateTime<Utc>, &BTreeSet<DateTime<Utc>>)| !named.is_empty();
        let files = || self.by_main_hour.iter().filter(named).map(|(main, _)| main);
        let first = files().next().into_iter().chain(self.loose.keys().next());
        let last = files()
            .next_back()
            .into_iter()
            .chain(self.loose.keys().next_back());
        Some((*first.min()?, hour_after(*last.max()?, 1)))
    }

    /// The first instant that anything was read of, and the end of the last:
    /// by archives, and of some repositories or (`None`) of any.
    #[must_use]
    pub fn bounds(&self, names: Option<&[String]>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let known = |name: &String| self.repositories.get(name);
        let read: Vec<_> = match names {
            Some(names) => names.iter().filter_map(known).collect(),
            None => self.repositories.values().collect(),
        };
        let spans = read.into_iter().filter_map(RepositoryRead::bounds);
        let spans = spans.chain(self.bounds_of_archives());
        spans.reduce(|(from, until), (first, end)| (from.min(first), until.max(end)))
    }

    pub(super) fn spans_somewhere(&self) -> impl Iterator<Item = Span> {
        self.somewhere.all()
    }

    pub(super) fn archives_touch(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        // A span of the future, up to now, ends before it begins.
        if until <= hour_of(from) {
            return false;
        }
        let mut files = self.by_main_hour.range(hour_of(from)..until);
        files.any(|(_, named)| !named.is_empty())
            || self.loose.range(hour_of(from)..until).next().is_some()
    }
}
