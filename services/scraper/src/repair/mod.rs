//! The repair job: holes of the coverage, filled from the cheapest source that
//! has them. First the archives, which are free; then GitHub's API, for the
//! repositories that are tracked and as far back as it goes; then BigQuery,
//! within the budget.
//!
//! The log tells what was read, so a repair can be stopped anywhere and begun
//! again. Each source is asked for what is open when the one before is done. A
//! source that fails leaves the hole open, and nothing dearer is tried in its
//! place. What is known from a comparison of sources is handed in: a query API
//! tells it ([`Comparison`]).

mod comparison;
mod days;
mod files;
mod picture;
mod report;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::DecidedRepository;
use domain::coverage::{
    Gap, Hole, RepairPlan, Wish, file_holes, merge_holes, repair_plan, repository_holes,
};
use event_log::{EventLog, LogError, Publisher};
use thiserror::Error;

use crate::ingest::{IngestError, IngestOptions, IngestServices};
use crate::passes::PassServices;
use crate::scrape::{ScrapeOptions, ScrapeServices, Wanted, scrape};
use crate::sources::archive::ArchiveBases;

pub use comparison::{Comparison, ComparisonError, Shortfalls};
pub use days::{EstimatedDay, estimate};
pub use report::{AskReport, DayReport, FileOutcome, FileReport, Filled, RepairReport};

use files::read_files;
use picture::Picture;

/// What the job needs from the rest of the system.
pub struct RepairServices {
    /// Reading files: the log, its publisher, the clock, what stops the job.
    pub ingest: IngestServices<Publisher, EventLog>,
    /// How files are read.
    pub options: IngestOptions,
    /// The archives, in order of preference.
    pub archives: ArchiveBases,
    /// GitHub's API; `None`: it is not asked.
    pub scrape: Option<ScrapeServices>,
    /// BigQuery and its budget; `None`: it is not asked.
    pub passes: Option<PassServices>,
    /// The job that what is spent is charged to.
    pub job: String,
}

/// A repository that may be asked for alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// As it is asked for.
    pub wanted: Wanted,
    /// Names it bore before.
    pub former_names: Vec<domain::RepositoryName>,
}

impl From<&DecidedRepository> for Repository {
    fn from(known: &DecidedRepository) -> Self {
        Self {
            wanted: Wanted::from(known),
            former_names: known.former_names.clone(),
        }
    }
}

/// What is to be repaired.
#[derive(Clone, Debug, Default)]
pub struct RepairRequest {
    /// The first instant and the end; `None`: between the first and the last
    /// that was read.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The repositories that GitHub's API and BigQuery are asked for.
    pub repositories: Vec<Repository>,
    /// What sources lack by comparison with others, as the query API tells.
    pub shortfalls: Vec<Hole>,
}

/// Why the job cannot go on. What a source failed at is in the report.
#[derive(Debug, Error)]
pub enum RepairError {
    /// The log does not take or give events.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Files cannot be read at all.
    #[error(transparent)]
    Ingest(#[from] IngestError),
}

/// What is open, and what can be done about it.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    /// The holes.
    pub holes: Vec<Hole>,
    /// What can be done.
    pub plan: RepairPlan,
}

impl Repository {
    /// All its names, in lower case, the present one first.
    fn names(&self) -> Vec<String> {
        let all = std::iter::once(&self.wanted.name).chain(&self.former_names);
        all.map(|name| name.as_str().to_ascii_lowercase()).collect()
    }
}

/// Plans a repair, without doing any of it.
///
/// # Errors
/// [`RepairError::Log`] when the log cannot be read.
pub async fn plan(
    services: &RepairServices,
    request: &RepairRequest,
) -> Result<Planned, RepairError> {
    let picture = Picture::of(services, request).await?;
    Ok(planned(&picture, services, request, &BTreeSet::new()))
}

