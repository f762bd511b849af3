//! Which days are read, and for which repositories.

use std::collections::{BTreeMap, HashMap};

use bigquery::Query;
use chrono::{Days as DaysLater, NaiveDate};
use domain::{RepositoryName, Source};
use event_log::{EventLog, LogError, LogStream, Recorded};
use events::Event;

use crate::scrape::Wanted;
use crate::sources::bigquery::{Depth, Repositories, day_query};

/// Everything BigQuery was read for.
const READ: &str = "coverage.v1.bigquery.>";

/// Days, first and last included, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first; `None`: of each repository the day it was last read for, or
    /// the first that could not be read.
    pub first: Option<NaiveDate>,
    /// The last.
    pub last: NaiveDate,
    /// No day before is read, whatever else is asked for.
    pub floor: NaiveDate,
    /// Whether days that were read whole are read again.
    pub force: bool,
}

/// One day's table, and the repositories it is read for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// The day.
    pub day: NaiveDate,
    /// The repositories.
    pub repositories: Vec<Part>,
}

/// A repository's part of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The repository.
    pub wanted: Wanted,
    /// Whether the day was read whole for it before.
    pub again: bool,
}

impl Pass {
    /// The query.
    #[must_use]
    pub fn query(&self, depth: Depth) -> Query {
        let mut asked = Repositories::default();
        for Part { wanted, .. } in &self.repositories {
            match wanted.id {
                Some(id) => asked.ids.push(id),
                None => asked.names.push(wanted.name.clone()),
            }
        }
        day_query(self.day, &asked, depth)
    }
}

/// The word for how much was read, in the names of units.
pub(super) fn kind(depth: Depth) -> &'static str {
    match depth {
        Depth::Whole => "day",
        Depth::Stars => "stars",
    }
}

/// What was read of each repository: each day, and whether it was read whole.
type Read = HashMap<String, BTreeMap<NaiveDate, bool>>;

/// The passes that are to be made, in the order of days. The day a repository
/// was last read for is read again, for what came late into its table.
///
/// # Errors
/// [`LogError`] when the log cannot be read.
pub async fn plan(
    wanted: &[Wanted],
    days: Days,
    depth: Depth,
    log: &EventLog,
) -> Result<Vec<Pass>, LogError> {
    let read = read_before(log, depth).await?;
    let mut passes: BTreeMap<NaiveDate, Vec<Part>> = BTreeMap::new();
    for wanted in wanted {
        let nothing = BTreeMap::new();
        let before = read.get(&lower(&wanted.name)).unwrap_or(&nothing);
        for day in days_of(days, before) {
            passes.entry(day).or_default().push(Part {
                wanted: wanted.clone(),
                again: before.get(&day) == Some(&true),
            });
        }
    }
    let passes = passes.into_iter();
    Ok(passes
        .map(|(day, repositories)| Pass { day, repositories })
        .collect())
}

/// The days of a repository, by what was read of it before.
fn days_of(days: Days, before: &BTreeMap<NaiveDate, bool>) -> Vec<NaiveDate> {
    let whole = |day: &NaiveDate| before.get(day) == Some(&true);
    let latest = before.keys().rev().copied().find(whole);
    let open = before.keys().copied().find(|day| !whole(day));
    let since = latest.into_iter().chain(open).min();
    let first = days.first.or(since).unwrap_or(days.floor).max(days.floor);
    let all = first.iter_days().take_while(|day| *day <= days.last);
    all.filter(|day| {
        let overlap = days.first.is_none() && latest == Some(*day);
        days.force || overlap || !whole(day)
    })
    .collect()
}

async fn read_before(log: &EventLog, depth: Depth) -> Result<Read, LogError> {
    let mut read = Read::new();
    let take = |recorded: Recorded| {
        let Event::CoverageObserved(coverage) = recorded.envelope.event else {
            return;
        };
        let mut parts = coverage.unit.split(' ');
        let (name, of, day) = (parts.next(), parts.next(), parts.next());
        let day = day.and_then(|day| day.parse().ok());
        if let (Some(name), Some(day)) = (name, day)
            && of == Some(kind(depth))
            && coverage.source == Source::Bigquery
        {
            let days = read.entry(name.to_ascii_lowercase()).or_default();
            *days.entry(day).or_default() |= coverage.whole;
        }
    };
    log.read_each(LogStream::Coverage, READ, 0, take).await?;
    Ok(read)
}

fn lower(name: &RepositoryName) -> String {
    name.as_str().to_ascii_lowercase()
}

/// The day after.
pub(super) fn next(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(DaysLater::new(1)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 3, number).unwrap()
    }

    fn days(first: Option<u32>, force: bool) -> Days {
        Days {
            first: first.map(day),
            last: day(5),
            floor: day(2),
            force,
        }
    }

    #[test]
    fn what_was_read_whole_is_not_read_again_but_for_the_last_day() {
        let before = BTreeMap::from([(day(2), true), (day(3), true), (day(4), false)]);
        assert_eq!(
            days_of(days(None, false), &before),
            [day(3), day(4), day(5)]
        );
        assert_eq!(days_of(days(Some(1), false), &before), [day(4), day(5)]);
        let all = [day(2), day(3), day(4), day(5)];
        assert_eq!(days_of(days(Some(1), true), &before), all);
        assert_eq!(days_of(days(None, false), &BTreeMap::new()), all);
        let open = BTreeMap::from([(day(2), true), (day(3), false), (day(4), true)]);
        assert_eq!(days_of(days(None, false), &open), [day(3), day(4), day(5)]);
    }
}
