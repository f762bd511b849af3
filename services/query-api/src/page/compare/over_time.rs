//! What was done when: points or contributions, span by span.

use domain::Metric;

use super::Subject;
use crate::page::chart::{Chart, Plot, Series, Shape, chart};
use crate::page::words::{metric_words, period_words, span_short};
use crate::points::{number, parts};
use crate::resources::comparison::spans_of;

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
    let (span, spans) = spans_of(subjects.iter().map(|subject| &subject.numbers))?;
    let places: Vec<(String, String)> = spans
        .iter()
        .map(|period| (span_short(*period), period_words(*period)))
        .collect();
    let values: Vec<Vec<i64>> = subjects
        .iter()
        .map(|subject| subject.numbers.values(metric, &spans))
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
