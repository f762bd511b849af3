//! Steps of a replay that somebody asks for who does not know the database.

use async_trait::async_trait;
use domain::jobs::{Failure, JobQueued, REPLAY, Severity};
use jobs::{Done, Handler, Run};
use sqlx::PgPool;
use tokio::runtime::Handle;

use super::{MaintenanceParts, of_database};
use crate::replay::{self, Author, ReplayError, StartSettings};

/// Rows that are looked at of each table that differs.
const SAMPLE: u32 = 10;

/// Takes the step that `step` names: start, parity, switch, rollback, abort or
/// drop.
pub struct Replay(pub MaintenanceParts);

#[async_trait]
impl Handler for Replay {
    fn name(&self) -> &'static str {
        REPLAY
    }

    async fn run(&self, job: &JobQueued, run: &Run) -> Result<Done, Failure> {
        let step = Step::read(job)?;
        let (pool, stop) = (self.0.pool.clone(), run.cancellation().clone());
        let runtime = Handle::current();
        // As in the full recalculation: a comparison's statements stay on one
        // thread.
        let working = tokio::task::spawn_blocking(move || {
            runtime.block_on(stop.run_until_cancelled(step.take(&pool)))
        });
        let broken_off = || Failure::new(Severity::Low, "it was broken off");
        let taken = working.await.ok().flatten().ok_or_else(broken_off)?;
        taken.map(Done::new).map_err(|error| of_replay(&error))
    }
}

/// A step, and what it is taken with.
enum Step {
    Start(StartSettings),
    Parity,
    Switch(Author, bool),
    Rollback(Author),
    Abort,
    Drop,
}

impl Step {
    fn read(job: &JobQueued) -> Result<Self, Failure> {
        let text = |name: &str| job.arguments.get(name).map(String::as_str);
        let is_set = |name: &str| text(name) == Some("true");
        let (actor, reason) = job.cause.author();
        let author = Author {
            actor: actor.to_owned(),
            reason: reason.to_owned(),
        };
        Ok(match text("step").unwrap_or_default() {
            "start" => Self::Start(StartSettings {
                projection: text("projection").map(str::to_owned),
                throttle: Some(job.number("throttle", 0)?).filter(|throttle| *throttle > 0),
                drop_kept: is_set("drop_kept"),
            }),
            "parity" => Self::Parity,
            "switch" => Self::Switch(author, is_set("accept_differences")),
            "rollback" => Self::Rollback(author),
            "abort" => Self::Abort,
            "drop" => Self::Drop,
            other => {
                let message = format!(
                    "step must be start, parity, switch, rollback, abort or drop, not {other:?}"
                );
                return Err(Failure::new(Severity::High, message));
            }
        })
    }

    /// Takes it; returns what was done, in words.
    async fn take(self, pool: &PgPool) -> Result<String, ReplayError> {
        Ok(match self {
            Self::Start(settings) => {
                let number = replay::start(pool, &settings).await?;
                format!("generation {number} is being built")
            }
            Self::Parity => {
                let report = replay::compare(pool, SAMPLE).await?;
                format!("{} rows differ between the generations", report.differences)
            }
            Self::Switch(author, accept_differences) => {
                let switched = replay::switch(pool, &author, accept_differences).await?;
                format!("readers read generation {}", switched.to)
            }
            Self::Rollback(author) => {
                let switched = replay::rollback(pool, &author).await?;
                format!("readers read generation {} again", switched.to)
            }
            Self::Abort => format!("generation {} is given up", replay::abort(pool).await?),
            Self::Drop => {
                let number = replay::drop_kept(pool).await?;
                format!("the tables of generation {number} are gone")
            }
        })
    }
}

/// What a person has to look at is not tried again.
fn of_replay(error: &ReplayError) -> Failure {
    match error {
        ReplayError::Database(error) => of_database(error),
        ReplayError::Busy | ReplayError::NotAligned(_) => Failure::new(Severity::Low, error),
        _ => Failure::new(Severity::High, error),
    }
}
