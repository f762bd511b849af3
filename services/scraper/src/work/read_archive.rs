//! Hours of the archive that are there since it was last read.

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::jobs::{Failure, JobQueued, Severity};
use jobs::{Done, Handler, Run};

use super::ScrapingParts;
use super::severity::{number, of_log};
use crate::ingest::{
    Advance, IngestError, IngestOptions, IngestServices, Progress, UnitReport, ingest,
};
use crate::sources::archive::Plan;

/// Hours that are looked back over, unless `hours` says otherwise.
const HOURS: u32 = 48;

/// How many hours archives are behind, unless `behind` says otherwise.
const BEHIND: u32 = 3;

/// Reads the hours of the last days that were not read whole.
pub struct ReadArchive(pub ScrapingParts);

#[async_trait]
impl Handler for ReadArchive {
    fn name(&self) -> &'static str {
        "read-archive"
    }

    async fn run(&self, job: &JobQueued, run: &Run) -> Result<Done, Failure> {
        let (hours, behind) = (number(job, "hours", HOURS)?, number(job, "behind", BEHIND)?);
        let now = self.0.clock.now();
        let hour = |ago: u32| (now - TimeDelta::hours(ago.into())).format("%Y-%m-%dT%H");
        let span = format!(
            "{}..{}",
            hour(behind.saturating_add(hours)),
            hour(behind.max(1))
        );
        let plan = Plan::parse(&span, &self.0.archives, now)
            .map_err(|error| Failure::new(Severity::High, error))?;
        let services = IngestServices {
            publisher: self.0.log.publisher(),
            log: self.0.log.clone(),
            clock: self.0.clock.clone(),
            cancellation: run.cancellation().clone(),
        };
        let shown = Shown::of(run, plan.units.len());
        let report = ingest(&plan, &services, IngestOptions::default(), &shown)
            .await
            .map_err(|error| of_ingest(&error))?;
        for (unit, reason) in report.failed() {
            run.leave_out(Failure::new(Severity::Medium, reason).at("unit", unit));
        }
        if report.is_cancelled() {
            return Err(Failure::new(Severity::Low, "it was broken off"));
        }
        Ok(Done::new(format!(
            "{} hours were read, {} contributions",
            report.completed().count(),
            report.contributions()
        )))
    }
}

fn of_ingest(error: &IngestError) -> Failure {
    match error {
        IngestError::Log(log) => of_log(log),
        IngestError::Encode(_) | IngestError::Fetch(_) => Failure::new(Severity::High, error),
    }
}

/// Shows a job how far reading is: in hours.
struct Shown<'a> {
    run: &'a Run,
    total: usize,
    done: std::sync::atomic::AtomicU64,
}

impl<'a> Shown<'a> {
    fn of(run: &'a Run, total: usize) -> Self {
        Self {
            run,
            total,
            done: std::sync::atomic::AtomicU64::new(0),
        }
    }
}

impl Progress for Shown<'_> {
    fn job_started(&self, _: usize) {}

    fn unit_started(&self, _: &str, _: Option<u64>) {}

    fn advanced(&self, _: &Advance<'_>) {}

    fn unit_finished(&self, report: &UnitReport) {
        use std::sync::atomic::Ordering;
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.run
            .progress(done, Some(self.total as u64), &report.name);
    }

    fn job_finished(&self) {}
}
