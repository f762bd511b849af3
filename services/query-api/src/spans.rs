//! Time in pieces, as what is told over time divides it.

use chrono::{Datelike, NaiveDate};
use domain::Period;

/// Spans of one length from the first to the last day, as long as keeps them
/// few.
pub(crate) fn spans(first: NaiveDate, last: NaiveDate) -> (&'static str, Vec<Period>) {
    let days = (last - first).num_days();
    let (span, holding): (_, fn(NaiveDate) -> Period) = match days {
        ..45 => ("day", Period::Day),
        45..200 => ("week", |day| {
            let week = day.iso_week();
            Period::Week(week.year(), week.week())
        }),
        200..1_500 => ("month", |day| Period::Month(day.year(), day.month())),
        _ => ("year", |day| Period::Year(day.year())),
    };
    let is_over = |period: &Period| period.days().is_some_and(|(begin, _)| begin > last);
    let all = std::iter::successors(Some(holding(first)), |period| period.next());
    (span, all.take_while(|period| !is_over(period)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn spans_grow_with_what_they_divide() {
        let told = |first, last| {
            let (span, spans) = spans(day(first), day(last));
            (span, spans.len())
        };
        assert_eq!(told("2016-01-01", "2016-01-01"), ("day", 1));
        assert_eq!(told("2016-01-01", "2016-02-10"), ("day", 41));
        assert_eq!(told("2016-01-01", "2016-04-01"), ("week", 14));
        assert_eq!(told("2015-01-01", "2016-01-02"), ("month", 13));
        assert_eq!(told("2012-05-01", "2026-01-02"), ("year", 15));
    }

    #[test]
    fn every_day_falls_into_one_span() {
        let (_, spans) = spans(day("2015-12-20"), day("2016-03-20"));
        let days = spans.iter().filter_map(|period| period.days());
        let (begins, ends): (Vec<_>, Vec<_>) = days.unzip();
        assert_eq!(begins[1..], ends[..ends.len() - 1]);
        assert!(begins[0] <= day("2015-12-20") && ends[ends.len() - 1] > day("2016-03-20"));
    }
}
