//! How much of a period was seen, taken together.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::coverage::HourCounts;
use domain::{CoverageVerdict, Period, Source};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::coverage_index::CoverageIndex;
use crate::problem::Problem;
use crate::queries::contributions::instants;
use crate::queries::coverage::{Span, SummaryRow};
use crate::queries::snapshot::Snapshot;
use crate::target::Target;

/// Hours by how completely they were read. Nothing is compared with what other
/// sources saw; `/api/v1/coverage/holes` does.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct HoursByVerdict {
    /// Hours of the period so far; of all time those from the first that was
    /// read to the last.
    pub(crate) all: i64,
    /// Read to the end, and all that a manifest promises.
    pub(crate) complete: i64,
    /// Read to the end, but nobody promised how much there is.
    pub(crate) unknown: i64,
    /// Read in part, or of some of the repositories only.
    pub(crate) partial: i64,
    /// Not read.
    pub(crate) missing: i64,
}

impl From<HourCounts> for HoursByVerdict {
    fn from(counts: HourCounts) -> Self {
        Self {
            all: counts.all(),
            complete: counts.complete,
            unknown: counts.unknown,
            partial: counts.partial,
            missing: counts.missing,
        }
    }
}

/// How much of a period was seen.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "verdict": "partial", "observed_events": 262_111, "damaged": 0, "units": 20,
    "hours_observed": 20, "hours_in_period": 744,
    "hours": {"all": 744, "complete": 0, "unknown": 20, "partial": 0, "missing": 724},
    "sources": ["archive"],
    "first_hour": "2016-01-01T00:00:00Z", "last_hour": "2016-01-01T19:00:00Z"
}))]
pub(crate) struct CoverageSummary {
    /// The worst that holds for any hour: `complete`; `unknown` (read to the
    /// end, but nobody says how much there should be); `partial` (something
    /// was lost, or hours of the period were not read); `missing` (nothing was
    /// read).
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
    /// Hours by verdict, of the repositories that count here.
    pub(crate) hours: HoursByVerdict,
    /// The sources that were read of them: `archive`, `api`, `bigquery`.
    #[schema(value_type = Vec<String>)]
    pub(crate) sources: Vec<Source>,
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

/// What was read of a span, taken together, and by unit.
pub(super) async fn summarize(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    span: Span,
) -> Result<(CoverageSummary, Arc<SummaryRow>), Problem> {
    let index = CoverageIndex::of(api, snapshot).await?;
    let row = index.summary(snapshot, span).await?;
    let (hours, sources) = index.count(snapshot, target, span, api.now()).await?;
    let summary = CoverageSummary {
        verdict: hours.verdict(),
        observed_events: row.observed_events,
        damaged: row.damaged,
        units: row.units,
        hours_observed: row.hours,
        hours: hours.into(),
        sources,
        hours_in_period: hours_of_span(span, api.now()),
        first_hour: row.first_hour,
        last_hour: row.last_hour,
    };
    Ok((summary, row))
}

/// Loads how much was seen of a period, of what a board is about.
pub(crate) async fn load_summary(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    period: Period,
) -> Result<CoverageSummary, Problem> {
    let summary = summarize(api, snapshot, target, instants(period)).await;
    summary.map(|(summary, _)| summary)
}

#[cfg(test)]
mod tests {
    use super::*;

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
