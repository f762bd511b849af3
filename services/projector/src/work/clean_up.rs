//! What is kept for no longer.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::jobs::{Failure, JobQueued};
use jobs::{Done, Handler, Run};

use super::{MaintenanceParts, of_database};
use crate::retention::{self, Deleted, Kept};

/// Days that money is kept for, unless `cost_days` says otherwise: the
/// operations guide's.
const COST_DAYS: u32 = 365;

/// Days that ended jobs and settled dead letters are kept for, unless
/// `record_days` says otherwise: the operations guide's for records of this sort.
const RECORD_DAYS: u32 = 90;

/// Days that it is kept for who held queues or changed what is logged, unless `audit_days` says otherwise: the
/// operations guide's.
const AUDIT_DAYS: u32 = 90;

/// Deletes from the read models what is kept for no longer. The log keeps it.
pub struct CleanUp(pub MaintenanceParts);

#[async_trait]
impl Handler for CleanUp {
    fn name(&self) -> &'static str {
        "clean-up"
    }

    async fn run(&self, job: &JobQueued, _: &Run) -> Result<Done, Failure> {
        let mut cutoffs = vec![
            (
                Kept::Costs,
                self.before(job.number("cost_days", COST_DAYS)?),
            ),
            (
                Kept::Records,
                self.before(job.number("record_days", RECORD_DAYS)?),
            ),
            (
                Kept::Actions,
                self.before(job.number("audit_days", AUDIT_DAYS)?),
            ),
        ];
        // What people decided is what scores hang on: it stays, unless somebody
        // says for how long.
        let decisions = job.number("decision_days", 0)?;
        if decisions > 0 {
            cutoffs.push((Kept::Decisions, self.before(decisions)));
        }
        let deleted = self.delete(&cutoffs).await;
        let deleted = deleted.map_err(|error| of_database(&error))?;
        Ok(Done::new(format!(
            "{} entries of ledgers, {} jobs, {} dead letters, {} actions on queues and logs and {} \
             former decisions were deleted",
            deleted.entries, deleted.jobs, deleted.letters, deleted.actions, deleted.decisions
        )))
    }
}

impl CleanUp {
    fn before(&self, days: u32) -> DateTime<Utc> {
        let age = TimeDelta::days(days.into());
        let before = self.0.clock.now().checked_sub_signed(age);
        before.unwrap_or(DateTime::UNIX_EPOCH)
    }

    async fn delete(&self, cutoffs: &[(Kept, DateTime<Utc>)]) -> Result<Deleted, sqlx::Error> {
        retention::move_on(&self.0.pool, cutoffs).await?;
        retention::enforce_everywhere(&self.0.pool).await
    }
}
