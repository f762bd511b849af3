//! What was done when: points or contributions, span by span.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use domain::{DailyCounts, Metric, Period};

use super::Subject;
use crate::page::chart::{Chart, Plot, Series, Shape, chart};
use crate::page::words::{metric_words, period_short, period_words};
use crate::points::{number, parts};

/// Spans up to which columns are drawn; lines beyond.
const COLUMNS: usize = 12;

/// A chart, and the same as rows.
pub(super) struct OverTime {
    pub(super) chart: Option<Chart>,
    /// What a span is: `day`, `week`, `month` or `year`.
    pub(super) span: &'static str,
    pub(super) metric: &'static str,
    /// Each span, and the value of each subject in it; the newest first.
    pub(super) rows: Vec<(String, Vec<(String, String)>)>,
}

/// Divides what subjects did into spans; `None` where nobody did anything.
pub(super) fn over_time(subjects: &[Subject], metric: Metric) -> Option<OverTime> {
    let days: Vec<NaiveDate> = subjects.iter().flat_map(Subject::days).collect();
    let (first, last) = (*days.iter().min()?, *days.iter().max()?);
    let (span, spans) = spans(first, last);
    let places: Vec<(String, String)> = spans
        .iter()
        .map(|period| (short(*period), period_words(*period)))
        .collect();
    let values: Vec<Vec<i64>> = subjects
        .iter()
        .map(|subject| values(subject, metric, &spans))
        .collect();
    let shown: fn(i64) -> (String, String) = match metric {
        Metric::Score => parts,
        Metric::Kind(_) => |value| (number(value), String::new()),
    };
    let series = subjects
        .iter()
        .zip(&values)
        .map(|(subject, values)| Series {
            name: subject.name.clone(),
            colour: subject.colour,
            values: values.clone(),
        });
    let plot = Plot {
        summary: summary(subjects, metric, span),
        shape: match spans.len() {
            ..=COLUMNS => Shape::Beside,
            _ => Shape::Lines,
        },
        places: &places,
        series: series.collect(),
        limit: None,
        scale: match metric {
            Metric::Score => |value| number(value / 1_000),
            Metric::Kind(_) => number,
        },
        words: match metric {
            Metric::Score => |value| format!("{} points", number(value / 1_000)),
            Metric::Kind(_) => number,
        },
    };
    let rows = places.iter().enumerate().map(|(place, (_, name))| {
        let of = values.iter().map(|values| shown(values[place]));
        (name.clone(), of.collect())
    });
    let mut rows: Vec<_> = rows.collect();
    rows.reverse();
    Some(OverTime {
        chart: chart(&plot),
        span,
        metric: metric_words(metric),
        rows,
    })
}

fn summary(subjects: &[Subject], metric: Metric, span: &str) -> String {
    let names: Vec<&str> = subjects.iter().map(|one| one.name.as_str()).collect();
    format!("{} by {span}: {}", metric_words(metric), names.join(", "))
}

/// Spans of one length from the first to the last day, as long as keeps them
/// few.
fn spans(first: NaiveDate, last: NaiveDate) -> (&'static str, Vec<Period>) {
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

/// A span below the chart; a month with its year where that is another.
fn short(period: Period) -> String {
    match (period, period.days()) {
        (Period::Month(..), Some((first, _))) => first.format("%b %y").to_string(),
        _ => period_short(period),
    }
}

/// What a subject's work comes to in each span.
fn values(subject: &Subject, metric: Metric, spans: &[Period]) -> Vec<i64> {
    let starts: Vec<NaiveDate> = spans
        .iter()
        .filter_map(|period| Some(period.days()?.0))
        .collect();
    let mut by_span: HashMap<usize, DailyCounts> = HashMap::new();
    for (key, count) in subject.counts.iter() {
        let after = starts.partition_point(|start| *start <= key.day);
        let of_span = by_span.entry(after.saturating_sub(1)).or_default();
        of_span.add(key.clone(), *count);
    }
    let value = |counts: &DailyCounts| match metric {
        Metric::Score => counts
            .scores(&subject.policy, Period::All, |_| true)
            .into_values()
            .sum(),
        Metric::Kind(kind) => counts
            .iter()
            .filter(|(key, _)| key.kind == kind)
            .map(|(_, count)| count.quantity)
            .sum(),
    };
    (0..spans.len())
        .map(|span| by_span.get(&span).map_or(0, value))
        .collect()
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
