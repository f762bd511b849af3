//! A unit on its way to the log.

use std::pin::pin;

use domain::{Source, SourceReference};
use event_log::Published;
use events::CoverageObserved;
use futures::StreamExt;
use tokio::sync::mpsc;

use super::outgoing::{unit_dead_letter, wrap_all, wrap_coverage};
use super::reading::{Prepared, UnitFailure, prepare};
use super::sink::Batches;
use super::unit::{Stop, unless_cancelled};
use super::{Advance, CoverageLog, Decoded, EventSink, IngestError, Job, UnitSummary};
use crate::sources::archive::{Manifest, Piece, ReadSummary, Unit};

/// Damaged lines after which a file without a single event is given up.
const DAMAGED_WITHOUT_EVENT: u64 = 1_000;

/// What was read of a unit so far, and its events under way.
pub(super) struct Publication<'a, S, L> {
    job: &'a Job<'a, S, L>,
    unit: &'a Unit,
    pub(super) batches: Batches<S>,
    pub(super) decoded: Decoded,
    source: SourceReference,
}

impl<'a, S: EventSink, L: CoverageLog> Publication<'a, S, L> {
    pub(super) fn new(job: &'a Job<'a, S, L>, unit: &'a Unit) -> Self {
        Self {
            job,
            unit,
            batches: Batches::new(job.services.publisher.clone(), job.permits.clone()),
            decoded: Decoded::default(),
            source: SourceReference {
                source: Source::Archive,
                reference: unit.name.clone(),
            },
        }
    }

    pub(super) async fn take_all(&mut self, pieces: mpsc::Receiver<Piece>) -> Result<(), Stop> {
        let now = self.job.services.clock.now();
        let parallelism = self.job.options.parallelism;
        let mut pieces = pin!(prepare(&self.unit.name, pieces, parallelism, now));
        let cancellation = &self.job.services.cancellation;
        while let Some(prepared) = unless_cancelled(cancellation, pieces.next()).await? {
            let prepared = prepared?.map_err(|error| Stop::Job(error.into()))?;
            self.take(prepared).await?;
        }
        Ok(())
    }

    async fn take(&mut self, prepared: Prepared) -> Result<(), Stop> {
        self.decoded.absorb(prepared.decoded);
        self.push(prepared.envelopes).await?;
        let tally = &self.decoded.tally;
        if tally.events == 0 && tally.damaged >= DAMAGED_WITHOUT_EVENT {
            return Err(UnitFailure::NoEvents(tally.damaged).into());
        }
        if let Some(read) = prepared.read {
            let (events, contributions) = (tally.events, tally.contributions);
            tracing::debug!(read, events, contributions, "scrape_progress");
            let unit = &self.unit.name;
            let advance = Advance {
                unit,
                read,
                events,
                contributions,
            };
            self.job.progress.advanced(&advance);
        }
        if self.decoded.names.is_full() {
            self.tell_names().await?;
        }
        Ok(())
    }

    async fn push(&mut self, envelopes: Vec<events::Envelope>) -> Result<(), Stop> {
        let cancellation = &self.job.services.cancellation;
        let pushed = unless_cancelled(cancellation, self.batches.push(envelopes)).await?;
        pushed.map_err(|error| Stop::Job(error.into()))
    }

    async fn tell_names(&mut self) -> Result<(), Stop> {
        let names = self.decoded.names.take_events(&self.source);
        let envelopes = wrap_all(names).map_err(|error| Stop::Job(error.into()))?;
        self.push(envelopes).await
    }

    /// Publishes what is left and, when all is acknowledged, the coverage.
    pub(super) async fn finish(
        mut self,
        location: String,
        read: &ReadSummary,
        manifest: &Manifest,
    ) -> Result<UnitSummary, Stop> {
        let disagreements = manifest.disagreements(self.decoded.tally.events, &read.sha256);
        let now = self.job.services.clock.now();
        let letters = disagreements
            .iter()
            .map(|error| unit_dead_letter(&self.unit.name, error.clone(), now));
        let letters = wrap_all(letters).map_err(|error| Stop::Job(error.into()))?;
        self.push(letters).await?;
        self.tell_names().await?;
        let coverage = self.coverage(location, read, manifest);
        let publishing = self.publish_coverage(coverage.clone());
        let published = publishing.await.map_err(Stop::Job)?;
        Ok(UnitSummary {
            coverage,
            published,
            repaired: self.decoded.tally.repaired,
            disagreements,
        })
    }

    async fn publish_coverage(
        &mut self,
        coverage: CoverageObserved,
    ) -> Result<Published, IngestError> {
        let published = self.batches.finish().await?;
        let envelopes = vec![wrap_coverage(coverage)?];
        self.job.services.publisher.publish(envelopes).await?;
        Ok(published)
    }

    fn coverage(
        &self,
        location: String,
        read: &ReadSummary,
        manifest: &Manifest,
    ) -> CoverageObserved {
        let tally = &self.decoded.tally;
        CoverageObserved {
            source: Source::Archive,
            unit: self.unit.name.clone(),
            location,
            observed_at: self.job.services.clock.now(),
            events: tally.events,
            contributions: tally.contributions,
            damaged: tally.damaged,
            expected: manifest.events,
            whole: read.whole && manifest.is_met(tally.events, &read.sha256),
            bytes: read.bytes,
            sha256: read.sha256.clone(),
            hours: tally.hours(),
            types: tally.types.clone(),
        }
    }
}
