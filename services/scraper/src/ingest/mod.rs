//! The ingest job: units of an archive in, acknowledged contributions and
//! coverage out.
//!
//! A unit is read, decoded and published as a stream, in constant memory. Its
//! coverage is published last, when all else of it is acknowledged: a unit
//! without coverage was not finished and is read again.

mod decode;
mod names;
mod observe;
mod offline;
mod outgoing;
mod progress;
mod publication;
mod reading;
mod report;
mod sink;
mod tally;
mod unit;

use std::sync::Arc;

use event_log::LogError;
use futures::StreamExt;
use futures::stream::FuturesOrdered;
use runtime::Clock;
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use decode::Decoded;
pub use names::Names;
pub use offline::{DecodedFile, decode_file, decode_files};
pub use progress::{Advance, Bar, JsonLines, Progress, Silent, progress_on_stderr};
pub use report::{IngestReport, UnitOutcome, UnitReport, UnitSummary};
pub use sink::{CoverageLog, EventSink};
pub use tally::Tally;

use observe::observe_job;

use crate::sources::archive::{FetchError, Fetcher, Patience, Plan};

/// Units read at the same time: while one waits for its last
/// acknowledgements, the next is being read.
const UNITS_AT_ONCE: usize = 2;

/// Batches under way at the same time, over all units.
const BATCHES_UNDER_WAY: usize = 8;

/// What the job needs from the rest of the system.
#[derive(Clone)]
pub struct IngestServices<S, L> {
    /// Where events go.
    pub publisher: S,
    /// What knows which units were read before.
    pub log: L,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
    /// Stops the job between batches.
    pub cancellation: CancellationToken,
}

/// How the job works.
#[derive(Clone, Copy, Debug)]
pub struct IngestOptions {
    /// Pieces of a unit decoded at the same time.
    pub parallelism: usize,
    /// Bytes of the longest line that is read.
    pub longest_line: usize,
    /// Whether hours that were read whole before are read again.
    pub force: bool,
    /// Whether an hour that no archive has becomes a dead letter; else its
    /// outcome is [`UnitOutcome::Absent`].
    pub reports_absence: bool,
    /// How often what fails for a passing reason is tried.
    pub patience: Patience,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            parallelism: std::thread::available_parallelism().map_or(2, usize::from),
            longest_line: 16 * 1_024 * 1_024,
            force: false,
            reports_absence: true,
            patience: Patience::default(),
        }
    }
}

/// Why the job cannot go on. What is wrong with a unit is in the report.
#[derive(Debug, Error)]
pub enum IngestError {
    /// The log does not take or give events.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An event cannot be written.
    #[error("an event cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    /// No files can be had from the web.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

/// What all units of a job share.
struct Job<'a, S, L> {
    services: &'a IngestServices<S, L>,
    options: IngestOptions,
    fetcher: Fetcher,
    permits: Arc<Semaphore>,
    progress: &'a dyn Progress,
}

/// Reads all units of a plan and publishes what they hold.
///
/// # Errors
/// [`IngestError`] when the log fails. A unit that fails does not end the
/// job: it is in the report, and among the dead letters.
pub async fn ingest<S: EventSink, L: CoverageLog>(
    plan: &Plan,
    services: &IngestServices<S, L>,
    options: IngestOptions,
    progress: &dyn Progress,
) -> Result<IngestReport, IngestError> {
    let job = Job {
        services,
        options,
        fetcher: Fetcher::new(options.patience)?,
        permits: Arc::new(Semaphore::new(BATCHES_UNDER_WAY)),
        progress,
    };
    progress.job_started(plan.units.len());
    tracing::info!(units = plan.units.len(), "pipeline_started");
    let report = job.ingest_all(plan).await;
    progress.job_finished();
    observe_job(&report);
    report
}

impl<S: EventSink, L: CoverageLog> Job<'_, S, L> {
    /// Ingests all units, a few at the same time, in the order of the plan.
    async fn ingest_all(&self, plan: &Plan) -> Result<IngestReport, IngestError> {
        let mut waiting = plan.units.iter();
        let mut running = FuturesOrdered::new();
        let mut report = IngestReport::default();
        loop {
            let free = UNITS_AT_ONCE.saturating_sub(running.len());
            running.extend(
                waiting
                    .by_ref()
                    .take(free)
                    .map(|unit| self.ingest_unit(unit)),
            );
            match running.next().await {
                Some(unit) => report.units.push(unit?),
                None => return Ok(report),
            }
        }
    }
}
