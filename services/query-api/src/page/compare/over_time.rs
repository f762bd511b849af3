//! What was done when: points or contributions, span by span.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{DailyCounts, Metric, Period};

use super::Subject;
use crate::page::chart::{Chart, Plot, Series, Shape, chart};
use crate::page::spans::{short, spans};
use crate::page::words::{metric_words, period_words};
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
