//! One unit of a job, from finding it to its report.

use std::time::Instant;

use domain::Source;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::outgoing::{unit_dead_letter, wrap_all};
use super::publication::Publication;
use super::reading::{UnitFailure, start_reading};
use super::{CoverageLog, EventSink, IngestError, Job, UnitOutcome, UnitReport, UnitSummary};
use crate::sources::archive::{FetchError, Location, Manifest, Opened, ReadError, Unit, UnitKind};

/// What ends the reading of a unit before its end.
pub(super) enum Stop {
    Cancelled,
    Failed(UnitFailure),
    Job(IngestError),
}

impl<F: Into<UnitFailure>> From<F> for Stop {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}

impl<S: EventSink, L: CoverageLog> Job<'_, S, L> {
    /// Ingests a unit and reports what became of it.
    pub(super) async fn ingest_unit(&self, unit: &Unit) -> Result<UnitReport, IngestError> {
        let started = Instant::now();
        let span = tracing::info_span!("ingest_unit", unit = %unit.name);
        let attempt = self.attempt(unit).instrument(span.clone()).await;
        let outcome = match attempt {
            Ok(outcome) => outcome,
            Err(Stop::Cancelled) => UnitOutcome::Cancelled,
            Err(Stop::Failed(UnitFailure::Fetch(absent @ FetchError::NoSuchHour { .. })))
                if !self.options.reports_absence =>
            {
                UnitOutcome::Absent(absent.to_string())
            }
            Err(Stop::Failed(failure)) => self.give_up(unit, &failure).await?,
            Err(Stop::Job(error)) => return Err(error),
        };
        let name = unit.name.clone();
        let report = UnitReport { name, outcome };
        span.in_scope(|| report.observe(started.elapsed()));
        self.progress.unit_finished(&report);
        Ok(report)
    }

    async fn attempt(&self, unit: &Unit) -> Result<UnitOutcome, Stop> {
        if self.services.cancellation.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        if self.was_read_whole(unit).await.map_err(Stop::Job)? {
            return Ok(UnitOutcome::Skipped);
        }
        let opening = self.fetcher.open(unit);
        let opened = unless_cancelled(&self.services.cancellation, opening).await??;
        let manifest = self.manifest(&opened.location).await?;
        let (location, length) = (&opened.location, opened.length);
        tracing::info!(unit = %unit.name, %location, length, "scrape_started");
        self.progress.unit_started(&unit.name, length);
        let summary = self.read(unit, opened, manifest).await?;
        Ok(UnitOutcome::Completed(Box::new(summary)))
    }

    async fn was_read_whole(&self, unit: &Unit) -> Result<bool, IngestError> {
        if unit.kind == UnitKind::Named || self.options.force {
            return Ok(false);
        }
        let log = &self.services.log;
        let coverage = log.last_coverage(Source::Archive, &unit.name).await?;
        Ok(coverage.is_some_and(|coverage| coverage.whole))
    }

    /// The file's manifest. The file is worth reading without it.
    async fn manifest(&self, file: &Location) -> Result<Manifest, Stop> {
        let asking = self.fetcher.manifest(file);
        let manifest = unless_cancelled(&self.services.cancellation, asking).await?;
        let manifest =
            manifest.inspect_err(|error| tracing::warn!(%error, "scrape_manifest_failed"));
        Ok(manifest.ok().flatten().unwrap_or_default())
    }

    async fn read(
        &self,
        unit: &Unit,
        opened: Opened,
        manifest: Manifest,
    ) -> Result<UnitSummary, Stop> {
        let (pieces, reading) = start_reading(opened.reader, self.options.longest_line);
        let mut publication = Publication::new(self, unit);
        let taken = publication.take_all(pieces).await;
        if matches!(taken, Err(Stop::Cancelled)) {
            // What is under way is let arrive: the job stops between batches.
            publication.batches.settle().await;
        }
        taken?;
        let read = reading.await??;
        let tally = &publication.decoded.tally;
        if tally.events + tally.damaged == 0 {
            return Err(ReadError::Empty.into());
        }
        let location = opened.location.to_string();
        publication.finish(location, &read, &manifest).await
    }

    /// Reports a unit that cannot be read, as a dead letter too.
    async fn give_up(
        &self,
        unit: &Unit,
        failure: &UnitFailure,
    ) -> Result<UnitOutcome, IngestError> {
        let reason = failure.to_string();
        let now = self.services.clock.now();
        let dead_letter = unit_dead_letter(&unit.name, reason.clone(), now);
        let envelopes = wrap_all([dead_letter])?;
        self.services.publisher.publish(envelopes).await?;
        Ok(UnitOutcome::Failed(reason))
    }
}

/// What a future comes to, unless the job is stopped before.
pub(super) async fn unless_cancelled<T>(
    cancellation: &CancellationToken,
    future: impl Future<Output = T>,
) -> Result<T, Stop> {
    let outcome = cancellation.run_until_cancelled(future).await;
    outcome.ok_or(Stop::Cancelled)
}
