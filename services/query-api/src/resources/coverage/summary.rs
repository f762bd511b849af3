//! How much of a period was seen, taken together.

use chrono::{DateTime, Utc};
use domain::{CoverageVerdict, Period};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::problem::Problem;
use crate::queries::contributions::instants;
use crate::queries::coverage::{self, Span, SummaryRow};
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

/// Whole hours of a span up to now.
fn hours_of_span((first, end): Span, now: DateTime<Utc>) -> Option<i64> {
    let end = end?.min(now);
    let minutes = (end - first?).num_minutes().max(0);
    // The hour that is running counts: some of it can have been seen.
    Some((minutes + 59) / 60)
}

pub(super) fn verdict(row: &SummaryRow, hours_in_period: Option<i64>) -> CoverageVerdict {
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

pub(super) fn summarize(row: &SummaryRow, span: Span, now: DateTime<Utc>) -> CoverageSummary {
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
