//! What was read of all sources, kept in memory and extended by what is new, so
//! that every answer can say what it is computed from without counting files.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::Source;
use domain::coverage::{ArchiveHours, CoverageScope, HourCounts, Readings};
use moka::future::Cache;
use tokio::sync::Mutex;

use crate::api::Api;
use crate::problem::Problem;
use crate::queries::coverage::{Span, SummaryRow, coverage_sequence, summary, units_since};
use crate::queries::repositories::names_borne;
use crate::queries::snapshot::Snapshot;
use crate::target::Target;

/// Spans that are kept summed up.
const SPANS: u64 = 1_000;

/// The index as it was last built; none before the first question.
pub(crate) type KnownCoverage = Mutex<Option<Arc<CoverageIndex>>>;

/// What was read up to a sequence of the coverage stream.
#[derive(Clone, Debug)]
pub(crate) struct CoverageIndex {
    /// The generation it is of, by the switch that gave it to readers.
    switches: i64,
    sequence: i64,
    pub(crate) readings: Readings,
    archives: Arc<ArchiveHours>,
    counted: u64,
    summaries: Cache<Span, Arc<SummaryRow>>,
}

impl Default for CoverageIndex {
    fn default() -> Self {
        Self {
            switches: 0,
            sequence: 0,
            readings: Readings::default(),
            archives: Arc::default(),
            counted: 0,
            summaries: Cache::new(SPANS),
        }
    }
}

impl CoverageIndex {
    /// The index as of a snapshot.
    pub(crate) async fn of(api: &Api, snapshot: &mut Snapshot) -> Result<Arc<Self>, Problem> {
        let switches = snapshot.version().switches;
        let sequence = coverage_sequence(snapshot.connection()).await?;
        let mut known = api.coverage().lock().await;
        // One that is of another generation, or ahead of this snapshot, is of no
        // use.
        let known_here = known.as_ref().filter(|index| index.switches == switches);
        if let Some(index) = known_here.filter(|index| index.sequence == sequence) {
            return Ok(Arc::clone(index));
        }
        let before = known_here.filter(|index| index.sequence < sequence);
        let mut index = before.map_or_else(Self::default, |index| Self::clone(index));
        for unit in units_since(snapshot.connection(), index.sequence).await? {
            index.readings.take(unit);
        }
        index.switches = switches;
        index.sequence = sequence;
        index.summaries = Cache::new(SPANS);
        if index.counted != index.readings.learned_of_archives() {
            index.counted = index.readings.learned_of_archives();
            index.archives = Arc::new(ArchiveHours::of(&index.readings));
        }
        let index = Arc::new(index);
        // What was known once is asked for seldom.
        if !snapshot.version().is_past() {
            *known = Some(Arc::clone(&index));
        }
        Ok(index)
    }

    /// All that was read of a span.
    pub(crate) async fn summary(
        &self,
        snapshot: &mut Snapshot,
        span: Span,
    ) -> Result<Arc<SummaryRow>, Problem> {
        let summing = async {
            let row = summary(snapshot.connection(), span).await;
            row.map(Arc::new).map_err(Problem::from)
        };
        let row = self.summaries.try_get_with(span, summing).await;
        row.map_err(|problem| Problem::clone(&problem))
    }

    /// The hours of a span up to now, by verdict, and the sources that were read
    /// of it. Where a span is open, it ends with what was read.
    pub(crate) async fn count(
        &self,
        snapshot: &mut Snapshot,
        target: &Target,
        span: Span,
        now: DateTime<Utc>,
    ) -> Result<(HourCounts, Vec<Source>), Problem> {
        let names = match target.repositories() {
            Some(references) if self.readings.repositories().next().is_some() => {
                let borne = names_borne(snapshot.connection(), references).await?;
                // What nothing was seen of goes by the name it is asked for by.
                match target {
                    Target::Repository { name, .. } if borne.is_empty() => {
                        vec![vec![name.to_lowercase()]]
                    }
                    _ => borne,
                }
            }
            _ => Vec::new(),
        };
        let scope = match target {
            Target::Global => CoverageScope::Everything,
            Target::Repository { .. } | Target::Organization { .. } | Target::Group { .. } => {
                CoverageScope::Repositories(&names)
            }
        };
        let flat: Vec<String> = names.iter().flatten().cloned().collect();
        let known = target.repositories().map(|_| flat.as_slice());
        let known = self.readings.bounds(known).unzip();
        let (from, until) = (span.0.or(known.0), span.1.or(known.1));
        let Some((from, until)) = from.zip(until.map(|until| until.min(now))) else {
            return Ok((HourCounts::default(), Vec::new()));
        };
        let counts = self
            .readings
            .count_hours(&self.archives, scope, from, until);
        Ok((counts, self.readings.sources_read(scope, from, until)))
    }
}