/// What is open but for some hours that are to be left alone.
fn planned(
    picture: &Picture,
    services: &RepairServices,
    request: &RepairRequest,
    left_alone: &BTreeSet<DateTime<Utc>>,
) -> Planned {
    let names: Vec<Vec<String>> = request.repositories.iter().map(Repository::names).collect();
    let mut holes = file_holes(&picture.readings, request.span);
    for names in &names {
        holes.extend(repository_holes(&picture.readings, names, request.span));
    }
    let compared = |hole: &&Hole| hole.gap == Gap::Kinds;
    holes.extend(request.shortfalls.iter().filter(compared).cloned());
    let holes = without(holes, left_alone);
    let plan = repair_plan(
        &picture.readings,
        &Wish {
            holes: &holes,
            repositories: &names,
            exhausted: &picture.exhausted(&holes, services),
            now: services.ingest.clock.now(),
        },
    );
    Planned { holes, plan }
}

/// Holes without some of their hours. How many of which kinds were in which
/// hour of a hole is not known: they stay with what is left of it.
fn without(holes: Vec<Hole>, left_alone: &BTreeSet<DateTime<Utc>>) -> Vec<Hole> {
    let left = holes.into_iter().flat_map(|hole| {
        if !hole.hours().any(|hour| left_alone.contains(&hour)) {
            return vec![hole];
        }
        let open = hole.hours().filter(|hour| !left_alone.contains(hour));
        let mut parts: Vec<Hole> = open.map(|hour| hole.at(hour)).collect();
        for part in parts.iter_mut().skip(1) {
            part.kinds.values_mut().for_each(|count| *count = 0);
        }
        parts
    });
    merge_holes(left)
}

/// Fills what can be filled.
///
/// # Errors
/// [`RepairError`] when the log fails. What another source failed at is in the
/// report, and stays open.
pub async fn repair(
    services: &RepairServices,
    request: &RepairRequest,
) -> Result<RepairReport, RepairError> {
    let picture = Picture::of(services, request).await?;
    let nothing = BTreeSet::new();
    let before = planned(&picture, services, request, &nothing);
    let mut report = RepairReport {
        before: before.holes,
        files: read_files(&before.plan.files, &picture, services).await?,
        ..RepairReport::default()
    };
    // What an archive failed at may be had from it for nothing the next time;
    // whether what was read again is enough can only be told when it is counted.
    let left_alone: BTreeSet<DateTime<Utc>> = report.undecided();
    let picture = Picture::of(services, request).await?;
    let open = planned(&picture, services, request, &left_alone);
    report.asked = ask(&open.plan, services, request).await;

    let picture = Picture::of(services, request).await?;
    let mut open = planned(&picture, services, request, &left_alone);
    let failed = report.failed_repositories(request);
    for day in &mut open.plan.days {
        day.repositories.retain(|place| !failed.contains(place));
    }
    open.plan.days.retain(|day| !day.repositories.is_empty());
    report.days = days::read_days(&open.plan, services, request).await?;

    let picture = Picture::of(services, request).await?;
    let after = planned(&picture, services, request, &nothing).holes;
    report.after = report.still_open(after);
    report.filled = report.filled_by(&picture.readings, request);
    report.observe();
    Ok(report)
}

/// Asks GitHub's API for repositories, one after the other, until it may be
/// asked no more.
async fn ask(
    plan: &RepairPlan,
    services: &RepairServices,
    request: &RepairRequest,
) -> Vec<AskReport> {
    let mut asked = Vec::new();
    let Some(github) = &services.scrape else {
        return asked;
    };
    for step in &plan.ask {
        let Some(repository) = request.repositories.get(step.repository) else {
            continue;
        };
        let options = ScrapeOptions {
            since: Some(step.since),
            enrich: false,
        };
        let wanted = std::slice::from_ref(&repository.wanted);
        for scraped in scrape(wanted, github, options).await {
            asked.push(AskReport {
                repository: repository.wanted.name.clone(),
                since: step.since,
                events: scraped.report.events.unwrap_or(0),
                issues: scraped.report.issues,
                error: scraped.error.map(|error| error.to_string()),
            });
        }
    }
    asked
}
