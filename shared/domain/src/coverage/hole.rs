//! Holes: hours that something is missing of.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::hours::{hour_after, hours_between};
use super::repository::span_of;
use super::{Extent, HourAtSource, Loss, Readings};
use crate::{ContributionKind, Source};

/// What is missing of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// All of it: nothing was read.
    Whole,
    /// A part: what was read lacks something.
    Part,
    /// Contributions that others saw, though it was read to the end.
    Kinds,
}

/// Hours of a source that something is missing of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hole {
    /// The source that lacks it.
    pub source: Source,
    /// The repository, in lower case; `None`: all there are.
    pub repository: Option<String>,
    /// The first hour.
    pub from: DateTime<Utc>,
    /// The end of the last hour.
    pub until: DateTime<Utc>,
    /// What is missing.
    pub gap: Gap,
    /// Why, of parts.
    #[serde(default)]
    pub losses: BTreeSet<Loss>,
    /// How many of which kinds, where others saw them.
    #[serde(default)]
    pub kinds: BTreeMap<ContributionKind, u64>,
    /// The sources that have it.
    #[serde(default)]
    pub had_by: BTreeSet<Source>,
}

impl Hole {
    fn new(source: Source, repository: Option<&str>, hour: DateTime<Utc>, gap: Gap) -> Self {
        Self {
            source,
            repository: repository.map(str::to_owned),
            from: hour,
            until: hour_after(hour, 1),
            gap,
            losses: BTreeSet::new(),
            kinds: BTreeMap::new(),
            had_by: BTreeSet::new(),
        }
    }

    /// The hours.
    pub fn hours(&self) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        hours_between(self.from, self.until)
    }

    /// The same, of one of its hours alone.
    #[must_use]
    pub fn at(&self, hour: DateTime<Utc>) -> Self {
        Self {
            from: hour,
            until: hour_after(hour, 1),
            ..self.clone()
        }
    }

    /// Whether another hole goes on with the same where this one ends.
    fn goes_on(&self, next: &Self) -> bool {
        let what = |hole: &Self| {
            let kinds: Vec<ContributionKind> = hole.kinds.keys().copied().collect();
            let what = (hole.gap, hole.losses.clone(), kinds, hole.had_by.clone());
            (hole.source, hole.repository.clone(), what)
        };
        self.until == next.from && what(self) == what(next)
    }
}

/// Files of the archives that are missing, or lack something: between the first
/// and the last hour that was read, or in the span that is asked for. Hours are
/// those that files are named after.
#[must_use]
pub fn file_holes(readings: &Readings, span: Option<(DateTime<Utc>, DateTime<Utc>)>) -> Vec<Hole> {
    let known = readings.files();
    let known = known.map(|(first, last)| (first, hour_after(last, 1)));
    let Some((from, until)) = span.or(known) else {
        return Vec::new();
    };
    let holes = hours_between(from, until).filter_map(|hour| {
        let hole = |gap| Hole::new(Source::Archive, None, hour, gap);
        match readings.of_file(hour) {
            Extent::Unread => Some(hole(Gap::Whole)),
            Extent::Part(losses) => Some(Hole {
                losses,
                ..hole(Gap::Part)
            }),
            Extent::Whole | Extent::Verified => None,
        }
    });
    merge_holes(holes)
}

/// What the sources that are asked for single repositories lack of one, given
/// by all its names in lower case: days between the first and the last that
/// was read, and what was lost between two readings of its feed.
#[must_use]
pub fn repository_holes(
    readings: &Readings,
    names: &[String],
    span: Option<(DateTime<Utc>, DateTime<Utc>)>,
) -> Vec<Hole> {
    let Some(present) = names.first() else {
        return Vec::new();
    };
    let read = || names.iter().filter_map(|name| readings.of_repository(name));
    let known: BTreeSet<NaiveDate> = read().flat_map(|read| read.days.keys().copied()).collect();
    let mut hours = BTreeSet::new();
    if let (Some(first), Some(last)) = (known.first(), known.last()) {
        let (from, until) = (span_of(*first).0, span_of(*last).1);
        let unread = hours_between(from, until)
            .filter(|hour| readings.of_source(Source::Bigquery, names, *hour) == Extent::Unread);
        hours.extend(unread.map(|hour| (hour, Source::Bigquery)));
    }
    for (from, until) in read().flat_map(|read| read.lost.all()) {
        let lost = hours_between(from, until)
            .filter(|hour| !readings.of_source(Source::Api, names, *hour).is_whole());
        hours.extend(lost.map(|hour| (hour, Source::Api)));
    }
    let asked =
        |hour: &DateTime<Utc>| span.is_none_or(|(from, until)| from <= *hour && *hour < until);
    let hours = hours.into_iter().filter(|(hour, _)| asked(hour));
    let holes = hours.map(|(hour, source)| {
        let gap = match source {
            Source::Api => Gap::Part,
            _ => Gap::Whole,
        };
        let mut hole = Hole::new(source, Some(present), hour, gap);
        if gap == Gap::Part {
            hole.losses.insert(Loss::OutOfReach);
        }
        hole.had_by.extend(readings.whole_at(names, hour));
        hole
    });
    merge_holes(holes)
}

/// What sources lack of an hour of a repository, though they were read to the
/// end, by comparison with others.
#[must_use]
pub fn compared_holes(repository: &str, hour: DateTime<Utc>, judged: &[HourAtSource]) -> Vec<Hole> {
    let lacking = judged.iter().filter(|at| {
        at.source != Source::Webhook && at.extent.is_whole() && !at.missing.is_empty()
    });
    let holes = lacking.map(|at| Hole {
        kinds: at.missing.clone(),
        had_by: at.had_by.clone(),
        ..Hole::new(at.source, Some(repository), hour, Gap::Kinds)
    });
    holes.collect()
}

/// Holes in order, those that go on as one.
#[must_use]
pub fn merge_holes(holes: impl IntoIterator<Item = Hole>) -> Vec<Hole> {
    let mut holes: Vec<Hole> = holes.into_iter().collect();
    let place = |hole: &Hole| (hole.source, hole.repository.clone(), hole.gap, hole.from);
    holes.sort_by_key(place);
    let mut merged: Vec<Hole> = Vec::new();
    for hole in holes {
        match merged.last_mut().filter(|last| last.goes_on(&hole)) {
            Some(last) => {
                last.until = hole.until;
                for (kind, count) in hole.kinds {
                    *last.kinds.entry(kind).or_default() += count;
                }
            }
            None => merged.push(hole),
        }
    }
    merged.sort_by_key(|hole| (hole.from, place(hole)));
    merged
}
