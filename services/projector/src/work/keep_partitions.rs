//! Partitions of the months to come.

use async_trait::async_trait;
use domain::jobs::{Failure, JobQueued, Severity};
use jobs::{Done, Handler, Run};
use postgres::{GenerationPool, Month, MonthlyTable};

use super::{MaintenanceParts, of_database};

/// Months ahead, unless `months` says otherwise.
const AHEAD: u32 = 3;

/// Months ahead at most: ten years. Each is a partition of two tables, which every
/// statement on them is planned over.
const FURTHEST: u32 = 120;

/// Makes the partitions of this month and of those to come, so that no batch
/// has to.
pub struct KeepPartitions(pub MaintenanceParts);

#[async_trait]
impl Handler for KeepPartitions {
    fn name(&self) -> &'static str {
        "keep-partitions"
    }

    async fn run(&self, job: &JobQueued, _: &Run) -> Result<Done, Failure> {
        let ahead = job.number("months", AHEAD)?;
        if ahead > FURTHEST {
            let message = format!("months must be {FURTHEST} at most, not {ahead}");
            return Err(Failure::new(Severity::High, message));
        }
        let present = Month::of(self.0.clock.now());
        let months: Vec<Month> = (0..=ahead)
            .filter_map(|later| present.plus(later))
            .collect();
        let make = async {
            let active = GenerationPool::active(&self.0.pool).await?;
            let mut transaction = active.begin().await?;
            for table in [
                MonthlyTable::ContributionEvents,
                MonthlyTable::LedgerEntries,
            ] {
                postgres::ensure_months(&mut transaction, table, months.iter().copied()).await?;
            }
            transaction.commit().await
        };
        make.await.map_err(|error| of_database(&error))?;
        Ok(Done::new(format!("{} months have partitions", ahead + 1)))
    }
}
