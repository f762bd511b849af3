//! Coverage as it is answered: what was seen, and what is missing.

use chrono::{DateTime, Utc};
use domain::{CoverageVerdict, Period};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::cursor::{Cursor, UnitCursor};
use crate::problem::Problem;
use crate::queries::contributions::instants;
use crate::queries::coverage::{self, HourRow, Span, SummaryRow, UnitRow};
use crate::queries::snapshot::Snapshot;

/// How much of a period was seen.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "verdict": "partial", "observed_events": 262_111, "damaged": 0, "units": 20,
    "hours_observed": 20, "hours_in_period": 744,
    "first_hour": "2016-01-01T00:00:00Z", "last_hour": "2016-01-01T19:00:00Z"
}))]
pub(crate) struct CoverageSummary {
    /// The worst that holds for any part: `complete`; `unknown` (read to the
    /// end, but nobody says how much there should be); `partial` (something
    /// was lost, or hours of the period were not read); `missing`.
    #[schema(value_type = String)]
    pub(crate) verdict: CoverageVerdict,
    /// Events read, scored or not.
    pub(crate) observed_events: i64,
    /// Lines that could not be read.
    pub(crate) damaged: i64,
    /// Units (hourly files) read.
    pub(crate) units: i64,
    /// Hours of which events were seen.
    pub(crate) hours_observed: i64,
    /// Hours of the period so far; null for all time.
    pub(crate) hours_in_period: Option<i64>,
    /// The first hour seen.
    pub(crate) first_hour: Option<DateTime<Utc>>,
    /// The last hour seen.
    pub(crate) last_hour: Option<DateTime<Utc>>,
}

/// A page of units, with the hours they hold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Coverage {
    /// Units and hours.
    pub(crate) coverage: CoverageLists,
    /// Totals over the whole span.
    pub(crate) meta: CoverageMeta,
}

/// What was read, by unit and by hour.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CoverageLists {
    /// Units, newest first.
    pub(crate) units: Vec<CoverageUnit>,
    /// The hours that the events of these units happened in, newest first.
    pub(crate) hours: Vec<CoverageHour>,
}

/// One unit (an hourly file) of one source.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CoverageUnit {
    /// The source, such as `archive`.
    pub(crate) source: String,
    /// The unit's name, such as `2016-01-01-15`.
    pub(crate) unit: String,
    /// Where it was read from.
    pub(crate) location: String,
    /// When it was read.
    pub(crate) observed_at: DateTime<Utc>,
    /// Events read.
    pub(crate) events: i64,
    /// Contributions found in them.
    pub(crate) contributions: i64,
    /// Lines that could not be read.
    pub(crate) damaged: i64,
    /// Events there should be; null where nobody says.
    pub(crate) expected: Option<i64>,
    /// Whether its end was reached.
    pub(crate) whole: bool,
    /// SHA-256 of what was read.
    pub(crate) sha256: String,
    /// `complete`, `unknown`, `partial` or `missing`.
    pub(crate) verdict: String,
    /// The sequence of the observation in its stream.
    pub(crate) sequence: i64,
}

/// One hour, over all units that hold events of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CoverageHour {
    /// Its first instant.
    pub(crate) hour: DateTime<Utc>,
    /// Events that happened in it.
    pub(crate) events: i64,
    /// Contributions among them.
    pub(crate) contributions: i64,
    /// Units that hold events of it.
    pub(crate) units: i64,
    /// The worst verdict of those units.
    #[schema(value_type = String)]
    pub(crate) verdict: CoverageVerdict,
}

/// Totals over the whole span that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CoverageMeta {
    /// First instant of the span.
    pub(crate) from: Option<DateTime<Utc>>,
    /// The instant after its last.
    pub(crate) to: Option<DateTime<Utc>>,
    /// All units of the span taken together.
    pub(crate) totals: CoverageSummary,
    /// Units by verdict.
    pub(crate) verdicts: VerdictCounts,
    /// The `cursor` of the next page; null on the last.
    pub(crate) next_cursor: Option<String>,
    /// When this answer was computed.
    pub(crate) generated_at: DateTime<Utc>,
}

/// How many units there are of each verdict.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerdictCounts {
    /// Everything that was expected was read.
    pub(crate) complete: i64,
    /// Read to the end, but nobody says how much there should have been.
    pub(crate) unknown: i64,
    /// Something was lost.
    pub(crate) partial: i64,
    /// Nothing was read.
    pub(crate) missing: i64,
}

/// Whole hours of a span up to now.
fn hours_of_span((first, end): Span, now: DateTime<Utc>) -> Option<i64> {
    let end = end?.min(now);
    let minutes = (end - first?).num_minutes().max(0);
    // The hour that is running counts: some of it can have been seen.
    Some((minutes + 59) / 60)
}

fn verdict(row: &SummaryRow, hours_in_period: Option<i64>) -> CoverageVerdict {
    if row.units == 0 || row.missing == row.units {
        return CoverageVerdict::Missing;
    }
    let unseen = hours_in_period.is_some_and(|hours| row.hours < hours);
    match row {
        _ if unseen || row.partial > 0 || row.missing > 0 => CoverageVerdict::Partial,
        _ if row.unknown > 0 => CoverageVerdict::Unknown,
        _ => CoverageVerdict::Complete,
    }
}

