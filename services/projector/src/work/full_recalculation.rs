//! All read models made again from the log.

use async_trait::async_trait;
use domain::jobs::{Failure, JobQueued, Severity};
use jobs::{Done, Handler, Run};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::{MaintenanceParts, of_database};
use crate::replay::{
    Author, GenerationStatus, Outcome, PATIENCE, Recalculation, ReplayError, StartSettings,
    recalculate,
};

/// Rows that are shown of each table that differs.
const SAMPLE: u32 = 10;

/// Replays the log into a new generation, and gives it to the readers if
/// nothing differs. What differs is left for a person to look at.
pub struct FullRecalculation(pub MaintenanceParts);

#[async_trait]
impl Handler for FullRecalculation {
    fn name(&self) -> &'static str {
        "full-recalculation"
    }

    async fn run(&self, job: &JobQueued, run: &Run) -> Result<Done, Failure> {
        let throttle = match job.number("throttle", 0)? {
            0 => None,
            messages => Some(messages),
        };
        let recalculation = Recalculation {
            start: StartSettings {
                projection: None,
                throttle,
                drop_kept: true,
            },
            sample: SAMPLE,
            author: Author {
                actor: format!("job {}", job.name),
                reason: "everything was equal".to_owned(),
            },
            patience: PATIENCE,
        };
        let outcome = self.recalculate(recalculation, run).await;
        match outcome.map_err(|error| of_replay(&error))? {
            Outcome::Switched(switched, _) => Ok(Done::new(format!(
                "nothing differs; readers read generation {}",
                switched.to
            ))),
            Outcome::Differs(parity) => Err(Failure::new(
                Severity::High,
                format!(
                    "{} rows differ between the generations; see: leaderboard replay parity",
                    parity.differences
                ),
            )),
        }
    }
}

/// How far a generation is: messages projected and in all, and its schema.
type Far = (u64, Option<u64>, String);

impl FullRecalculation {
    /// Recalculates on a thread of its own and tells how far it is. What is
    /// broken off goes on when it is asked for again.
    async fn recalculate(
        &self,
        recalculation: Recalculation,
        run: &Run,
    ) -> Result<Outcome, ReplayError> {
        let (tell, mut told) = watch::channel(Far::default());
        let (pool, stop) = (self.0.pool.clone(), run.cancellation().clone());
        let runtime = Handle::current();
        // The comparison's statements borrow from their generation, which the
        // compiler cannot show to be sound on whatever thread comes along.
        let mut working = tokio::task::spawn_blocking(move || {
            let report = |building: &GenerationStatus| _ = tell.send_replace(far(building));
            let recalculating = recalculate(&pool, &recalculation, report);
            runtime.block_on(stop.run_until_cancelled(recalculating))
        });
        loop {
            tokio::select! {
                ended = &mut working => {
                    return ended.ok().flatten().unwrap_or(Err(ReplayError::Changed));
                }
                Ok(()) = told.changed() => {
                    let (done, total, schema) = told.borrow_and_update().clone();
                    run.progress(done, total, schema);
                }
            }
        }
    }
}

fn far(building: &GenerationStatus) -> Far {
    let (done, left) = building
        .projections
        .iter()
        .fold((0, 0), |(done, left), one| {
            (done + one.sequence, left + one.behind)
        });
    let total = u64::try_from(done + left).ok();
    (done.cast_unsigned(), total, building.schema.clone())
}

fn of_replay(error: &ReplayError) -> Failure {
    match error {
        ReplayError::Database(error) => of_database(error),
        _ => Failure::new(Severity::Low, error),
    }
}
