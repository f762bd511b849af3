//! Partitions of the months to come.

use async_trait::async_trait;
use domain::jobs::{Failure, JobQueued};
use jobs::{Done, Handler, Run};
use postgres::{GenerationPool, Month};

use super::{MaintenanceParts, of_database};

/// Months ahead, unless `months` says otherwise.
const AHEAD: u32 = 3;

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
        let present = Month::of(self.0.clock.now());
        let months = (0..=ahead).filter_map(|later| present.plus(later));
        let make = async {
            let active = GenerationPool::active(&self.0.pool).await?;
            let mut transaction = active.begin().await?;
            postgres::ensure_months(&mut transaction, months).await?;
            transaction.commit().await
        };
        make.await.map_err(|error| of_database(&error))?;
        Ok(Done::new(format!("{} months have partitions", ahead + 1)))
    }
}