fn summarize(row: &SummaryRow, span: Span, now: DateTime<Utc>) -> CoverageSummary {
    let hours_in_period = hours_of_span(span, now);
    CoverageSummary {
        verdict: verdict(row, hours_in_period),
        observed_events: row.observed_events,
        damaged: row.damaged,
        units: row.units,
        hours_observed: row.hours,
        hours_in_period,
        first_hour: row.first_hour,
        last_hour: row.last_hour,
    }
}

/// Loads how much of a period was seen.
pub(crate) async fn load_summary(
    api: &Api,
    snapshot: &mut Snapshot,
    period: Period,
) -> Result<CoverageSummary, Problem> {
    let span = instants(period);
    let row = coverage::summary(snapshot.connection(), span).await?;
    Ok(summarize(&row, span, api.now()))
}

/// Loads a page of units of a span.
pub(crate) async fn load_coverage(
    api: &Api,
    snapshot: &mut Snapshot,
    span: Span,
    after: Option<&UnitCursor>,
    limit: u32,
) -> Result<Coverage, Problem> {
    let row = coverage::summary(snapshot.connection(), span).await?;
    let rows = i64::from(limit) + 1;
    let mut units = coverage::units(snapshot.connection(), span, after, rows).await?;
    let more = units.len() > limit as usize;
    units.truncate(limit as usize);
    let hours = coverage::hours_of(snapshot.connection(), &units).await?;
    let next_cursor = units.last().filter(|_| more).map(|unit| {
        let (unit, source) = (unit.unit.clone(), unit.source.clone());
        UnitCursor { unit, source }.encode()
    });
    Ok(Coverage {
        coverage: CoverageLists {
            units: units.into_iter().map(CoverageUnit::from).collect(),
            hours: hours.iter().map(CoverageHour::from).collect(),
        },
        meta: CoverageMeta {
            from: span.0,
            to: span.1,
            totals: summarize(&row, span, api.now()),
            verdicts: VerdictCounts {
                complete: row.complete,
                unknown: row.unknown,
                partial: row.partial,
                missing: row.missing,
            },
            next_cursor,
            generated_at: api.now(),
        },
    })
}

impl From<UnitRow> for CoverageUnit {
    fn from(row: UnitRow) -> Self {
        Self {
            source: row.source,
            unit: row.unit,
            location: row.location,
            observed_at: row.observed_at,
            events: row.events,
            contributions: row.contributions,
            damaged: row.damaged,
            expected: row.expected,
            whole: row.whole,
            sha256: row.sha256,
            verdict: row.verdict,
            sequence: row.sequence,
        }
    }
}

impl From<&HourRow> for CoverageHour {
    fn from(row: &HourRow) -> Self {
        let verdict = match row {
            _ if row.missing => CoverageVerdict::Missing,
            _ if row.partial => CoverageVerdict::Partial,
            _ if row.unknown => CoverageVerdict::Unknown,
            _ => CoverageVerdict::Complete,
        };
        Self {
            hour: row.hour,
            events: row.events,
            contributions: row.contributions,
            units: row.units,
            verdict,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(complete: i64, unknown: i64, partial: i64, missing: i64) -> SummaryRow {
        SummaryRow {
            observed_events: 0,
            damaged: 0,
            units: complete + unknown + partial + missing,
            complete,
            unknown,
            partial,
            missing,
            first_hour: None,
            last_hour: None,
            hours: complete + unknown + partial,
        }
    }

    #[test]
    fn the_whole_is_as_good_as_its_worst_part() {
        use CoverageVerdict as Verdict;
        assert_eq!(verdict(&row(0, 0, 0, 0), None), Verdict::Missing);
        assert_eq!(verdict(&row(5, 0, 0, 0), None), Verdict::Complete);
        assert_eq!(verdict(&row(5, 1, 0, 0), None), Verdict::Unknown);
        assert_eq!(verdict(&row(5, 1, 1, 0), None), Verdict::Partial);
        assert_eq!(verdict(&row(5, 0, 0, 1), None), Verdict::Partial);
        assert_eq!(verdict(&row(5, 0, 0, 0), Some(24)), Verdict::Partial);
    }

    #[test]
    fn hours_that_are_still_to_come_are_not_missing() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let day = (
            Some(at("2016-01-01T00:00:00Z")),
            Some(at("2016-01-02T00:00:00Z")),
        );
        assert_eq!(hours_of_span(day, at("2016-01-01T05:30:00Z")), Some(6));
        assert_eq!(hours_of_span(day, at("2020-01-01T00:00:00Z")), Some(24));
        assert_eq!(hours_of_span(day, at("2015-01-01T00:00:00Z")), Some(0));
        assert_eq!(
            hours_of_span((None, None), at("2015-01-01T00:00:00Z")),
            None
        );
    }
}
