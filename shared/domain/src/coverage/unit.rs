//! Units: what was read at a time, and what that tells of.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::extent::{Extent, Loss};
use super::hours::hour_after;
use super::{CoverageVerdict, judge_coverage};
use crate::Source;

/// What the name of a unit says it is about. Repositories are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitScope {
    /// An archive's file, named after an hour.
    File(DateTime<Utc>),
    /// An archive's file of any other name: nobody knows what it should hold.
    Loose,
    /// A day of a repository.
    Day {
        /// The repository.
        repository: String,
        /// The UTC day.
        day: NaiveDate,
    },
    /// Events of a repository's feed.
    Feed {
        /// The repository.
        repository: String,
        /// The oldest event that was in it.
        first: DateTime<Utc>,
    },
    /// A span that was lost between two readings of a repository's feed.
    Lost {
        /// The repository.
        repository: String,
        /// The last event before it.
        from: DateTime<Utc>,
        /// The first event after it.
        until: DateTime<Utc>,
    },
    /// Issues and pull requests of a repository that were updated since.
    Swept {
        /// The repository.
        repository: String,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// Something that tells nothing of hours.
    Other,
}

/// Endings of files that are named after an hour.
const ENDINGS: [&str; 4] = [".json.gz", ".ndjson.gz", ".json", ".ndjson"];

impl UnitScope {
    /// Reads the name of a unit.
    #[must_use]
    pub fn of(source: Source, unit: &str) -> Self {
        match source {
            Source::Archive => file_hour(unit).map_or(Self::Loose, Self::File),
            Source::Bigquery | Source::Api => of_repository(unit).unwrap_or(Self::Other),
            Source::Webhook => Self::Other,
        }
    }
}

/// The hour of `2016-01-01-15.json.gz`; the hour is not padded.
fn file_hour(unit: &str) -> Option<DateTime<Utc>> {
    let stem = ENDINGS
        .iter()
        .find_map(|ending| unit.strip_suffix(ending))?;
    let (day, hour) = stem.rsplit_once('-')?;
    let day: NaiveDate = day.parse().ok()?;
    let hour: u32 = (hour.len() <= 2).then(|| hour.parse().ok()).flatten()?;
    Some(day.and_time(NaiveTime::from_hms_opt(hour, 0, 0)?).and_utc())
}

/// `owner/name kind range`.
fn of_repository(unit: &str) -> Option<UnitScope> {
    let mut parts = unit.splitn(3, ' ');
    let repository = parts.next()?.to_ascii_lowercase();
    let (kind, range) = (parts.next()?, parts.next()?);
    let ends = || {
        let (from, until) = range.split_once("..")?;
        let instant = |text: &str| text.parse::<DateTime<Utc>>().ok();
        Some((instant(from)?, instant(until)?))
    };
    Some(match kind {
        "day" => UnitScope::Day {
            repository,
            day: range.parse().ok()?,
        },
        "events" => UnitScope::Feed {
            repository,
            first: ends()?.0,
        },
        "gap" => UnitScope::Lost {
            repository,
            from: ends()?.0,
            until: ends()?.1,
        },
        "issues" => UnitScope::Swept {
            repository,
            since: ends()?.0,
        },
        _ => UnitScope::Other,
    })
}

/// Where the events of an archive's file lie: in which hour most of them
/// happened, and how many hours before that others did. A file holds what was
/// seen in an hour, which is later than it happened; the names of the files of
/// 2012 to 2014 are Pacific time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSpread {
    /// The hour that most events happened in.
    pub main: DateTime<Utc>,
    /// How many hours before it a hundredth of the events or more happened in.
    pub lag: u8,
}

/// Hours before the main one that are looked at: events are shown up to six
/// hours after they happened ("REST API endpoints for events", read in
/// November 2026).
const LONGEST_LAG: u8 = 6;

impl FileSpread {
    /// The spread of events by hour; `None` of no events.
    pub fn of(hours: impl IntoIterator<Item = (DateTime<Utc>, u64)>) -> Option<Self> {
        let hours: Vec<_> = hours.into_iter().filter(|(_, count)| *count > 0).collect();
        let all: u64 = hours.iter().map(|(_, count)| count).sum();
        let most = |(hour, count): &&(DateTime<Utc>, u64)| (*count, Reverse(*hour));
        let main = hours.iter().max_by_key(most)?.0;
        let weighs = |lag: &u8| {
            let hour = hour_after(main, -i64::from(*lag));
            let count = hours.iter().find(|(found, _)| *found == hour);
            count.is_some_and(|(_, count)| count.saturating_mul(100) >= all)
        };
        let lag = (1..=LONGEST_LAG).rev().find(weighs).unwrap_or(0);
        Some(Self { main, lag })
    }
}

/// How good a reading is: its verdict, and the events it found.
pub(super) type Worth = (Reverse<CoverageVerdict>, u64);

/// What was read of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitRead {
    /// The source.
    pub source: Source,
    /// The unit's name.
    pub unit: String,
    /// When reading ended.
    pub observed_at: DateTime<Utc>,
    /// Events read.
    pub events: u64,
    /// Lines that could not be read.
    pub damaged: u64,
    /// Events that a manifest promises.
    pub expected: Option<u64>,
    /// Whether the end was reached.
    pub whole: bool,
    /// Where the events of an archive's file lie.
    pub spread: Option<FileSpread>,
    /// The hours that events were of, of a file that is named after none.
    pub hours: Vec<DateTime<Utc>>,
}

