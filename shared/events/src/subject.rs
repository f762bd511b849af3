//! Subjects: where on the log an event is published, and how a subscriber
//! filters. No subject is put together anywhere else.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use domain::RepositoryName;
use domain::jobs::Queue;

use crate::{Event, RepositorySighting};

/// Number of partitions of contribution subjects. Credit and supersession are
/// local to a repository, so a partition is a unit of parallel work.
const PARTITIONS: u64 = 64;

/// Decisions about counting. All are on one subject: each is made on all that
/// was decided before.
const COUNTING: &str = "decisions.v1.counting";

/// Disputes, and what came of them.
const DISPUTES: &str = "decisions.v1.disputes";

/// Erasures of people.
const ERASURES: &str = "decisions.v1.erasures";

/// What processes log.
const LOG_LEVELS: &str = "decisions.v1.log-levels";

/// What people decide about dead letters.
const RESOLUTIONS: &str = "dead-letters.v1.resolved";

/// Notices of failures.
const NOTICES: &str = "reports.v1.notices";

/// A NATS subject, all tokens lower case and free of dots.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject(String);

impl Subject {
    /// The subject an event is published on.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self(match event {
            Event::ContributionRecorded(event) => {
                contribution_subject(Some(&event.repository), event.kind.as_str())
            }
            Event::ContributionEnriched(event) => {
                contribution_subject(event.repository.as_ref(), "enriched")
            }
            Event::ContributionRetracted(event) => {
                contribution_subject(Some(&event.repository), "retracted")
            }
            Event::ContributionReinstated(event) => {
                contribution_subject(Some(&event.repository), "reinstated")
            }
            Event::CoverageObserved(event) => coverage_subject(event.source, &event.unit),
            Event::DeadLetterRecorded(event) => {
                format!("dead-letters.v1.{}", token(&event.service))
            }
            Event::DeadLetterResolved(_) => RESOLUTIONS.to_owned(),
            Event::BudgetDefined(event) => ledger_subject(event.defined_at),
            Event::BudgetThresholdReached(event) => {
                ledger_subject(event.of.and_time(chrono::NaiveTime::MIN).and_utc())
            }
            Event::CostReserved(event) => ledger_subject(event.reserved_at),
            Event::CostSettled(event) => ledger_subject(event.reserved_at),
            Event::CostReleased(event) => ledger_subject(event.reserved_at),
            Event::CostRefused(event) => ledger_subject(event.refused_at),
            Event::RepositoryTracked(event) => tracking_subject(&event.name),
            Event::RepositoryUntracked(event) => tracking_subject(&event.name),
            Event::GroupDefined(event) => format!("decisions.v1.group.{}", token(&event.group)),
            Event::PolicyPublished(_)
            | Event::PolicyWithdrawn(_)
            | Event::AccountClassified(_)
            | Event::ClassListDefined(_)
            | Event::AccountsLinked(_)
            | Event::AccountsUnlinked(_)
            | Event::AffiliationsSet(_) => COUNTING.to_owned(),
            Event::ContributorErased(_) => ERASURES.to_owned(),
            Event::DisputeRaised(_) | Event::DisputeAnswered(_) => DISPUTES.to_owned(),
            Event::LogLevelChanged(_) => LOG_LEVELS.to_owned(),
            Event::ScheduleDefined(event) => schedule_subject(&event.schedule.name),
            Event::ScheduleFired(event) => schedule_subject(&event.name),
            Event::ScheduleMissed(event) => schedule_subject(&event.name),
            Event::JobQueued(event) => queue_subject(event.queue),
            Event::JobSkipped(event) => queue_subject(event.queue),
            Event::JobStarted(event) => queue_subject(event.queue),
            Event::JobProgressed(event) => queue_subject(event.queue),
            Event::JobRetrying(event) => queue_subject(event.queue),
            Event::JobReturned(event) => queue_subject(event.queue),
            Event::JobCompleted(event) => queue_subject(event.queue),
            Event::JobFailed(event) => queue_subject(event.queue),
            Event::QueuePaused(event) => queue_subject(event.queue),
            Event::QueueResumed(event) => queue_subject(event.queue),
            Event::CircuitChanged(event) => {
                // Beside the queues, whose names are one token.
                format!("jobs.v1.circuits.{}", token(&event.dependency))
            }
            Event::ReportPublished(event) => report_subject(&event.report, event.of),
            Event::NoticeSent(_) => NOTICES.to_owned(),
        })
    }

    /// The subject of the ledger of the UTC month of an instant.
    #[must_use]
    pub fn of_ledger(instant: DateTime<Utc>) -> Self {
        Self(ledger_subject(instant))
    }

    /// The subject of a queue of jobs.
    #[must_use]
    pub fn of_queue(queue: Queue) -> Self {
        Self(queue_subject(queue))
    }

    /// The subject of a report of a day.
    #[must_use]
    pub fn of_report(report: &str, of: NaiveDate) -> Self {
        Self(report_subject(report, of))
    }

    /// The subjects of a report of every day: a filter.
    #[must_use]
    pub fn of_reports(report: &str) -> Self {
        Self(format!("reports.v1.{}.*", token(report)))
    }

    /// The subject of notices of failures.
    #[must_use]
    pub fn of_notices() -> Self {
        Self(NOTICES.to_owned())
    }

    /// The subject of disputes, and what came of them.
    #[must_use]
    pub fn of_disputes() -> Self {
        Self(DISPUTES.to_owned())
    }

    /// The subject of erasures of people.
    #[must_use]
    pub fn of_erasures() -> Self {
        Self(ERASURES.to_owned())
    }

    /// The subject of decisions about counting.
    #[must_use]
    pub fn of_counting() -> Self {
        Self(COUNTING.to_owned())
    }

    /// The subject of the due times of a job.
    #[must_use]
    pub fn of_schedule(job: &str) -> Self {
        Self(schedule_subject(job))
    }

    /// The subject of the coverage of one unit, whose last message tells
    /// whether the unit was read.
    #[must_use]
    pub fn of_coverage(source: domain::Source, unit: &str) -> Self {
        Self(coverage_subject(source, unit))
    }

    /// The subjects of everything of one kind that was read of a repository
    /// from a source that is asked for single ones, such as `events` of the
    /// API: a filter.
    #[must_use]
    pub fn of_repository_coverage(
        source: domain::Source,
        repository: &RepositoryName,
        kind: &str,
    ) -> Self {
        let (owner, name) = (token(repository.owner()), token(repository.name()));
        let (source, kind) = (source.as_str(), token(kind));
        Self(format!("coverage.v1.{source}.{owner}.{name}.{kind}.*"))
    }

    /// The subjects of everything that was read of a repository from a source
    /// that is asked for single ones: a filter.
    #[must_use]
    pub fn of_all_coverage(source: domain::Source, repository: &RepositoryName) -> Self {
        let (owner, name) = (token(repository.owner()), token(repository.name()));
        Self(format!(
            "coverage.v1.{}.{owner}.{name}.*.*",
            source.as_str()
        ))
    }

    /// The subjects of all files that were read of archives: a filter.
    #[must_use]
    pub fn of_archive_coverage() -> Self {
        Self(format!(
            "coverage.v1.{}.*",
            domain::Source::Archive.as_str()
        ))
    }

    /// The subjects of contributions of one kind to a repository: a filter.
    #[must_use]
    pub fn of_contributions(repository: &RepositoryName, kind: &str) -> Self {
        let (owner, name) = (token(repository.owner()), token(repository.name()));
        Self(format!("contributions.v1.*.{owner}.{name}.{kind}"))
    }

    /// The subjects of contributions of these kinds to these repositories, of which
    /// some stand for all of their owner: filters. Without any it is all of them.
    #[must_use]
    pub fn of_contributions_in(
        repositories: &[(RepositoryName, bool)],
        kinds: &[&str],
    ) -> Vec<Self> {
        if repositories.is_empty() && kinds.is_empty() {
            return Vec::new();
        }
        let of_repository = |(name, all_of_owner): &(RepositoryName, bool)| {
            let owner = token(name.owner());
            let name = if *all_of_owner {
                "*".to_owned()
            } else {
                token(name.name())
            };
            format!("{owner}.{name}")
        };
        let mut places: Vec<String> = repositories.iter().map(of_repository).collect();
        if places.is_empty() {
            places.push("*.*".to_owned());
        }
        let kinds = if kinds.is_empty() { &["*"] } else { kinds };
        let subjects = places.iter().flat_map(|place| {
            let of_kind = move |kind: &&str| format!("contributions.v1.*.{place}.{kind}");
            kinds.iter().map(of_kind)
        });
        subjects.map(Self).collect()
    }

    /// The subject of what people decide about dead letters.
    #[must_use]
    pub fn of_resolutions() -> Self {
        Self(RESOLUTIONS.to_owned())
    }

    /// The subject as NATS takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// All that is said of one month's money is on one subject, so that its last
