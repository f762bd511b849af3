//! From where holes can be filled: the cheapest source that may have them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::hole::{Gap, Hole};
use super::{Extent, Readings};
use crate::Source;

/// GitHub's feed of a repository goes back this far ("REST API endpoints for
/// events", read in November 2026), at most.
const REACH: TimeDelta = TimeDelta::days(30);

/// Requests that asking for a repository takes at least: for its name, three
/// pages of its feed, and a page of its issues.
const REQUESTS: u64 = 5;

/// The first day of all archives.
const ARCHIVES_SINCE: NaiveDate = match NaiveDate::from_ymd_opt(2011, 2, 12) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// A way to fill a hole, and what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// The source.
    pub source: Source,
    /// Requests of GitHub's API for each repository, at least.
    pub requests: u64,
    /// Days of BigQuery that are paid for, all repositories in one.
    pub paid_days: u64,
}

/// The ways to fill a hole, cheapest first. GitHub's API and BigQuery have it
/// for the repositories that are tracked.
#[must_use]
pub fn ways_to_fill(hole: &Hole, now: DateTime<Utc>) -> Vec<Way> {
    let days: BTreeSet<NaiveDate> = hole.hours().map(|hour| hour.date_naive()).collect();
    let way = |source, requests, paid_days| Way {
        source,
        requests,
        paid_days,
    };
    let days = days.iter().filter(|day| is_payable(**day, now)).count() as u64;
    let ways = [
        (hole.until.date_naive() >= ARCHIVES_SINCE).then(|| way(Source::Archive, 0, 0)),
        is_within_reach(hole.from, now).then(|| way(Source::Api, REQUESTS, 0)),
        (days > 0).then(|| way(Source::Bigquery, 0, days)),
    ];
    ways.into_iter().flatten().collect()
}

fn is_within_reach(hour: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    hour >= now - REACH
}

/// A day's table is whole when the day is over.
fn is_payable(day: NaiveDate, now: DateTime<Utc>) -> bool {
    day >= ARCHIVES_SINCE && day < now.date_naive()
}

/// What is to be repaired.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The holes.
    pub holes: &'a [Hole],
    /// The repositories that GitHub's API and BigQuery are asked for, each by
    /// the names it has borne, in lower case.
    pub repositories: &'a [Vec<String>],
    /// Hours of files that no archive has any better: all were read before.
    pub exhausted: &'a BTreeSet<DateTime<Utc>>,
    /// The present.
    pub now: DateTime<Utc>,
}

/// A repository that GitHub's API is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryToAsk {
    /// Its place in the wish.
    pub repository: usize,
    /// The first hour that is wanted.
    pub since: DateTime<Utc>,
}

/// A day that is read in BigQuery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayToRead {
    /// The UTC day.
    pub day: NaiveDate,
    /// The places in the wish of the repositories it is read for.
    pub repositories: Vec<usize>,
}

/// What can be done about holes, from the cheapest source on. What a source
/// turns out to have need not be asked of the next: the later parts are the
/// most that may be needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepairPlan {
    /// Hours of archives' files; free.
    pub files: Vec<DateTime<Utc>>,
    /// Repositories for GitHub's API; costs requests.
    pub ask: Vec<RepositoryToAsk>,
    /// Days for BigQuery; costs money.
    pub days: Vec<DayToRead>,
}

impl RepairPlan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.ask.is_empty() && self.days.is_empty()
    }
}

/// Plans the repair of holes.
#[must_use]
pub fn repair_plan(readings: &Readings, wish: &Wish<'_>) -> RepairPlan {
    let mut plan = RepairPlan {
        files: files(readings, wish).into_iter().collect(),
        ..RepairPlan::default()
    };
    let mut days: BTreeMap<NaiveDate, Vec<usize>> = BTreeMap::new();
    for (place, names) in wish.repositories.iter().enumerate() {
        let open = open_hours(readings, wish, names);
        let within = open.iter().filter(|hour| is_within_reach(**hour, wish.now));
        let mut unasked = within.filter(|hour| !readings.was_asked(names, **hour));
        if let Some(since) = unasked.next() {
            plan.ask.push(RepositoryToAsk {
                repository: place,
                since: *since,
            });
        }
        let wanted: BTreeSet<NaiveDate> = open.iter().map(|hour| hour.date_naive()).collect();
        let unread = |day: &NaiveDate| {
            let hour = day.and_time(chrono::NaiveTime::MIN).and_utc();
            readings.of_source(Source::Bigquery, names, hour) == Extent::Unread
        };
        for day in wanted.into_iter().filter(unread) {
            if is_payable(day, wish.now) {
                days.entry(day).or_default().push(place);
            }
        }
    }
    let days = days.into_iter();
    plan.days = days
        .map(|(day, repositories)| DayToRead { day, repositories })
        .collect();
    plan
}

