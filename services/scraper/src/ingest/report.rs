//! What became of a job and of each of its units.

use event_log::Published;
use events::CoverageObserved;

/// What became of a job.
#[derive(Clone, Debug, Default)]
pub struct IngestReport {
    /// Its units, in the order of the plan.
    pub units: Vec<UnitReport>,
}

/// What became of a unit.
#[derive(Clone, Debug)]
pub struct UnitReport {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub outcome: UnitOutcome,
}

/// What may become of a unit.
#[derive(Clone, Debug)]
pub enum UnitOutcome {
    /// It was read and all of it is acknowledged.
    Completed(Box<UnitSummary>),
    /// It was read whole before.
    Skipped,
    /// It could not be read; why.
    Failed(String),
    /// No archive has it, which was not to be reported; where it was looked for.
    Absent(String),
    /// The job was stopped before or while it was read.
    Cancelled,
}

/// What a unit held.
#[derive(Clone, Debug)]
pub struct UnitSummary {
    /// Its coverage as it was published.
    pub coverage: CoverageObserved,
    /// What the log stored, and what it had already.
    pub published: Published,
    /// Lines read after characters in them had been replaced.
    pub repaired: u64,
    /// Where its manifest disagrees with what was read, in words.
    pub disagreements: Vec<String>,
}

impl IngestReport {
    /// What the units that were read held.
    pub fn completed(&self) -> impl Iterator<Item = &UnitSummary> {
        self.units.iter().filter_map(|unit| match &unit.outcome {
            UnitOutcome::Completed(summary) => Some(summary.as_ref()),
            _ => None,
        })
    }

    /// The units that could not be read, with the reasons.
    pub fn failed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.units.iter().filter_map(|unit| match &unit.outcome {
            UnitOutcome::Failed(reason) => Some((unit.name.as_str(), reason.as_str())),
            _ => None,
        })
    }

    /// Whether the job was stopped before its end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let is_cancelled = |unit: &UnitReport| matches!(unit.outcome, UnitOutcome::Cancelled);
        self.units.iter().any(is_cancelled)
    }

    /// Events read in all units.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.completed().map(|unit| unit.coverage.events).sum()
    }

    /// Contributions published from all units.
    #[must_use]
    pub fn contributions(&self) -> u64 {
        let units = self.completed();
        units.map(|unit| unit.coverage.contributions).sum()
    }
}
