//! Days of tracked repositories from BigQuery, within the budget.

use async_trait::async_trait;
use chrono::Days as DaysBefore;
use decisions::tracking::tracking;
use domain::jobs::{Failure, JobQueued, Severity};
use jobs::{Done, Handler, Run};

use super::severity::{of_decision, of_log, of_pass};
use super::{ScrapingParts, bigquery};
use crate::passes::{Days, PassOptions, plan, run as make_passes, settle_expired};
use crate::scrape::Wanted;
use crate::sources::bigquery::Depth;

/// Reads yesterday, and days that are still open.
pub struct ReadBigQuery(pub ScrapingParts);

#[async_trait]
impl Handler for ReadBigQuery {
    fn name(&self) -> &'static str {
        "read-bigquery"
    }

    async fn run(&self, job: &JobQueued, run: &Run) -> Result<Done, Failure> {
        let unset = |what| Failure::new(Severity::High, format!("{what} is not set"));
        let services = bigquery::services(&self.0, run.cancellation()).await?;
        let services = services.ok_or_else(|| unset("LEADERBOARD_BIGQUERY_PROJECT"))?;
        let floor = self
            .0
            .floor
            .ok_or_else(|| unset("LEADERBOARD_BIGQUERY_FLOOR"))?;
        let tracked = tracking(&self.0.log)
            .await
            .map_err(|error| of_decision(&error))?;
        let wanted: Vec<Wanted> = tracked.tracked().into_iter().map(Wanted::from).collect();
        let days = Days {
            first: None,
            last: self.0.clock.now().date_naive() - DaysBefore::new(1),
            floor,
            force: false,
        };
        let passes = plan(&wanted, days, Depth::Whole, &self.0.log)
            .await
            .map_err(|error| of_log(&error))?;
        settle_expired(&services)
            .await
            .map_err(|error| of_pass(&error))?;
        let options = PassOptions {
            depth: Depth::Whole,
            job: job.name.clone(),
        };
        let total = passes.len() as u64;
        let mut read = total;
        for (done, pass) in passes.iter().enumerate() {
            run.progress(done as u64, Some(total), pass.day.to_string());
            let reports = make_passes(std::slice::from_ref(pass), &services, &options).await;
            for error in reports.iter().filter_map(|report| report.error.as_ref()) {
                let failure = of_pass(error).at("day", pass.day);
                if failure.severity != Severity::Medium {
                    return Err(failure);
                }
                run.leave_out(failure);
                read -= 1;
            }
        }
        Ok(Done::new(format!("{read} of {total} days were read")))
    }
}
