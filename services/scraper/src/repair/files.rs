//! Filling holes from the archives.

use chrono::{DateTime, Utc};

use super::report::{FileOutcome, FileReport};
use super::{RepairError, RepairServices};
use crate::ingest::{IngestOptions, Silent, UnitOutcome, ingest};
use crate::repair::picture::Picture;
use crate::sources::archive::{Location, Plan, Unit};

/// A file, and the archives that may have it.
struct Wanted {
    hour: DateTime<Utc>,
    unit: Unit,
}

/// Reads files, each from the first archive that has it; those that turn out to
/// be cut short or damaged there from the next one, too.
pub(super) async fn read_files(
    hours: &[DateTime<Utc>],
    picture: &Picture,
    services: &RepairServices,
) -> Result<Vec<FileReport>, RepairError> {
    let wanted = |hour: &DateTime<Utc>| Wanted {
        hour: *hour,
        unit: Unit {
            locations: picture.unread_places(*hour, services),
            ..services.archives.unit(*hour)
        },
    };
    let mut waiting: Vec<Wanted> = hours.iter().map(wanted).collect();
    let mut reports: Vec<FileReport> = Vec::new();
    while !waiting.is_empty() {
        let plan = Plan {
            units: waiting.iter().map(|wanted| wanted.unit.clone()).collect(),
        };
        let options = IngestOptions {
            force: true,
            reports_absence: false,
            ..services.options
        };
        let report = ingest(&plan, &services.ingest, options, &Silent).await?;
        let mut next = Vec::new();
        for (mut wanted, unit) in waiting.into_iter().zip(report.units) {
            let hour = wanted.hour;
            let outcome = outcome_of(unit.outcome);
            let better_elsewhere = outcome.read_in_part_at().is_some_and(|place| {
                drop_up_to(&mut wanted.unit.locations, place);
                !wanted.unit.locations.is_empty()
            });
            // Of what was read before, nothing is taken back by the next
            // archive's not having it.
            let known = reports.iter().any(|report| report.hour == hour);
            if !(known && matches!(outcome, FileOutcome::Absent(_))) {
                reports.retain(|report| report.hour != hour);
                reports.push(FileReport { hour, outcome });
            }
            if better_elsewhere {
                next.push(wanted);
            }
        }
        waiting = next;
    }
    reports.sort_by_key(|report| report.hour);
    Ok(reports)
}

fn drop_up_to(places: &mut Vec<Location>, read: &str) {
    let after = places.iter().position(|place| place.to_string() == read);
    places.drain(..after.map_or(places.len(), |place| place + 1));
}

fn outcome_of(outcome: UnitOutcome) -> FileOutcome {
    match outcome {
        UnitOutcome::Completed(summary) => {
            let coverage = summary.coverage;
            FileOutcome::Read {
                whole: coverage.unit_read().extent().is_whole(),
                location: coverage.location,
                events: coverage.events,
            }
        }
        UnitOutcome::Absent(reason) => FileOutcome::Absent(reason),
        UnitOutcome::Failed(reason) => FileOutcome::Failed(reason),
        UnitOutcome::Skipped | UnitOutcome::Cancelled => {
            FileOutcome::Failed("interrupted; the next repair goes on from here".to_owned())
        }
    }
}