/// sequence stands for the state of the ledger.
fn ledger_subject(instant: DateTime<Utc>) -> String {
    format!("costs.v1.usd.{}", instant.format("%Y-%m"))
}

/// All that becomes of a queue's jobs is on one subject, so that its last
/// sequence stands for the state of the queue.
fn queue_subject(queue: Queue) -> String {
    format!("jobs.v1.{}", queue.as_str())
}

/// A report of a day is on a subject of its own, so that it is made once.
fn report_subject(report: &str, of: NaiveDate) -> String {
    format!("reports.v1.{}.{of}", token(report))
}

fn schedule_subject(job: &str) -> String {
    format!("schedule.v1.{}", token(job))
}

/// Units of sources that are asked for single repositories are `owner/name
/// kind range`, each a token, so that a subscriber can filter by repository
/// and what was read last can be asked for.
fn coverage_subject(source: domain::Source, unit: &str) -> String {
    let parts = unit.split_once('/').and_then(|(owner, rest)| {
        let (name, rest) = rest.split_once(' ')?;
        let (kind, range) = rest.split_once(' ')?;
        Some([owner, name, kind, range].map(token).join("."))
    });
    let by_repository = matches!(source, domain::Source::Api | domain::Source::Bigquery);
    let parts = parts.filter(|_| by_repository);
    let unit = parts.unwrap_or_else(|| token(unit));
    format!("coverage.v1.{}.{unit}", source.as_str())
}