/// The files that may fill holes: those that are missing or lack something, and
/// of hours whose file lacks what others saw, those that hold events of it.
fn files(readings: &Readings, wish: &Wish<'_>) -> BTreeSet<DateTime<Utc>> {
    let of_archives = |hole: &&Hole| hole.source == Source::Archive;
    let holes = wish.holes.iter().filter(of_archives);
    let hours = holes.flat_map(|hole| {
        let hours: Vec<DateTime<Utc>> = match hole.gap {
            Gap::Whole | Gap::Part => hole.hours().collect(),
            Gap::Kinds => hole
                .hours()
                .flat_map(|hour| readings.files_of(hour))
                .collect(),
        };
        hours
    });
    let over = |hour: &DateTime<Utc>| *hour + TimeDelta::hours(1) <= wish.now;
    hours
        .filter(|hour| over(hour) && !wish.exhausted.contains(hour))
        .collect()
}

/// The hours of holes that no source was read of to the end, for a repository;
/// one that is known to lack something is not counted.
fn open_hours(readings: &Readings, wish: &Wish<'_>, names: &[String]) -> BTreeSet<DateTime<Utc>> {
    let concerns = |hole: &&Hole| {
        let of = hole.repository.as_ref();
        of.is_none_or(|repository| names.contains(repository))
    };
    let mut lacking: BTreeMap<DateTime<Utc>, BTreeSet<Source>> = BTreeMap::new();
    for hole in wish.holes.iter().filter(concerns) {
        for hour in hole.hours() {
            lacking.entry(hour).or_default().insert(hole.source);
        }
    }
    let open = lacking.into_iter().filter(|(hour, lacking)| {
        let whole = readings.whole_at(names, *hour);
        whole.iter().all(|source| lacking.contains(source))
    });
    open.map(|(hour, _)| hour).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{FileSpread, UnitRead, file_holes};
    use super::*;

    fn at(hour: u32) -> DateTime<Utc> {
        format!("2026-06-10T{hour:02}:00:00Z").parse().unwrap()
    }

    fn unit(source: Source, name: &str, observed_at: DateTime<Utc>) -> UnitRead {
        UnitRead {
            source,
            unit: name.to_owned(),
            observed_at,
            events: 100,
            damaged: 0,
            expected: None,
            whole: true,
            spread: None,
            hours: Vec::new(),
        }
    }

    /// Files of the hours 1 to 9 but 4.
    fn readings() -> Readings {
        let mut readings = Readings::default();
        for hour in (1..10).filter(|hour| *hour != 4) {
            let name = format!("2026-06-10-{hour}.json.gz");
            readings.take(UnitRead {
                spread: FileSpread::of([(at(hour), 100)]),
                ..unit(Source::Archive, &name, at(20))
            });
        }
        readings
    }

    fn wish<'a>(
        holes: &'a [Hole],
        repositories: &'a [Vec<String>],
        exhausted: &'a BTreeSet<DateTime<Utc>>,
    ) -> Wish<'a> {
        Wish {
            holes,
            repositories,
            exhausted,
            now: "2026-06-12T00:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn each_source_is_asked_for_what_the_one_before_may_lack() {
        let mut readings = readings();
        let holes = file_holes(&readings, None);
        let repositories = [vec!["octo/cat".to_owned()]];
        let none = BTreeSet::new();
        let plan = repair_plan(&readings, &wish(&holes, &repositories, &none));
        assert_eq!(plan.files, [at(4)]);
        assert_eq!((plan.ask.len(), plan.ask[0].since), (1, at(4)));
        assert_eq!((plan.days.len(), plan.days[0].day), (1, at(4).date_naive()));

        // GitHub was asked, and does not go back so far.
        let swept = "octo/cat issues 2026-06-10T04:00:00Z..2026-06-11T00:00:00Z";
        readings.take(unit(Source::Api, swept, wish(&[], &[], &none).now));
        let plan = repair_plan(&readings, &wish(&holes, &repositories, &none));
        assert_eq!((plan.ask.len(), plan.days.len()), (0, 1));

        readings.take(unit(Source::Bigquery, "octo/cat day 2026-06-10", at(23)));
        let plan = repair_plan(&readings, &wish(&holes, &repositories, &none));
        assert_eq!((plan.ask.len(), plan.days.len()), (0, 0));
        let exhausted = BTreeSet::from([at(4)]);
        assert!(repair_plan(&readings, &wish(&holes, &repositories, &exhausted)).is_empty());
    }

    #[test]
    fn what_another_source_has_whole_is_only_looked_for_in_files() {
        let mut readings = readings();
        readings.take(unit(Source::Bigquery, "octo/cat day 2026-06-10", at(23)));
        let holes = [Hole {
            source: Source::Archive,
            repository: Some("octo/cat".into()),
            from: at(6),
            until: at(7),
            gap: Gap::Kinds,
            losses: BTreeSet::new(),
            kinds: BTreeMap::from([(crate::ContributionKind::Star, 2)]),
            had_by: BTreeSet::from([Source::Bigquery]),
        }];
        let repositories = [vec!["octo/cat".to_owned()], vec!["octo/dog".to_owned()]];
        let none = BTreeSet::new();
        let plan = repair_plan(&readings, &wish(&holes, &repositories, &none));
        assert_eq!(plan.files, [at(6)]);
        assert!(plan.ask.is_empty() && plan.days.is_empty(), "{plan:?}");
        let ways = ways_to_fill(&holes[0], wish(&[], &[], &none).now);
        let sources: Vec<Source> = ways.iter().map(|way| way.source).collect();
        assert_eq!(sources, [Source::Archive, Source::Api, Source::Bigquery]);
    }
}
