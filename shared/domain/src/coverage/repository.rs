//! What was read of one repository, from the sources that are asked for single
//! ones.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::extent::{Extent, Loss};
use super::hours::hour_after;
use super::unit::{UnitRead, UnitScope};

/// Events are in a feed at the latest this long after they happened ("REST API
/// endpoints for events", read in November 2026).
const LATENCY: TimeDelta = TimeDelta::hours(6);

/// A beginning and an end, which is excluded.
pub(super) type Span = (DateTime<Utc>, DateTime<Utc>);

/// The span of a day.
pub(super) fn span_of(day: NaiveDate) -> Span {
    let start = day.and_time(NaiveTime::MIN).and_utc();
    (start, start + TimeDelta::days(1))
}

/// Spans that do not touch, in order: their ends by their beginnings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans(BTreeMap<DateTime<Utc>, DateTime<Utc>>);

impl Spans {
    pub(super) fn add(&mut self, mut from: DateTime<Utc>, mut until: DateTime<Utc>) {
        if from >= until {
            return;
        }
        while let Some((begin, end)) = self.touching(from, until) {
            self.0.remove(&begin);
            from = from.min(begin);
            until = until.max(end);
        }
        self.0.insert(from, until);
    }

    /// A span that overlaps or adjoins this one.
    fn touching(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<Span> {
        let before = self.0.range(..=until).next_back();
        let found = before.filter(|(_, end)| **end >= from);
        found.map(|(begin, end)| (*begin, *end))
    }

    fn holds(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        let before = self.0.range(..=from).next_back();
        before.is_some_and(|(_, end)| *end >= until)
    }

    fn touches(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        let before = self.0.range(..until).next_back();
        before.is_some_and(|(_, end)| *end > from)
    }

    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = Span> {
        self.0.iter().map(|(from, until)| (*from, *until))
    }
}

/// What was read of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RepositoryRead {
    /// Days in BigQuery, and whether they were read to the end.
    pub(super) days: BTreeMap<NaiveDate, bool>,
    /// Spans of which the feed showed everything.
    feed: Spans,
    /// Spans of which it showed something, or something may still appear.
    shown: Spans,
    /// Spans whose issues and pull requests were read.
    swept: Spans,
    /// Spans that were lost between two readings of the feed.
    pub(super) lost: Spans,
}

impl RepositoryRead {
    /// Takes a unit of the repository; returns the span of which something was
    /// read now.
    pub(super) fn take(&mut self, scope: &UnitScope, unit: &UnitRead) -> Option<Span> {
        match scope {
            UnitScope::Day { day, .. } => {
                let whole = self.days.entry(*day).or_default();
                *whole |= unit.whole;
                whole.then(|| span_of(*day))
            }
            UnitScope::Feed { first, .. } => Some(self.take_feed(*first, unit)),
            UnitScope::Lost { from, until, .. } => {
                self.lost.add(*from, *until);
                None
            }
            UnitScope::Swept { since, .. } => {
                self.swept.add(*since, unit.observed_at);
                Some((*since, unit.observed_at))
            }
            UnitScope::File(_) | UnitScope::Loose | UnitScope::Other => None,
        }
    }

    /// A reading that lost nothing goes on where the one before ended.
    fn take_feed(&mut self, first: DateTime<Utc>, unit: &UnitRead) -> Span {
        let sure = unit.observed_at - LATENCY;
        let before = self.feed.all().map(|(_, end)| end);
        let before = before.filter(|end| *end <= sure).max();
        let from = match before {
            Some(before) if unit.whole => first.min(before),
            _ => first,
        };
        self.feed.add(from, sure);
        self.shown.add(from, unit.observed_at);
        (from, unit.observed_at)
    }

    /// The extent of BigQuery.
    pub(super) fn of_day(&self, hour: DateTime<Utc>) -> Extent {
        match self.days.get(&hour.date_naive()) {
            Some(true) => Extent::Whole,
            _ => Extent::Unread,
        }
    }