impl UnitRead {
    /// The verdict on the unit by itself.
    #[must_use]
    pub fn verdict(&self) -> CoverageVerdict {
        judge_coverage(self.events, self.expected, self.damaged, self.whole)
    }

    /// Whether this is to be remembered in place of what was read of the same
    /// unit before: what was read better is not less known because of a worse
    /// reading later, such as one that was cut short, or of an archive that has
    /// less of the hour.
    #[must_use]
    pub fn replaces(&self, before: &Self) -> bool {
        self.worth() >= before.worth()
    }

    pub(super) fn worth(&self) -> Worth {
        (Reverse(self.verdict()), self.events)
    }

    /// How far the unit was read.
    #[must_use]
    pub fn extent(&self) -> Extent {
        if self.verdict() == CoverageVerdict::Missing {
            return Extent::Unread;
        }
        let short = self.expected.is_some_and(|expected| self.events < expected);
        let losses = [
            (!self.whole && self.damaged > 0, Loss::CutShort),
            (self.whole && self.damaged > 0, Loss::Damaged),
            (
                short || (!self.whole && self.damaged == 0),
                Loss::OffManifest,
            ),
        ];
        let losses = losses.into_iter().filter(|(holds, _)| *holds);
        let losses: BTreeSet<Loss> = losses.map(|(_, loss)| loss).collect();
        match self.expected {
            _ if !losses.is_empty() => Extent::Part(losses),
            Some(_) => Extent::Verified,
            None => Extent::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn names_tell_what_units_are_about() {
        let file = |name| UnitScope::of(Source::Archive, name);
        assert_eq!(
            file("2016-01-01-5.json.gz"),
            UnitScope::File(at("2016-01-01T05:00:00Z"))
        );
        for loose in [
            "2016-01-01-25.json.gz",
            "2026-06-01-15.head2500.json.gz",
            "2017-07-24_25-kubernetes.ndjson.gz",
            "2016-01-01.json.gz",
            "2016-01-01-5.manifest.json",
        ] {
            assert_eq!(file(loose), UnitScope::Loose, "{loose}");
        }
        let repository = "octo/cat".to_owned();
        assert_eq!(
            UnitScope::of(Source::Bigquery, "Octo/cat day 2016-01-01"),
            UnitScope::Day {
                repository: repository.clone(),
                day: "2016-01-01".parse().unwrap()
            }
        );
        let range = "2026-06-01T15:00:00Z..2026-06-01T16:00:00Z";
        assert_eq!(
            UnitScope::of(Source::Api, &format!("octo/cat gap {range}")),
            UnitScope::Lost {
                repository,
                from: at("2026-06-01T15:00:00Z"),
                until: at("2026-06-01T16:00:00Z"),
            }
        );
        for other in ["octo/cat enriched 0..17", "octo/cat stars 2016-01-01", "x"] {
            assert_eq!(
                UnitScope::of(Source::Api, other),
                UnitScope::Other,
                "{other}"
            );
        }
    }

    #[test]
    fn files_tell_how_late_they_are() {
        let hour = |hour: u32| at(&format!("2026-09-17T{hour:02}:00:00Z"));
        // An hour of the mirror: 256, 187 and 61 thousand events.
        let late = [(hour(15), 256), (hour(14), 187), (hour(13), 61)];
        let spread = FileSpread::of(late).unwrap();
        assert_eq!((spread.main, spread.lag), (hour(15), 2));
        // Broken clocks say nothing.
        let strays = [(hour(15), 1_000), (hour(14), 9), (hour(2), 400)];
        let spread = FileSpread::of(strays).unwrap();
        assert_eq!((spread.main, spread.lag), (hour(15), 0));
        assert_eq!(FileSpread::of([]), None);
    }

    fn unit(events: u64, expected: Option<u64>, damaged: u64, whole: bool) -> UnitRead {
        UnitRead {
            source: Source::Archive,
            unit: "2016-01-01-5.json.gz".into(),
            observed_at: at("2016-01-02T00:00:00Z"),
            events,
            damaged,
            expected,
            whole,
            spread: None,
            hours: Vec::new(),
        }
    }

    #[test]
    fn what_was_lost_is_named() {
        let part = |losses: &[Loss]| Extent::Part(losses.iter().copied().collect());
        assert_eq!(unit(9, Some(9), 0, true).extent(), Extent::Verified);
        assert_eq!(unit(9, None, 0, true).extent(), Extent::Whole);
        assert_eq!(unit(9, None, 2, true).extent(), part(&[Loss::Damaged]));
        assert_eq!(unit(9, None, 1, false).extent(), part(&[Loss::CutShort]));
        assert_eq!(
            unit(8, Some(9), 0, false).extent(),
            part(&[Loss::OffManifest])
        );
        assert_eq!(unit(0, Some(9), 0, false).extent(), Extent::Unread);
        assert_eq!(unit(0, None, 1, false).extent(), Extent::Unread);
    }

    #[test]
    fn the_better_reading_is_remembered() {
        let (whole, cut) = (unit(9, None, 0, true), unit(7, None, 1, false));
        assert!(whole.replaces(&cut) && !cut.replaces(&whole));
        assert!(whole.replaces(&whole));
        assert!(!unit(8, None, 0, true).replaces(&whole));
        assert!(unit(9, Some(9), 0, true).replaces(&whole));
    }
}
