//! The runner: lease, batch, transaction, checkpoint, dead letters.

mod apply;
mod batch;
mod dead_letter;
mod lease;

use std::time::{Duration, Instant};

use event_log::{Delivered, EventLog};
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{Projection, ProjectionError, Unreadable};
pub use apply::apply_batch;
use apply::apply_facts;
use batch::{Batch, batch_span, next_batch};
use dead_letter::park;
use lease::Lease;

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

/// Runs one projection until cancelled. Faults of the database, of the log or
/// of the lease end the present run of it, and it starts again from its
/// checkpoint.
///
/// # Errors
/// Only what trying again cannot mend.
pub async fn run_projection<P: Projection>(
    mut projection: P,
    pool: &PgPool,
    log: &EventLog,
    settings: &ProjectorSettings,
    stop: &CancellationToken,
) -> Result<(), ProjectionError> {
    let mut delays = backoff();
    while !stop.is_cancelled() {
        let started = Instant::now();
        let run = own_and_follow(&mut projection, pool, log, settings);
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
        tracing::warn!(projection = P::NAME, %error, ?delay, "projection_restarting");
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = stop.cancelled() => break,
        }
    }
    lease::release(pool, P::NAME, &settings.owner).await;
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
    pool: &PgPool,
    log: &EventLog,
    settings: &ProjectorSettings,
) -> Result<std::convert::Infallible, ProjectionError> {
    let lease = Lease::acquire(pool, P::NAME, P::STREAM.name(), settings).await?;
    tracing::info!(
        projection = P::NAME,
        sequence = lease.sequence,
        "projection_started"
    );
    let follow = follow(projection, pool, log, settings, &lease);
    tokio::select! {
        outcome = follow => outcome,
        error = lease.keep(pool, settings) => Err(error),
    }
}

/// Reads each batch while the one before it is committed, as long as the
/// stream goes on behind it. At its end, whatever arrives during a commit is
/// one batch: more of them, each smaller, would cost more and be later.
async fn follow<P: Projection>(
    projection: &mut P,
    pool: &PgPool,
    log: &EventLog,
    settings: &ProjectorSettings,
    lease: &Lease,
) -> Result<std::convert::Infallible, ProjectionError> {
    let mut checkpoint = lease.sequence;
    let mut subscription = log.subscribe(P::STREAM, checkpoint).await?;
    let committer = Committer { pool, lease };
    let mut batch = next_batch::<P>(&mut subscription, settings.largest_batch).await?;
    loop {
        let is_last = batch.messages.last().is_none_or(|last| last.pending == 0);
        let committing = committer.commit_and_report(projection, checkpoint, batch);
        if is_last {
            checkpoint = committing.await?;
            batch = next_batch::<P>(&mut subscription, settings.largest_batch).await?;
        } else {
            let following = next_batch::<P>(&mut subscription, settings.largest_batch);
            (checkpoint, batch) = tokio::try_join!(committing, following)?;
        }
    }
}

/// Commits batches under one lease.
struct Committer<'a> {
    pool: &'a PgPool,
    lease: &'a Lease,
}

impl Committer<'_> {
    async fn commit_and_report<P: Projection>(
        &self,
        projection: &mut P,
        checkpoint: u64,
        batch: Batch<P>,
    ) -> Result<u64, ProjectionError> {
        let started = Instant::now();
        let messages = batch.messages.len();
        let lag = batch.messages.last().map_or(0, |message| message.pending);
        let checkpoint = self.commit(projection, checkpoint, batch).await?;
        metrics::counter!("projection_messages_total", "projection" => P::NAME)
            .increment(messages as u64);
        metrics::histogram!("projection_batch_seconds", "projection" => P::NAME)
            .record(started.elapsed().as_secs_f64());
        metrics::gauge!("projection_checkpoint", "projection" => P::NAME).set(checkpoint as f64);
        metrics::gauge!("projection_lag", "projection" => P::NAME).set(lag as f64);
        Ok(checkpoint)
    }

    /// Commits a batch and returns the new checkpoint. When some message of it
    /// is poison, the batch is halved until that message stands alone and can
    /// be set aside; nothing else of the batch is lost.
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
        match outcome {
            Err(error) if error.is_poison() && messages.len() > 1 => {
                projection.forget();
                let second = messages.split_off(messages.len() / 2);
                let first = Box::pin(self.commit(projection, checkpoint, Batch::read(messages)));
                let middle = first.await?;
                Box::pin(self.commit(projection, middle, Batch::read(second))).await
            }
            Err(error) if error.is_poison() => {
                projection.forget();
                self.set_aside::<P>(checkpoint, &messages, &error).await
            }
            outcome => outcome,
        }
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
        let mut transaction = self.lease.begin(self.pool).await?;
        apply_facts(projection, &mut transaction, facts).await?;
        for (place, error) in unreadable {
            if let Some(message) = messages.get(place) {
                park(&mut transaction, P::NAME, P::STREAM.name(), message, &error).await?;
            }
        }
        let sequence = self
            .advance::<P>(&mut transaction, checkpoint, messages)
            .await?;
        self.lease.commit(transaction).await?;
        Ok(sequence)
    }

    async fn prepare<P: Projection>(
        &self,
        projection: &mut P,
        facts: &P::Facts,
    ) -> Result<(), ProjectionError> {
        let preparing = projection.prepare(self.pool, facts);
        let silent = |_| std::io::Error::from(std::io::ErrorKind::TimedOut);
        tokio::time::timeout(PREPARATION_LIMIT, preparing)
            .await
            .map_err(|elapsed| sqlx::Error::Io(silent(elapsed)))?
    }

    async fn set_aside<P: Projection>(
        &self,
        checkpoint: u64,
        messages: &[Delivered],
        error: &ProjectionError,
    ) -> Result<u64, ProjectionError> {
        let mut transaction = self.lease.begin(self.pool).await?;
        for message in messages {
            let error = error.to_string();
            park(&mut transaction, P::NAME, P::STREAM.name(), message, &error).await?;
        }
        let sequence = self
            .advance::<P>(&mut transaction, checkpoint, messages)
            .await?;
        self.lease.commit(transaction).await?;
        Ok(sequence)
    }

    async fn advance<P: Projection>(
        &self,
        transaction: &mut PgConnection,
        checkpoint: u64,
        messages: &[Delivered],
    ) -> Result<u64, ProjectionError> {
        let sequence = messages
            .last()
            .map_or(checkpoint, |message| message.sequence);
        self.lease
            .advance(transaction, P::NAME, checkpoint, sequence)
            .await?;
        Ok(sequence)
    }
}
