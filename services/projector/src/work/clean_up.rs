//! What is kept for no longer.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::jobs::{Failure, JobQueued};
use jobs::{Done, Handler, Run};
use postgres::GenerationPool;

use super::{MaintenanceParts, of_database};

/// Days that money is kept for, unless `cost_days` says otherwise: the
/// operations guide's.
const COST_DAYS: u32 = 365;

/// Days that ended jobs and settled dead letters are kept for, unless
/// `record_days` says otherwise: the operations guide's for records of this sort.
const RECORD_DAYS: u32 = 90;

/// Deletes from the read models what is kept for no longer. The log keeps it.
pub struct CleanUp(pub MaintenanceParts);

#[async_trait]
impl Handler for CleanUp {
    fn name(&self) -> &'static str {
        "clean-up"
    }

    async fn run(&self, job: &JobQueued, _: &Run) -> Result<Done, Failure> {
        let costs = self.before(job.number("cost_days", COST_DAYS)?);
        let records = self.before(job.number("record_days", RECORD_DAYS)?);
        let (entries, jobs, letters) = self
            .delete(costs, records)
            .await
            .map_err(|error| of_database(&error))?;
        Ok(Done::new(format!(
            "{entries} entries of ledgers, {jobs} jobs and {letters} dead letters were deleted"
        )))
    }
}

impl CleanUp {
    fn before(&self, days: u32) -> DateTime<Utc> {
        let age = TimeDelta::days(days.into());
        let before = self.0.clock.now().checked_sub_signed(age);
        before.unwrap_or(DateTime::UNIX_EPOCH)
    }

    async fn delete(
        &self,
        costs: DateTime<Utc>,
        records: DateTime<Utc>,
    ) -> Result<(u64, u64, u64), sqlx::Error> {
        let active = GenerationPool::active(&self.0.pool).await?;
        let mut transaction = active.begin().await?;
        // A ledger is of a month, and is worth nothing without its beginning.
        let entries = sqlx::query!(
            "DELETE FROM ledger_entries WHERE month < $1",
            costs.format("%Y-%m").to_string(),
        );
        let entries = entries.execute(&mut *transaction).await?;
        let jobs = sqlx::query!("DELETE FROM jobs WHERE ended_at < $1", records);
        let jobs = jobs.execute(&mut *transaction).await?;
        let letters = sqlx::query!(
            "WITH gone AS (
                 DELETE FROM dead_letter_resolutions WHERE resolved_at < $1 RETURNING letter
             )
             DELETE FROM dead_letters USING gone WHERE id = letter",
            records,
        );
        let letters = letters.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok((
            entries.rows_affected(),
            jobs.rows_affected(),
            letters.rows_affected(),
        ))
    }
}
