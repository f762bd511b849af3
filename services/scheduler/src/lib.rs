//! The scheduler: says when jobs are due, and decides nothing else.
//!
//! A due time becomes one trigger on the log, however many schedulers run: it
//! is appended only if nothing was said of the job's times since they were
//! read. What comes of a trigger is a job in a queue, under the trigger's id.

mod calendar;
mod error;
mod schedule;
mod settings;
mod timekeeper;
mod timetable;

use std::sync::Arc;
use std::time::Duration;

use domain::schedule::JobSchedule;
use event_log::EventLog;
use runtime::Clock;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

pub use calendar::{Calendar, CalendarError};
pub use error::SchedulerError;
pub use schedule::usual_schedule;
pub use settings::{SettingsError, with_settings};
pub use timekeeper::Timekeeper;
pub use timetable::due;

/// How often is looked whether something is due.
const LOOK: Duration = Duration::from_secs(1);

/// Says when the jobs of a schedule are due, until it is told to stop. Any
/// number of schedulers may run.
///
/// # Errors
/// Never at present: what the log cannot do now is tried again.
pub async fn run(
    schedule: Vec<JobSchedule>,
    log: EventLog,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<(), SchedulerError> {
    for job in &schedule {
        timekeeper::count(&job.name, 0);
    }
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut keeper = Timekeeper::new(log, clock);
    let mut is_defined = false;
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = stop.cancelled() => return Ok(()),
        }
        let outcome = if is_defined {
            keeper.tick().await.map(|_| ())
        } else {
            let defined = keeper.define(&schedule).await;
            is_defined = defined.is_ok();
            defined
        };
        if let Err(error) = outcome {
            tracing::warn!(%error, "schedule_not_kept");
        }
    }
}