fn contribution_subject(repository: Option<&RepositorySighting>, kind: &str) -> String {
    let reference = repository.and_then(RepositorySighting::reference);
    let partition = partition_of(
        reference
            .as_ref()
            .map_or("", |reference| reference.as_str()),
    );
    let name = repository.and_then(|repository| repository.name.as_ref());
    let (owner, name) = name.map_or(("", ""), |name| (name.owner(), name.name()));
    format!(
        "contributions.v1.{partition}.{}.{}.{kind}",
        token(owner),
        token(name)
    )
}

fn tracking_subject(name: &RepositoryName) -> String {
    let (owner, name) = (token(name.owner()), token(name.name()));
    format!("decisions.v1.tracking.{owner}.{name}")
}

/// The partition of a repository reference: FNV-1a modulo 64.
#[must_use]
pub fn partition_of(reference: &str) -> u64 {
    let hash = reference
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    hash % PARTITIONS
}

/// One subject token: lower case; whatever NATS gives a meaning to, and `=`
/// itself, as `=` and two hexadecimal digits; `_` for nothing.
fn token(text: &str) -> String {
    if text.is_empty() {
        return "_".to_owned();
    }
    let mut token = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_lowercase).take(200) {
        let special = matches!(character, '.' | '*' | '>' | '=' | '$');
        if special || character.is_whitespace() || character.is_control() {
            let mut buffer = [0; 4];
            for byte in character.encode_utf8(&mut buffer).bytes() {
                token.push_str(&format!("={byte:02X}"));
            }
        } else {
            token.push(character);
        }
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_cannot_break_out() {
        assert_eq!(token("Next.js"), "next=2Ejs");
        assert_eq!(token("a*b>c d"), "a=2Ab=3Ec=20d");
        assert_eq!(token(""), "_");
        assert_eq!(token("="), "=3D");
    }

    #[test]
    fn units_of_the_api_can_be_filtered_by_repository() {
        let subject = Subject::of_coverage(domain::Source::Api, "Octo/next.js events a..b");
        assert_eq!(
            subject.as_str(),
            "coverage.v1.api.octo.next=2Ejs.events.a=2E=2Eb"
        );
        let name = RepositoryName::parse("octo/Next.js").unwrap();
        let filter = Subject::of_repository_coverage(domain::Source::Api, &name, "events");
        assert_eq!(filter.as_str(), "coverage.v1.api.octo.next=2Ejs.events.*");
    }

    #[test]
    fn partitions_are_pinned() {
        assert_eq!(partition_of(""), 0xcbf2_9ce4_8422_2325 % 64);
        assert!(partition_of("1296269") < 64);
    }
}
