//! Coverage as it is answered: what was seen, and what is missing.

mod compared;
mod holes;
mod hours;
mod summary;

use chrono::{DateTime, Utc};
use domain::CoverageVerdict;
pub(crate) use holes::{CoverageHoles, HoleResource, HolesRequest, load_holes};
pub(crate) use hours::{CoverageHours, load_hours};
use serde::Serialize;
pub(crate) use summary::{CoverageSummary, HoursByVerdict, load_summary};
use utoipa::ToSchema;

use self::summary::summarize;
use crate::api::Api;
use crate::cursor::{List, UnitCursor};
use crate::problem::Problem;
use crate::queries::coverage::{self, HourRow, Span, UnitRow};
use crate::queries::snapshot::Snapshot;
use crate::target::Target;

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
    #[schema(example = "archive")]
    pub(crate) source: String,
    /// The unit's name, such as `2016-01-01-15`.
    #[schema(example = "2026-03-01-15")]
    pub(crate) unit: String,
    /// Where it was read from.
    #[schema(example = "https://data.gharchive.org/2026-03-01-15.json.gz")]
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
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub(crate) sha256: String,
    /// `complete`, `unknown`, `partial` or `missing`.
    #[schema(example = "complete")]
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
    #[schema(value_type = String, example = "complete")]
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

/// Loads a page of units of a span.
pub(crate) async fn load_coverage(
    api: &Api,
    snapshot: &mut Snapshot,
    span: Span,
    after: Option<&UnitCursor>,
    limit: u32,
) -> Result<Coverage, Problem> {
    let rows = i64::from(limit) + 1;
    let mut units = coverage::units(snapshot.connection(), span, after, rows).await?;
    let more = units.len() > limit as usize;
    units.truncate(limit as usize);
    let hours = coverage::hours_of(snapshot.connection(), &units).await?;
    let (totals, row) = summarize(api, snapshot, &Target::Global, span).await?;
    let next_cursor = units.last().filter(|_| more).map(|unit| {
        Coverage::cursor_after(&UnitCursor {
            hour: unit.hour.clone(),
            source: unit.source.clone(),
            unit: unit.unit.clone(),
        })
    });
    Ok(Coverage {
        coverage: CoverageLists {
            units: units.into_iter().map(CoverageUnit::from).collect(),
            hours: hours.iter().map(CoverageHour::from).collect(),
        },
        meta: CoverageMeta {
            from: span.0,
            to: span.1,
            totals,
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
