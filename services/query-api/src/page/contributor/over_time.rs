//! What kinds of work a contributor did when.

use chrono::NaiveDate;

use crate::page::bar::GROUPS;
use crate::page::chart::{Chart, Plot, Series, Shape, chart};
use crate::page::words::{counted, period_words, span_short};
use crate::points::number;
use crate::resources::contributor::Work;
use crate::spans::spans;

/// A chart, and the same as rows.
pub(super) struct KindsOverTime {
    pub(super) chart: Option<Chart>,
    /// What a span is: `day`, `week`, `month` or `year`.
    pub(super) span: &'static str,
    /// The kinds there are any of.
    pub(super) headings: Vec<&'static str>,
    /// Each span, and how many of each; the newest first.
    pub(super) rows: Vec<(String, Vec<String>)>,
}

/// Divides what was done into spans; `None` where it was done within one.
pub(super) fn kinds_over_time(work: &Work, login: &str) -> Option<KindsOverTime> {
    let first = work.by_day.keys().next()?.0;
    let last = work.by_day.keys().next_back()?.0;
    let (span, spans) = spans(first, last);
    if spans.len() < 2 {
        return None;
    }
    let starts: Vec<NaiveDate> = spans
        .iter()
        .filter_map(|period| Some(period.days()?.0))
        .collect();
    let series: Vec<Series> = GROUPS
        .iter()
        .map(|group| {
            let mut values = vec![0; spans.len()];
            for ((day, kind), count) in &work.by_day {
                let after = starts.partition_point(|start| start <= day);
                if let Some(value) = values.get_mut(after.saturating_sub(1)) {
                    *value += if group.holds(*kind) { *count } else { 0 };
                }
            }
            Series {
                name: group.heading.to_owned(),
                colour: group.mark,
                values,
            }
        })
        .filter(|series| series.values.iter().any(|value| *value != 0))
        .collect();
    let places: Vec<(String, String)> = spans
        .iter()
        .map(|period| (span_short(*period), period_words(*period)))
        .collect();
    let rows = places.iter().enumerate().rev().map(|(place, (_, name))| {
        let of = series.iter().map(|series| number(series.values[place]));
        (name.clone(), of.collect())
    });
    let rows = rows.collect();
    let headings = GROUPS.iter().map(|group| group.heading);
    let drawn = headings.filter(|heading| series.iter().any(|one| one.name == *heading));
    Some(KindsOverTime {
        headings: drawn.collect(),
        rows,
        span,
        chart: chart(&Plot {
            summary: format!("What {login} did by {span}, by kind"),
            shape: Shape::Stacked,
            places: &places,
            series,
            limit: None,
            scale: number,
            words: |value| counted(value, "contribution", "contributions"),
        }),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::{ContributionKind, Period};

    use super::*;

    fn work(days: &[(&str, ContributionKind, i64)]) -> Work {
        let day = |(day, kind, count): &(&str, ContributionKind, i64)| {
            ((day.parse().unwrap(), *kind), *count)
        };
        Work {
            period: Period::All.into(),
            score: String::new(),
            score_thousandths: 0,
            counts: BTreeMap::new(),
            by_day: days.iter().map(day).collect(),
        }
    }

    #[test]
    fn every_contribution_of_a_kind_that_is_shown_is_in_its_span() {
        let found = kinds_over_time(
            &work(&[
                ("2016-01-01", ContributionKind::Commit, 3),
                ("2016-01-01", ContributionKind::Push, 1),
                ("2016-01-03", ContributionKind::Comment, 2),
                ("2016-01-03", ContributionKind::Star, 9),
            ]),
            "ann",
        );
        let found = found.unwrap();
        assert_eq!(found.headings, ["Commits", "Comments"]);
        let rows: Vec<_> = found
            .rows
            .iter()
            .map(|(_, cells)| cells.join(" "))
            .collect();
        assert_eq!(
            (found.span, rows),
            ("day", vec!["0 2".into(), "0 0".into(), "4 0".to_owned()])
        );
        assert_eq!(found.chart.unwrap().pieces.len(), 2);
    }

    #[test]
    fn one_day_is_no_course_of_time() {
        let one = work(&[("2016-01-01", ContributionKind::Commit, 3)]);
        assert!(kinds_over_time(&one, "ann").is_none());
        assert!(kinds_over_time(&work(&[]), "ann").is_none());
    }
}
