//! Committing: a batch, its dead letters and its checkpoint in one transaction.

use std::time::{Duration, Instant};

use event_log::Delivered;
use postgres::GenerationPool;
use tracing::Instrument;

use super::apply::apply_facts;
use super::batch::{Batch, batch_span};
use super::dead_letter::park;
use super::lease::{Lease, Progress};
use super::pace::Meter;
use crate::{Projection, ProjectionError, Unreadable};

/// How long making ready for a batch may take: partitions are made.
const PREPARATION_LIMIT: Duration = Duration::from_secs(30);

/// What is left to do of a batch that could not be committed as a whole. A list of
/// these rather than recursion: a batch of 80,000 is halved seventeen times, and each
/// level of futures would stand on the stack.
enum Step {
    /// Messages to read and commit.
    Project(Vec<Delivered>),
    /// What lies between was taken from the log: there is nothing to project.
    SkipTo(u64),
    /// Wait here until the generation may go on.
    HoldAt(u64),
}

/// Commits batches under one lease.
pub(super) struct Committer<'a> {
    pub(super) home: &'a GenerationPool,
    pub(super) lease: &'a Lease,
    /// The generation's number, as a label of metrics.
    pub(super) generation: String,
    pub(super) meter: Meter,
}

impl Committer<'_> {
    pub(super) async fn commit_and_report<P: Projection>(
        &mut self,
        projection: &mut P,
        checkpoint: u64,
        batch: Batch<P>,
    ) -> Result<u64, ProjectionError> {
        let started = Instant::now();
        let messages = batch.messages.len();
        let span = batch_span(P::NAME, &batch.messages);
        let commit = self.commit(projection, checkpoint, batch);
        let checkpoint = commit.instrument(span.clone()).await?;
        self.meter.count(messages);
        let labels = [
            ("projection", P::NAME.to_owned()),
            ("generation", self.generation.clone()),
        ];
        metrics::counter!("projection_messages_total", &labels).increment(messages as u64);
        let measured = metrics::histogram!("projection_batch_seconds", &labels);
        // Within its span, so that the metric leads to the trace.
        span.in_scope(|| {
            let seconds = started.elapsed().as_secs_f64();
            measured.record(seconds);
            let generation = &self.generation;
            tracing::debug!(
                projection = P::NAME,
                generation,
                messages,
                checkpoint,
                seconds,
                "batch_projected"
            );
        });
        Ok(checkpoint)
    }

    /// Commits a batch and returns the new checkpoint. When some message of it
    /// is poison, the batch is halved until that message stands alone and can
    /// be set aside; nothing else of the batch is lost. When the generation is
    /// held at a sequence, the batch is committed up to there, and its rest
    /// when it may go on.
    async fn commit<P: Projection>(
        &self,
        projection: &mut P,
        checkpoint: u64,
        batch: Batch<P>,
    ) -> Result<u64, ProjectionError> {
        let mut left = Vec::new();
        let mut checkpoint = self
            .commit_or_divide(projection, checkpoint, batch, &mut left)
            .await?;
        while let Some(step) = left.pop() {
            checkpoint = match step {
                Step::Project(messages) => {
                    let batch = Batch::read(messages);
                    self.commit_or_divide(projection, checkpoint, batch, &mut left)
                        .await?
                }
                Step::SkipTo(sequence) => self.skip_to(checkpoint, sequence).await?,
                Step::HoldAt(sequence) => {
                    self.lease.wait_while_paused(self.home, sequence).await?;
                    checkpoint
                }
            };
        }
        Ok(checkpoint)
    }

    /// Commits a batch, or leaves what to do in its place, the first on top.
    /// Returns how far the checkpoint has come.
    async fn commit_or_divide<P: Projection>(
        &self,
        projection: &mut P,
        checkpoint: u64,
        batch: Batch<P>,
        left: &mut Vec<Step>,
    ) -> Result<u64, ProjectionError> {
        let Batch {
            mut messages,
            facts,
            unreadable,
        } = batch;
        let outcome = self
            .try_commit(projection, checkpoint, &messages, facts, unreadable)
            .await;
        match outcome {
            Err(ProjectionError::Paused(at)) => {
                projection.forget();
                let beyond = messages.partition_point(|message| message.sequence <= at);
                let rest = messages.split_off(beyond);
                if !rest.is_empty() {
                    left.push(Step::Project(rest));
                }
                left.push(Step::HoldAt(at));
                if !messages.is_empty() {
                    left.push(Step::Project(messages));
                } else if at > checkpoint {
                    left.push(Step::SkipTo(at));
                }
                Ok(checkpoint)
            }
            Err(error) if error.is_poison() && messages.len() > 1 => {
                projection.forget();
                let second = messages.split_off(messages.len() / 2);
                left.push(Step::Project(second));
                left.push(Step::Project(messages));
                Ok(checkpoint)
            }
            Err(error) if error.is_poison() => {
                projection.forget();
                self.set_aside(projection, checkpoint, &messages, &error)
                    .await
            }
            outcome => outcome,
        }
    }

    /// Moves the checkpoint to a sequence before which no message is left.
    async fn skip_to(&self, checkpoint: u64, at: u64) -> Result<u64, ProjectionError> {
        let to = Progress {
            sequence: at,
            pending: 0,
            messages_per_second: self.meter.with(0),
        };
        let mut transaction = self.lease.begin(self.home, at).await?;
        self.lease.advance(&mut transaction, checkpoint, to).await?;
        self.lease.commit(transaction).await?;
        Ok(at)
    }

    async fn try_commit<P: Projection>(
        &self,
        projection: &mut P,
        checkpoint: u64,
        messages: &[Delivered],
        facts: P::Facts,
        unreadable: Unreadable,
    ) -> Result<u64, ProjectionError> {
        self.prepare(projection, &facts).await?;
        let to = self.progress(checkpoint, messages);
        let mut transaction = self.lease.begin(self.home, to.sequence).await?;
        apply_facts(projection, &mut transaction, facts).await?;
        for (place, error) in unreadable {
            if let Some(message) = messages.get(place) {
                park(&mut transaction, P::NAME, P::STREAM.name(), message, &error).await?;
            }
        }
        self.lease.advance(&mut transaction, checkpoint, to).await?;
        self.lease.commit(transaction).await?;
        Ok(to.sequence)
    }

    async fn prepare<P: Projection>(
        &self,
        projection: &mut P,
        facts: &P::Facts,
    ) -> Result<(), ProjectionError> {
        let preparing = projection.prepare(self.home, facts);
        let silent = |_| std::io::Error::from(std::io::ErrorKind::TimedOut);
        tokio::time::timeout(PREPARATION_LIMIT, preparing)
            .await
            .map_err(|elapsed| sqlx::Error::Io(silent(elapsed)))?
    }

    async fn set_aside<P: Projection>(
        &self,
        projection: &mut P,
        checkpoint: u64,
        messages: &[Delivered],
        error: &ProjectionError,
    ) -> Result<u64, ProjectionError> {
        loop {
            let set_aside = self.try_set_aside(projection, checkpoint, messages, error);
            match set_aside.await {
                Err(ProjectionError::Paused(at)) => {
                    self.lease.wait_while_paused(self.home, at).await?;
                }
                outcome => return outcome,
            }
        }
    }

    async fn try_set_aside<P: Projection>(
        &self,
        projection: &mut P,
        checkpoint: u64,
        messages: &[Delivered],
        error: &ProjectionError,
    ) -> Result<u64, ProjectionError> {
        let to = self.progress(checkpoint, messages);
        let mut transaction = self.lease.begin(self.home, to.sequence).await?;
        for message in messages {
            let error = error.to_string();
            park(&mut transaction, P::NAME, P::STREAM.name(), message, &error).await?;
        }
        projection.set_aside(&mut transaction, messages).await?;
        self.lease.advance(&mut transaction, checkpoint, to).await?;
        self.lease.commit(transaction).await?;
        Ok(to.sequence)
    }

    /// How far it will have come when these messages are committed.
    fn progress(&self, checkpoint: u64, messages: &[Delivered]) -> Progress {
        let last = messages.last();
        Progress {
            sequence: last.map_or(checkpoint, |message| message.sequence),
            pending: last.map_or(0, |message| message.pending),
            messages_per_second: self.meter.with(messages.len()),
        }
    }
}
