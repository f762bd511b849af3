//! Holes of the coverage, filled by themselves.

use async_trait::async_trait;
use decisions::tracking::tracking;
use domain::coverage::Hole;
use domain::jobs::{Failure, JobQueued, Severity};
use jobs::{Done, Handler, Run};

use super::severity::{of_decision, of_ingest, of_log};
use super::{ScrapingParts, bigquery};
use crate::ingest::{IngestOptions, IngestServices};
use crate::repair::{RepairError, RepairRequest, RepairServices, Repository, repair};
use crate::scrape::ScrapeServices;

/// Fills holes between the first and the last hour that was read, from the
/// cheapest source that has them.
pub struct RepairCoverage(pub ScrapingParts);

#[async_trait]
impl Handler for RepairCoverage {
    fn name(&self) -> &'static str {
        "repair-coverage"
    }

    async fn run(&self, job: &JobQueued, run: &Run) -> Result<Done, Failure> {
        let services = self.services(job, run).await?;
        let repositories = self.repositories().await?;
        let request = RepairRequest {
            span: None,
            shortfalls: self.shortfalls(&repositories, run).await,
            repositories,
        };
        let report = repair(&services, &request)
            .await
            .map_err(|error| match &error {
                RepairError::Log(log) => of_log(log),
                RepairError::Ingest(ingest) => of_ingest(ingest),
            })?;
        if run.cancellation().is_cancelled() {
            return Err(Failure::new(Severity::Low, "it was broken off"));
        }
        for failure in report.failures() {
            run.leave_out(Failure::new(Severity::Medium, failure));
        }
        Ok(Done::new(format!(
            "of {} holes {} are open still; {} files, {} repositories and {} days were asked for",
            report.before.len(),
            report.after.len(),
            report.files.len(),
            report.asked.len(),
            report.days.len(),
        )))
    }
}

impl RepairCoverage {
    async fn services(&self, job: &JobQueued, run: &Run) -> Result<RepairServices, Failure> {
        let log = &self.0.log;
        let cancellation = run.cancellation();
        Ok(RepairServices {
            ingest: IngestServices {
                publisher: log.publisher(),
                log: log.clone(),
                clock: self.0.clock.clone(),
                cancellation: cancellation.clone(),
            },
            options: IngestOptions::default(),
            archives: self.0.archives.clone(),
            scrape: Some(ScrapeServices {
                client: self.0.github.clone(),
                publisher: log.publisher(),
                log: log.clone(),
                cancellation: cancellation.clone(),
            }),
            passes: bigquery::services(&self.0, cancellation).await?,
            job: job.name.clone(),
        })
    }

    /// Tracked repositories, with the names they bore.
    async fn repositories(&self) -> Result<Vec<Repository>, Failure> {
        let tracked = tracking(&self.0.log)
            .await
            .map_err(|error| of_decision(&error))?;
        let tracked = tracked.tracked().into_iter();
        Ok(tracked.map(Repository::from).collect())
    }

    /// What sources lack by comparison, where there is a query API to ask. The
    /// rest is repaired all the same when it does not answer.
    async fn shortfalls(&self, repositories: &[Repository], run: &Run) -> Vec<Hole> {
        let Some(comparison) = &self.0.comparison else {
            return Vec::new();
        };
        let found = comparison.shortfalls(repositories, false, None).await;
        for failure in found.failures {
            run.leave_out(Failure::new(Severity::Medium, failure));
        }
        found.holes
    }
}
