//! Hours of the archive that are there since it was last read.

use async_trait::async_trait;
use domain::jobs::{Failure, JobQueued, Severity};
use jobs::{Done, Handler, Run};

use super::severity::of_ingest;
use super::{ScrapingParts, hours_before};
use crate::ingest::{
    Advance, IngestOptions, IngestServices, Progress, UnitOutcome, UnitReport, ingest,
};
use crate::sources::archive::Plan;

/// How many hours are looked at, unless `hours` says otherwise.
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
        let plan = self.plan(job)?;
        let services = IngestServices {
            publisher: self.0.log.publisher(),
            log: self.0.log.clone(),
            clock: self.0.clock.clone(),
            cancellation: run.cancellation().clone(),
        };
        let shown = Shown::of(run, plan.units.len());
        // An hour that is not there yet is read when it is.
        let options = IngestOptions {
            reports_absence: false,
            ..IngestOptions::default()
        };
        let report = ingest(&plan, &services, options, &shown)
            .await
            .map_err(|error| of_ingest(&error))?;
        for unit in &report.units {
            if let UnitOutcome::Failed(reason) | UnitOutcome::Absent(reason) = &unit.outcome {
                run.leave_out(Failure::new(Severity::Medium, reason).at("unit", &unit.name));
            }
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

impl ReadArchive {
    /// The hours that archives should have by now, and as many before as are
    /// looked at.
    fn plan(&self, job: &JobQueued) -> Result<Plan, Failure> {
        let (hours, behind) = (job.number("hours", HOURS)?, job.number("behind", BEHIND)?);
        let now = self.0.clock.now();
        let hour = |ago| hours_before(now, ago).format("%Y-%m-%dT%H").to_string();
        let last = behind.max(1);
        let first = last.saturating_add(hours.saturating_sub(1));
        let span = format!("{}..{}", hour(first), hour(last));
        Plan::parse(&span, &self.0.archives, now)
            .map_err(|error| Failure::new(Severity::High, error))
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
