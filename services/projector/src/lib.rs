//! The projector: turns the log into read models, exactly once.
//!
//! One runner owns batch, transaction, checkpoint and dead letters; a
//! projection says what a batch means. Every batch is one transaction that
//! holds the rows, the dead letters and the checkpoint, and that fails unless
//! the checkpoint still is what the batch started from.

mod error;
mod projections;
mod runner;
mod work;

pub use error::ProjectionError;
pub use projections::{
    Contributions, Costs, Coverage, DeadLetters, Jobs, Projection, Schedule, Tracking, Unreadable,
};
pub use runner::{ProjectorSettings, apply_batch, run_projection};

pub use work::{CleanUp, KeepPartitions, MaintenanceParts, Vacuum, maintenance_handlers};

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use event_log::EventLog;

/// Runs every projection until cancelled. Any number of projectors may run:
/// each projection has one owner at a time, the others stand by.
///
/// # Errors
/// Only what trying again cannot mend; everything else is tried again.
pub async fn run(
    pool: PgPool,
    log: EventLog,
    settings: ProjectorSettings,
    stop: CancellationToken,
) -> Result<(), ProjectionError> {
    let (contributions, costs, coverage, dead_letters, jobs, schedule, tracking) = tokio::join!(
        run_projection(Contributions::default(), &pool, &log, &settings, &stop),
        run_projection(Costs, &pool, &log, &settings, &stop),
        run_projection(Coverage, &pool, &log, &settings, &stop),
        run_projection(DeadLetters, &pool, &log, &settings, &stop),
        run_projection(Jobs, &pool, &log, &settings, &stop),
        run_projection(Schedule, &pool, &log, &settings, &stop),
        run_projection(Tracking, &pool, &log, &settings, &stop),
    );
    let facts = contributions.and(costs).and(coverage);
    let work = dead_letters.and(jobs).and(schedule);
    facts.and(work).and(tracking)
}