    /// The extent of GitHub's API.
    pub(super) fn of_feed(&self, hour: DateTime<Utc>) -> Extent {
        let end = hour_after(hour, 1);
        if self.feed.holds(hour, end) {
            return Extent::Whole;
        }
        if self.shown.touches(hour, end) || self.swept.touches(hour, end) {
            return Extent::part(Loss::OutOfReach);
        }
        Extent::Unread
    }

    /// Whether the API was asked for all it may still know of an hour.
    pub(super) fn was_swept(&self, hour: DateTime<Utc>) -> bool {
        self.swept.holds(hour, hour_after(hour, 1))
    }

    pub(super) fn feed_touches(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        self.shown.touches(from, until) || self.swept.touches(from, until)
    }

    pub(super) fn days_touch(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        let mut days = self.days.range(from.date_naive()..);
        let mut within = days
            .by_ref()
            .take_while(|(day, _)| span_of(**day).0 < until);
        within.any(|(_, whole)| *whole)
    }

    /// The first and the last instant that any source was read of.
    pub(super) fn bounds(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let spans = self.spans();
        spans.reduce(|(from, until), (first, end)| (from.min(first), until.max(end)))
    }

    /// All spans of which something was read; they may overlap.
    pub(super) fn spans(&self) -> impl Iterator<Item = Span> {
        let read = |(_, whole): &(&NaiveDate, &bool)| **whole;
        let days = self.days.iter().filter(read);
        let days = days.map(|(day, _)| span_of(*day));
        days.chain(self.shown.all()).chain(self.swept.all())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-06-{text}:00Z").parse().unwrap()
    }

    fn unit(name: String, observed_at: DateTime<Utc>, whole: bool) -> UnitRead {
        UnitRead {
            source: Source::Api,
            unit: name,
            observed_at,
            events: 1,
            damaged: 0,
            expected: None,
            whole,
            spread: None,
            hours: Vec::new(),
        }
    }

    fn read(readings: &[(&str, &str, bool)]) -> RepositoryRead {
        let mut read = RepositoryRead::default();
        for (first, observed_at, whole) in readings {
            let name = format!(
                "o/c events {}..{}",
                at(first).to_rfc3339(),
                at(observed_at).to_rfc3339()
            );
            let unit = unit(name.clone(), at(observed_at), *whole);
            read.take(&UnitScope::of(Source::Api, &name), &unit);
        }
        read
    }

    #[test]
    fn a_feed_is_sure_of_what_is_six_hours_old() {
        let read = read(&[("01T02:30", "01T16:00", false)]);
        let extents = ["01T01:00", "01T02:00", "01T03:00", "01T09:00", "01T10:00"];
        let extents = extents.map(|hour| read.of_feed(at(hour)));
        let part = Extent::part(Loss::OutOfReach);
        let expected = [
            Extent::Unread,
            part.clone(),
            Extent::Whole,
            Extent::Whole,
            part,
        ];
        assert_eq!(extents, expected);
    }

    #[test]
    fn readings_without_a_gap_between_them_are_one() {
        let whole = read(&[
            ("01T02:00", "01T16:00", false),
            ("02T20:00", "03T08:00", true),
        ]);
        assert_eq!(whole.of_feed(at("02T12:00")), Extent::Whole);
        let gap = read(&[
            ("01T02:00", "01T16:00", false),
            ("02T20:00", "03T08:00", false),
        ]);
        assert_eq!(gap.of_feed(at("02T12:00")), Extent::Unread);
        assert_eq!(gap.bounds(), Some((at("01T02:00"), at("03T08:00"))));
    }

    #[test]
    fn spans_that_touch_are_one() {
        let mut spans = Spans::default();
        for (from, until) in [("01T00:00", "01T02:00"), ("01T04:00", "01T06:00")] {
            spans.add(at(from), at(until));
        }
        assert!(!spans.holds(at("01T01:00"), at("01T05:00")));
        spans.add(at("01T02:00"), at("01T04:00"));
        assert_eq!(spans.all().count(), 1);
        assert!(spans.holds(at("01T00:00"), at("01T06:00")));
        assert!(!spans.touches(at("01T06:00"), at("01T07:00")));
    }
}
