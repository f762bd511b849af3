//! Coverage on pages: the line under a board, and a page of its own.

mod hole;

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{NaiveDate, Timelike};
use domain::{CoverageVerdict, Period};

use self::hole::HoleView;
use super::words::{counted, day_words, instant_words, source_words, verdict_words};
use super::{Layout, render};
use crate::answer::{Form, answer};
use crate::cursor::List;
use crate::handlers::SharedApi;
use crate::handlers::coverage::read_span;
use crate::parameters::{CoverageParameters, Parameters, read_limit};
use crate::points::number;
use crate::problem::Problem;
use crate::resources::coverage::{
    Coverage, CoverageHour, CoverageSummary, CoverageUnit, HoleResource, HolesRequest,
    HoursByVerdict, load_coverage, load_holes,
};

/// Holes that are shown on the page.
const HOLES: u32 = 20;

/// How much was seen, in words.
pub(crate) struct CoverageView {
    pub(crate) verdict: &'static str,
    /// The class of the colour in the style sheet.
    pub(crate) colour: &'static str,
    pub(crate) text: String,
    /// All hours of the period, by how well they were read.
    pub(crate) strip: Vec<Stretch>,
    /// The page that tells more.
    pub(crate) page: String,
}

/// A piece of the strip, in thousandths of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) colour: &'static str,
    pub(crate) start: i64,
    pub(crate) length: i64,
}

/// Hours as pieces that meet and fill the strip; none where there are no hours.
fn strip(hours: &HoursByVerdict) -> Vec<Stretch> {
    let counts = [
        (CoverageVerdict::Complete, hours.complete),
        (CoverageVerdict::Unknown, hours.unknown),
        (CoverageVerdict::Partial, hours.partial),
        (CoverageVerdict::Missing, hours.missing),
    ];
    let all: i64 = counts.iter().map(|(_, count)| count).sum();
    let (mut sum, mut start) = (0, 0);
    let mut pieces = Vec::new();
    for (verdict, count) in counts {
        sum += count;
        let end = sum * 1_000 / all.max(1);
        if end > start {
            pieces.push(Stretch {
                colour: verdict.as_str(),
                start,
                length: end - start,
            });
        }
        start = end;
    }
    pieces
}

pub(crate) fn coverage_view(summary: &CoverageSummary, period: Period) -> CoverageView {
    let page = match period.days() {
        Some((first, end)) => format!("/coverage?from={first}&to={end}"),
        None => "/coverage".to_owned(),
    };
    CoverageView {
        verdict: verdict_words(summary.verdict),
        colour: summary.verdict.as_str(),
        text: summary_words(summary),
        strip: strip(&summary.hours),
        page,
    }
}

fn summary_words(summary: &CoverageSummary) -> String {
    if summary.units == 0 {
        return "Nothing of this period has been read yet".to_owned();
    }
    let hours = hours_words(summary);
    let damaged = match summary.damaged {
        0 => "no damaged lines".to_owned(),
        damaged => counted(damaged, "damaged line", "damaged lines"),
    };
    format!(
        "{} in {} · {hours} · {damaged}",
        counted(summary.observed_events, "event", "events"),
        counted(summary.units, "file", "files"),
    )
}

/// `20 of 744 hours read, 3 of them verified, 1 in part`.
fn hours_words(summary: &CoverageSummary) -> String {
    let hours = &summary.hours;
    let mut words = format!(
        "{} of {} read",
        number(hours.complete + hours.unknown),
        counted(hours.all, "hour", "hours")
    );
    if hours.complete > 0 {
        words.push_str(&format!(", {} of them verified", number(hours.complete)));
    }
    if hours.partial > 0 {
        words.push_str(&format!(", {} in part", number(hours.partial)));
    }
    let sources: Vec<&str> = summary
        .sources
        .iter()
        .map(|source| source_words(*source))
        .collect();
    if !sources.is_empty() {
        words.push_str(&format!(" from {}", sources.join(", ")));
    }
    words
}

/// A day of hours.
struct DayView {
    day: String,
    hours: Vec<HourView>,
}

/// One hour as a square.
struct HourView {
    x: u32,
    colour: &'static str,
    title: String,
}

/// A unit in words.
struct UnitView {
    name: String,
    source: String,
    location: String,
    colour: String,
    verdict: &'static str,
    events: String,
    expected: String,
    contributions: String,
    damaged: String,
    observed: String,
}

#[derive(Template)]
#[template(path = "coverage.html")]
struct CoveragePage {
    layout: Layout,
    from: String,
    to: String,
    total: CoverageView,
    counts: [(&'static str, &'static str, String); 4],
    days: Vec<DayView>,
    units: Vec<UnitView>,
    holes: Vec<HoleView>,
    /// Whether another source has something of any of them.
    had_by_others: bool,
    all_holes: String,
    next_page: Option<String>,
}

