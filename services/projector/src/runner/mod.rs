//! The runner: lease, batch, transaction, checkpoint, dead letters.

mod apply;
mod batch;
mod dead_letter;
mod lease;
mod pace;

use std::time::{Duration, Instant};

use event_log::{Delivered, EventLog};
use postgres::GenerationPool;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{Projection, ProjectionError, Unreadable};
pub use apply::apply_batch;
use apply::apply_facts;
use batch::{Batch, batch_span, next_batch};
use dead_letter::park;
use lease::{Lease, Progress};
use pace::Meter;
pub use pace::Pace;

/// How a projector runs.
#[derive(Clone, Debug)]
pub struct ProjectorSettings {
    /// Names this projector among several; unique per process.
    pub owner: String,
    /// How long an owner may be silent before another takes over.
    pub lease: Duration,
    /// The most messages in one transaction.
    pub largest_batch: usize,
}

/// How long making ready for a batch may take: partitions are made.
const PREPARATION_LIMIT: Duration = Duration::from_secs(30);

/// Runs one projection of a generation until cancelled. Faults of the database, of the log or
/// of the lease end the present run of it, and it starts again from its
/// checkpoint.
///
/// # Errors
/// Only what trying again cannot mend.
pub async fn run_projection<P: Projection>(
    mut projection: P,
    home: &GenerationPool,
    log: &EventLog,
    settings: &ProjectorSettings,
    pace: &Pace,
    stop: &CancellationToken,
) -> Result<(), ProjectionError> {
    let mut delays = backoff();
    while !stop.is_cancelled() {
        let started = Instant::now();
        let run = own_and_follow(&mut projection, home, log, settings, pace);
        let outcome = tokio::select! {
            outcome = run => outcome,
            () = stop.cancelled() => break,
        };
        let Err(error) = outcome;
        projection.forget();
        if started.elapsed() > settings.lease {
            delays = backoff();
        }
        let delay = delays.next().unwrap_or(Duration::from_secs(2));
        let generation = home.generation().number;
        tracing::warn!(projection = P::NAME, generation, %error, ?delay, "projection_restarting");
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = stop.cancelled() => break,
        }
    }
    lease::release(home, P::NAME, &settings.owner).await;
    Ok(())
}

fn backoff() -> impl Iterator<Item = Duration> {
    use backon::BackoffBuilder;
    backon::ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(2))
        .without_max_times()
        .with_jitter()
        .build()
}

/// Waits for the lease, then follows the stream from the checkpoint for as
/// long as the lease holds.
async fn own_and_follow<P: Projection>(
    projection: &mut P,
    home: &GenerationPool,
    log: &EventLog,
    settings: &ProjectorSettings,
    pace: &Pace,
) -> Result<std::convert::Infallible, ProjectionError> {
    let lease = Lease::acquire(home, P::NAME, P::STREAM.name(), settings).await?;
    tracing::info!(
        projection = P::NAME,
        generation = home.generation().number,
        sequence = lease.sequence,
        "projection_started"
    );
    let committer = Committer {
        home,
        lease: &lease,
        generation: home.generation().number.to_string(),
        meter: Meter::start(),
    };
    let follow = follow(projection, log, settings, pace, committer);
    tokio::select! {
        outcome = follow => outcome,
        error = lease.keep(home, settings) => Err(error),
    }
}

/// Reads each batch while the one before it is committed, as long as the
/// stream goes on behind it. At its end, whatever arrives during a commit is
/// one batch: more of them, each smaller, would cost more and be later.
async fn follow<P: Projection>(
    projection: &mut P,
    log: &EventLog,
    settings: &ProjectorSettings,
    pace: &Pace,
    mut committer: Committer<'_>,
) -> Result<std::convert::Infallible, ProjectionError> {
    let mut checkpoint = committer.lease.sequence;
    let mut subscription = log.subscribe(P::STREAM, checkpoint).await?;
    let limit = || pace.largest_batch(settings.largest_batch);
    let mut batch = next_batch::<P>(&mut subscription, limit()).await?;
    loop {
        pace.wait_for(batch.messages.len()).await;
        let is_last = batch.messages.last().is_none_or(|last| last.pending == 0);
        let committing = committer.commit_and_report(projection, checkpoint, batch);
        if is_last {
            checkpoint = committing.await?;
            batch = next_batch::<P>(&mut subscription, limit()).await?;
        } else {
            let following = next_batch::<P>(&mut subscription, limit());
            (checkpoint, batch) = tokio::try_join!(committing, following)?;
        }
    }
}

/// Commits batches under one lease.
struct Committer<'a> {
    home: &'a GenerationPool,
    lease: &'a Lease,
    /// The generation's number, as a label of metrics.
    generation: String,
    meter: Meter,
}

impl Committer<'_> {
    async fn commit_and_report<P: Projection>(
        &mut self,
        projection: &mut P,
        checkpoint: u64,
        batch: Batch<P>,
    ) -> Result<u64, ProjectionError> {
        let started = Instant::now();
        let messages = batch.messages.len();
        let checkpoint = self.commit(projection, checkpoint, batch).await?;
        self.meter.count(messages);
        let labels = [
            ("projection", P::NAME.to_owned()),
            ("generation", self.generation.clone()),
        ];
        metrics::counter!("projection_messages_total", &labels).increment(messages as u64);
        metrics::histogram!("projection_batch_seconds", &labels)
            .record(started.elapsed().as_secs_f64());
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
        let Batch {
            mut messages,
            facts,
            unreadable,
        } = batch;
        let span = batch_span(P::NAME, &messages);
        let outcome = self
            .try_commit(projection, checkpoint, &messages, facts, unreadable)
            .instrument(span)
            .await;
        let (first, second, pause) = match outcome {
            Err(ProjectionError::Paused(at)) => {
                let beyond = messages.partition_point(|message| message.sequence <= at);
                let second = messages.split_off(beyond);
                (messages, second, Some(at))
            }
            Err(error) if error.is_poison() && messages.len() > 1 => {
                let second = messages.split_off(messages.len() / 2);
                (messages, second, None)
            }
            Err(error) if error.is_poison() => {
                projection.forget();
                let set_aside = self.set_aside(projection, checkpoint, &messages, &error);
                return set_aside.await;
            }
            outcome => return outcome,
        };
        projection.forget();
        let mut checkpoint = checkpoint;
        // What lay between was taken from the log: there is nothing to project.
        if let Some(at) = pause.filter(|at| first.is_empty() && *at > checkpoint) {
            checkpoint = self.skip_to(checkpoint, at).await?;
        }
        if !first.is_empty() {
            let first = Box::pin(self.commit(projection, checkpoint, Batch::read(first)));
            checkpoint = first.await?;
        }
        if let Some(at) = pause {
            self.lease.wait_while_paused(self.home, at).await?;
        }
        if second.is_empty() {
            return Ok(checkpoint);
        }
        Box::pin(self.commit(projection, checkpoint, Batch::read(second))).await
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
