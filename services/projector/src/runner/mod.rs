//! The runner: lease, batch, transaction, checkpoint, dead letters.

mod dead_letter;
mod lease;

use std::time::{Duration, Instant};

use event_log::{Delivered, EventLog};
use opentelemetry::trace::SpanContext;
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{Projection, ProjectionError};
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

/// Spans that a batch links to at most; a batch is not the child of the
/// thousand publications in it.
const LARGEST_LINKS: usize = 8;

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
    loop {
        let batch = subscription.next_batch(settings.largest_batch).await?;
        let lag = batch.last().map_or(0, |message| message.pending);
        checkpoint = committer.commit(projection, checkpoint, &batch).await?;
        metrics::gauge!("projection_checkpoint", "projection" => P::NAME).set(checkpoint as f64);
        metrics::gauge!("projection_lag", "projection" => P::NAME).set(lag as f64);
    }
}

/// Commits batches under one lease.
struct Committer<'a> {
    pool: &'a PgPool,
    lease: &'a Lease,
}

impl Committer<'_> {
    /// Commits a batch and returns the new checkpoint. When some message of it
    /// is poison, the batch is halved until that message stands alone and can
    /// be set aside; nothing else of the batch is lost.
    async fn commit<P: Projection>(
        &self,
        projection: &mut P,
        checkpoint: u64,
        batch: &[Delivered],
    ) -> Result<u64, ProjectionError> {
        let span = batch_span(P::NAME, batch);
        let started = Instant::now();
        let outcome = self
            .try_commit(projection, checkpoint, batch)
            .instrument(span)
            .await;
        match outcome {
            Ok(sequence) => {
                metrics::counter!("projection_messages_total", "projection" => P::NAME)
                    .increment(batch.len() as u64);
                metrics::histogram!("projection_batch_seconds", "projection" => P::NAME)
                    .record(started.elapsed().as_secs_f64());
                Ok(sequence)
            }
            Err(error) if error.is_poison() && batch.len() > 1 => {
                projection.forget();
                let (first, second) = batch.split_at(batch.len() / 2);
                let middle = Box::pin(self.commit(projection, checkpoint, first)).await?;
                Box::pin(self.commit(projection, middle, second)).await
            }
            Err(error) if error.is_poison() => {
                projection.forget();
                self.set_aside::<P>(checkpoint, batch, &error).await
            }
            Err(error) => Err(error),
        }
    }

    async fn try_commit<P: Projection>(
        &self,
        projection: &mut P,
        checkpoint: u64,
        batch: &[Delivered],
    ) -> Result<u64, ProjectionError> {
        self.prepare(projection, batch).await?;
        let mut transaction = self.lease.begin(self.pool).await?;
        plan_for_point_lookups(&mut transaction).await?;
        let unreadable = projection.apply(&mut transaction, batch).await?;
        for (message, error) in unreadable {
            park(&mut transaction, P::NAME, P::STREAM.name(), message, &error).await?;
        }
        let sequence = self
            .advance::<P>(&mut transaction, checkpoint, batch)
            .await?;
        self.lease.commit(transaction).await?;
        Ok(sequence)
    }

    async fn prepare<P: Projection>(
        &self,
        projection: &mut P,
        batch: &[Delivered],
    ) -> Result<(), ProjectionError> {
        let preparing = projection.prepare(self.pool, batch);
        let silent = |_| std::io::Error::from(std::io::ErrorKind::TimedOut);
        tokio::time::timeout(PREPARATION_LIMIT, preparing)
            .await
            .map_err(|elapsed| sqlx::Error::Io(silent(elapsed)))?
    }

    async fn set_aside<P: Projection>(
        &self,
        checkpoint: u64,
        batch: &[Delivered],
        error: &ProjectionError,
    ) -> Result<u64, ProjectionError> {
        let mut transaction = self.lease.begin(self.pool).await?;
        for message in batch {
            let error = error.to_string();
            park(&mut transaction, P::NAME, P::STREAM.name(), message, &error).await?;
        }
        let sequence = self
            .advance::<P>(&mut transaction, checkpoint, batch)
            .await?;
        self.lease.commit(transaction).await?;
        Ok(sequence)
    }

    async fn advance<P: Projection>(
        &self,
        transaction: &mut PgConnection,
        checkpoint: u64,
        batch: &[Delivered],
    ) -> Result<u64, ProjectionError> {
        let sequence = batch.last().map_or(checkpoint, |message| message.sequence);
        self.lease
            .advance(transaction, P::NAME, checkpoint, sequence)
            .await?;
        Ok(sequence)
    }
}

/// A projection's statements look up some thousand keys in tables of any size.
/// Left to its estimates of arrays, the planner would now and then read a
/// whole table instead. For the same reason lookups are written as
/// `LATERAL (… OFFSET 0)`: one probe of an index per key, whatever the planner
/// believes of a table that has no statistics yet.
async fn plan_for_point_lookups(transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(
        "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off;
         SET LOCAL enable_mergejoin = off; SET LOCAL jit = off",
    )
    .execute(transaction)
    .await?;
    Ok(())
}

fn batch_span(projection: &'static str, batch: &[Delivered]) -> tracing::Span {
    let span = tracing::info_span!(
        "project batch",
        projection,
        messages = batch.len(),
        "messaging.system" = "nats",
    );
    let mut linked: Vec<&SpanContext> = Vec::new();
    for context in batch
        .iter()
        .filter_map(|message| message.published_in.as_ref())
    {
        if linked.len() < LARGEST_LINKS && !linked.contains(&context) {
            span.add_link(context.clone());
            linked.push(context);
        }
    }
    span
}
