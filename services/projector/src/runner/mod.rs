//! The runner: lease, batch, transaction, checkpoint, dead letters.

mod apply;
mod batch;
mod commit;
mod dead_letter;
mod lease;
mod pace;
mod refusal;

use std::time::{Duration, Instant};

use domain::jobs::Severity;
use event_log::EventLog;
use postgres::GenerationPool;
use tokio_util::sync::CancellationToken;

use crate::{Projection, ProjectionError};
pub use apply::apply_batch;
use batch::next_batch;
use commit::Committer;
pub(crate) use dead_letter::count as count_dead_letters;
use lease::Lease;
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
        tell::<P>(generation, &error, delay);
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = stop.cancelled() => break,
        }
    }
    lease::release(home, P::NAME, &settings.owner).await;
    Ok(())
}

/// Says why a projection starts again.
fn tell<P: Projection>(generation: i32, error: &ProjectionError, delay: Duration) {
    let projection = P::NAME;
    let (cause, severity) = (error.cause().as_str(), error.cause().severity());
    metrics::counter!("projection_restarts_total", "projection" => projection, "cause" => cause)
        .increment(1);
    let is_passing = severity == Severity::Low;
    let severity = severity.as_str();
    if matches!(error, ProjectionError::AheadOfLog { .. }) {
        tracing::error!(projection, generation, %error, "projection_refused");
    } else if is_passing {
        tracing::warn!(projection, generation, %error, cause, severity, ?delay, "projection_restarting");
    } else {
        tracing::error!(projection, generation, %error, cause, severity, ?delay, "projection_restarting");
    }
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
    refusal::check_log::<P>(home, log, lease.sequence).await?;
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