pub(crate) async fn show_coverage(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<CoverageParameters>,
) -> Result<Response, Problem> {
    let span = read_span(&given)?;
    let limit = read_limit(&given.limit)?;
    let after = Coverage::read_cursor(&given.cursor)?;
    let request = format!("coverage {span:?} {limit} {after:?} {given:?}");
    answer(&api, &headers, Form::Page, request, async {
        let mut snapshot = api.snapshot().await?;
        let coverage = load_coverage(&api, &mut snapshot, span, after.as_ref(), limit).await?;
        let wanted = HolesRequest {
            repository: None,
            span,
            compared: false,
            after: None,
            limit: HOLES,
        };
        let holes = load_holes(&api, &mut snapshot, &wanted).await?.holes;
        let mut layout = Layout::new(
            &api,
            "Coverage",
            "What was seen of what happened, hour by hour.",
        );
        layout.active = "coverage";
        layout.json = Some(format!("/api/v1/coverage{}", query(&given, None)));
        let page = coverage_page(layout, coverage, holes, &given);
        Ok((snapshot.version(), render(&page)?))
    })
    .await
}

/// The values were read before, so that none needs escaping but the plus and
/// the colon that instants may hold.
fn query(given: &CoverageParameters, cursor: Option<&str>) -> String {
    let from = ("from", given.from.as_str());
    let to = ("to", given.to.as_str());
    let limit = ("limit", given.limit.as_str());
    let cursor = ("cursor", cursor.unwrap_or_default());
    crate::addresses::with_query("", &[from, to, limit, cursor])
}

fn span_query(given: &CoverageParameters) -> String {
    let span = CoverageParameters {
        from: given.from.clone(),
        to: given.to.clone(),
        ..CoverageParameters::default()
    };
    query(&span, None)
}

fn coverage_page(
    layout: Layout,
    coverage: Coverage,
    holes: Vec<HoleResource>,
    given: &CoverageParameters,
) -> CoveragePage {
    let Coverage { coverage, meta } = coverage;
    let count = |verdict: CoverageVerdict, count: i64| {
        (verdict.as_str(), verdict_words(verdict), number(count))
    };
    let cursor = meta.next_cursor.as_deref();
    let holes: Vec<HoleView> = holes.into_iter().map(HoleView::from).collect();
    CoveragePage {
        layout,
        from: given.from.clone(),
        to: given.to.clone(),
        total: coverage_view(&meta.totals, Period::All),
        counts: [
            count(CoverageVerdict::Complete, meta.verdicts.complete),
            count(CoverageVerdict::Unknown, meta.verdicts.unknown),
            count(CoverageVerdict::Partial, meta.verdicts.partial),
            count(CoverageVerdict::Missing, meta.verdicts.missing),
        ],
        days: day_views(&coverage.hours),
        units: coverage.units.into_iter().map(UnitView::from).collect(),
        had_by_others: holes.iter().any(|hole| !hole.had_by.is_empty()),
        holes,
        all_holes: format!("/api/v1/coverage/holes{}", span_query(given)),
        next_page: cursor.map(|cursor| format!("/coverage{}", query(given, Some(cursor)))),
    }
}

/// Hours, newest first, as days of twenty-four squares.
fn day_views(hours: &[CoverageHour]) -> Vec<DayView> {
    let mut days: Vec<(NaiveDate, Vec<HourView>)> = Vec::new();
    for hour in hours {
        let day = hour.hour.date_naive();
        if days.last().is_none_or(|(last, _)| *last != day) {
            days.push((day, Vec::new()));
        }
        if let Some((_, views)) = days.last_mut() {
            views.push(HourView {
                x: hour.hour.hour() * 20,
                colour: hour.verdict.as_str(),
                title: format!(
                    "{}: {}, {}",
                    instant_words(hour.hour),
                    verdict_words(hour.verdict),
                    counted(hour.events, "event", "events")
                ),
            });
        }
    }
    days.into_iter()
        .map(|(day, hours)| DayView {
            day: day_words(day),
            hours,
        })
        .collect()
}

impl From<CoverageUnit> for UnitView {
    fn from(unit: CoverageUnit) -> Self {
        let verdict = [
            CoverageVerdict::Complete,
            CoverageVerdict::Unknown,
            CoverageVerdict::Partial,
            CoverageVerdict::Missing,
        ]
        .into_iter()
        .find(|verdict| verdict.as_str() == unit.verdict);
        Self {
            name: unit.unit,
            source: unit.source,
            location: unit.location,
            verdict: verdict.map_or("Not known", verdict_words),
            colour: unit.verdict,
            events: number(unit.events),
            expected: unit.expected.map_or_else(|| "–".to_owned(), number),
            contributions: number(unit.contributions),
            damaged: number(unit.damaged),
            observed: instant_words(unit.observed_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_fill_the_strip() {
        let hours = HoursByVerdict {
            all: 744,
            complete: 3,
            unknown: 17,
            partial: 0,
            missing: 724,
        };
        let pieces = strip(&hours);
        let ends = pieces.iter().map(|piece| piece.start + piece.length);
        assert_eq!(ends.collect::<Vec<_>>(), [4, 26, 1_000]);
        assert_eq!(pieces[2].colour, "missing");
        let none = HoursByVerdict {
            all: 0,
            complete: 0,
            unknown: 0,
            partial: 0,
            missing: 0,
        };
        assert_eq!(strip(&none), []);
    }
}
