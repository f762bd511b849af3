//! Coverage: how much of what happened was seen.
//!
//! Sources are read in units: an archive's hourly file, a repository's day in
//! BigQuery, a span of a repository's feed. What the units say comes together
//! in [`Readings`]: how far each source was read of each hour. Beside that
//! stands what was seen: a contribution that another source saw and this one
//! should have shown tells of a loss that no unit tells of. [`judge_hour`]
//! takes both together; [`Hole`]s are the hours that something is missing of;
//! [`repair_plan`] says from where they can be filled.

mod extent;
mod hole;
mod hours;
mod judgement;
mod pushes;
mod readings;
mod repair;
mod repository;
mod summary;
mod unit;
mod verdict;

pub use extent::{Extent, Loss};
pub use hole::{Gap, Hole, compared_holes, file_holes, merge_holes, repository_holes};
pub use hours::{hour_after, hour_of, hours_between};
pub use judgement::{HourAtSource, Seen, judge_hour};
pub use pushes::{Pushes, covered_by_push};
pub use readings::Readings;
pub use repair::{DayToRead, RepairPlan, RepositoryToAsk, Way, Wish, repair_plan, ways_to_fill};
pub use summary::{ArchiveHours, CoverageScope, HourCounts};
pub use unit::{FileSpread, UnitRead, UnitScope};
pub use verdict::{CoverageVerdict, judge_coverage};
