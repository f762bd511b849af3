//! What a repair came to.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::coverage::{Gap, Hole, Readings};
use domain::{RepositoryName, Source};
use serde::Serialize;

use super::{RepairRequest, Repository, without};

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileOutcome {
    /// It was read.
    Read {
        /// Where.
        location: String,
        /// Events in it.
        events: u64,
        /// Whether nothing of it was lost.
        whole: bool,
    },
    /// No archive has it; where it was looked for.
    Absent(String),
    /// An archive failed, and the next was not tried: it may have far less.
    Failed(String),
}

impl FileOutcome {
    /// Where it was read in part.
    pub(super) fn read_in_part_at(&self) -> Option<&str> {
        match self {
            Self::Read {
                location,
                whole: false,
                ..
            } => Some(location),
            _ => None,
        }
    }
}

/// An hour's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The hour that it is named after.
    pub hour: DateTime<Utc>,
    /// What became of it.
    pub outcome: FileOutcome,
}

/// A repository that GitHub's API was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AskReport {
    /// The repository.
    pub repository: RepositoryName,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Events in its feed.
    pub events: u64,
    /// Issues and pull requests that were updated since.
    pub issues: u64,
    /// Why not all of it was read.
    pub error: Option<String>,
}

/// A day that was read in BigQuery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DayReport {
    /// The UTC day.
    pub day: NaiveDate,
    /// For which repositories.
    pub repositories: Vec<RepositoryName>,
    /// Bytes that were charged.
    pub billed: Option<u64>,
    /// Contributions published.
    pub contributions: u64,
    /// Why it was not read to its end.
    pub error: Option<String>,
}

/// An hour that a repository has from other sources than the archives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filled {
    /// The repository, in lower case.
    pub repository: String,
    /// The hour.
    pub hour: DateTime<Utc>,
    /// The sources that were read of it to the end.
    pub sources: Vec<Source>,
}

/// What a repair came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RepairReport {
    /// The holes that there were.
    pub before: Vec<Hole>,
    /// Files that were read, or were to be.
    pub files: Vec<FileReport>,
    /// Repositories that GitHub's API was asked for.
    pub asked: Vec<AskReport>,
    /// Days that were read in BigQuery, or were to be.
    pub days: Vec<DayReport>,
    /// Hours that are open still, and that a repository has all the same.
    pub filled: Vec<Filled>,
    /// The holes that there are. What was read again because others saw more is
    /// not among them: the next comparison tells whether it was enough.
    pub after: Vec<Hole>,
}

impl RepairReport {
    /// Whether there was nothing to do.
    #[must_use]
    pub fn did_nothing(&self) -> bool {
        self.files.is_empty() && self.asked.is_empty() && self.days.is_empty()
    }

    /// What failed, in words.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let files = self.files.iter().filter_map(|file| match &file.outcome {
            FileOutcome::Failed(reason) => {
                Some(format!("{}: {reason}", file.hour.format("%Y-%m-%dT%H")))
            }
            FileOutcome::Read { .. } | FileOutcome::Absent(_) => None,
        });
        let asked = self.asked.iter().filter_map(|asked| {
            let error = asked.error.as_ref()?;
            Some(format!("{}: {error}", asked.repository))
        });
        let days = self.days.iter().filter_map(|day| {
            let error = day.error.as_ref()?;
            Some(format!("{}: {error}", day.day))
        });
        files.chain(asked).chain(days).collect()
    }

    /// Hours that nothing dearer is to be tried for: an archive failed, or what
    /// was read again of them is not counted yet.
    pub(super) fn undecided(&self) -> BTreeSet<DateTime<Utc>> {
        let compared = self.compared_hours();
        let undecided = self.files.iter().filter(|file| match &file.outcome {
            FileOutcome::Failed(_) => true,
            FileOutcome::Read { .. } => compared.contains(&file.hour),
            FileOutcome::Absent(_) => false,
        });
        undecided.map(|file| file.hour).collect()
    }

    fn compared_hours(&self) -> BTreeSet<DateTime<Utc>> {
        let holes = self.before.iter().filter(|hole| hole.gap == Gap::Kinds);
        holes.flat_map(Hole::hours).collect()
    }

    /// The places of the repositories that GitHub's API failed at.
    pub(super) fn failed_repositories(&self, request: &RepairRequest) -> BTreeSet<usize> {
        let failed = |repository: &Repository| {
            let of = |asked: &&super::AskReport| asked.repository == repository.wanted.name;
            let mut asked = self.asked.iter().filter(of);
            asked.any(|asked| asked.error.is_some())
        };
        let repositories = request.repositories.iter().enumerate();
        let repositories = repositories.filter(|(_, repository)| failed(repository));
        repositories.map(|(place, _)| place).collect()
    }

    /// Holes but for those of comparisons whose files were read again.
    pub(super) fn still_open(&self, after: Vec<Hole>) -> Vec<Hole> {
        let read = |file: &&FileReport| matches!(file.outcome, FileOutcome::Read { .. });
        let read: BTreeSet<DateTime<Utc>> = self
            .files
            .iter()
            .filter(read)
            .map(|file| file.hour)
            .collect();
        let of_archives = |hole: &Hole| hole.gap == Gap::Kinds && hole.source == Source::Archive;
        let (compared, others): (Vec<Hole>, Vec<Hole>) = after.into_iter().partition(of_archives);
        let open = without(compared, &read);
        domain::coverage::merge_holes(open.into_iter().chain(others))
    }

    pub(super) fn filled_by(&self, readings: &Readings, request: &RepairRequest) -> Vec<Filled> {
        let everywhere = self.after.iter().filter(|hole| hole.repository.is_none());
        let hours: BTreeSet<DateTime<Utc>> = everywhere.flat_map(Hole::hours).collect();
        let mut filled = Vec::new();
        for repository in &request.repositories {
            let names = repository.names();
            for hour in &hours {
                let sources = readings.whole_at(&names, *hour);
                if !sources.is_empty() {
                    filled.push(Filled {
                        repository: names.first().cloned().unwrap_or_default(),
                        hour: *hour,
                        sources,
                    });
                }
            }
        }
        filled
    }

    pub(super) fn observe(&self) {
        let hours = |holes: &[Hole]| holes.iter().map(|hole| hole.hours().count()).sum::<usize>();
        tracing::info!(
            before = hours(&self.before),
            after = hours(&self.after),
            files = self.files.len(),
            repositories = self.asked.len(),
            days = self.days.len(),
            failures = self.failures().len(),
            "coverage_repaired"
        );
    }
}
