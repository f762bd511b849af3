//! What is told to those who watch: metrics of the log, of the read models and
//! of money. They are read from the log and the database, not from what a
//! projector remembers, so any number of projectors tell the same, and one that
//! stands still tells of it, too.

mod backups;
mod money;
mod progress;
mod records;
mod upkeep;

use std::sync::Arc;
use std::time::Duration;

use event_log::EventLog;
use postgres::within;
use runtime::Clock;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::ProjectionError;
use progress::Progress;
use records::Records;

/// How often it is looked how far everything is.
const LOOK: Duration = Duration::from_secs(5);

/// The rest is looked at every so many looks: it changes slowly or takes long.
const LOOKS_BETWEEN: u32 = 6;

/// How long the database may take to tell all of it.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Tells of it until cancelled. What cannot be found out is left as it was.
///
/// # Errors
/// Never: what fails is tried again at the next look.
pub async fn watch(
    pool: PgPool,
    log: EventLog,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<(), ProjectionError> {
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut progress, mut records) = (Progress::default(), Records::default());
    let mut number = 0_u32;
    while stop.run_until_cancelled(looks.tick()).await.is_some() {
        let looking = async {
            progress.look(&pool, &log, clock.as_ref()).await;
            if number.is_multiple_of(LOOKS_BETWEEN) {
                let money = within(ANSWER_LIMIT, money::look(&pool, clock.now()));
                note("money", money.await);
                let told = within(ANSWER_LIMIT, records.look(&pool));
                note("records", told.await);
                let found = tokio::time::timeout(ANSWER_LIMIT, backups::look(&log)).await;
                if let Ok(Err(error)) = found {
                    tracing::debug!(what = "backups", %error, "metrics_not_read");
                }
                note("upkeep", within(ANSWER_LIMIT, upkeep::look(&pool)).await);
            }
        };
        stop.run_until_cancelled(looking).await;
        number = number.wrapping_add(1);
    }
    Ok(())
}

/// A look that failed is no fault of its own: whatever it was that did not
/// answer is told of elsewhere.
fn note(what: &'static str, looked: Result<(), sqlx::Error>) {
    if let Err(error) = looked {
        tracing::debug!(what, %error, "metrics_not_read");
    }
}

/// Shows whether something that everything hangs on answers.
fn show_available(dependency: &'static str, available: bool) {
    metrics::gauge!("dependency_available", "dependency" => dependency)
        .set(f64::from(u8::from(available)));
}
