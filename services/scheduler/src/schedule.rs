//! The schedule: every job there is, in one list.

use std::collections::BTreeMap;

use domain::jobs::{Overlap, Queue};
use domain::schedule::{CatchUp, JobSchedule};

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;

/// A job of the usual schedule.
struct Usual {
    name: &'static str,
    description: &'static str,
    queue: Queue,
    /// Minute, hour, day of the month, month, day of the week, in UTC.
    cron: &'static str,
    catch_up: CatchUp,
    time_limit: u32,
    enabled: bool,
}

/// Every job there is. Times are those of the operations guide; what it does
/// not name is due where little else is.
const USUAL: &[Usual] = &[
    Usual {
        name: "refresh-stale",
        description: "Reads tracked repositories from GitHub's API that were not read for a while.",
        queue: Queue::Scraping,
        cron: "0 */6 * * *",
        catch_up: CatchUp::RunOnce,
        time_limit: 5 * HOUR,
        enabled: true,
    },
    Usual {
        name: "read-archive",
        description: "Reads the hours of the archive that are there since it was last read.",
        queue: Queue::Scraping,
        cron: "20 * * * *",
        catch_up: CatchUp::RunOnce,
        time_limit: 5 * HOUR,
        enabled: false,
    },
    Usual {
        name: "read-bigquery",
        description: "Reads yesterday, and days that are still open, of tracked repositories from BigQuery, within the budget.",
        queue: Queue::Scraping,
        cron: "0 2 * * *",
        catch_up: CatchUp::RunOnce,
        time_limit: 5 * HOUR,
        enabled: false,
    },
    Usual {
        name: "repair-coverage",
        description: "Fills holes in what was read, from the cheapest source that has them.",
        queue: Queue::Scraping,
        cron: "40 */6 * * *",
        catch_up: CatchUp::RunOnce,
        time_limit: 5 * HOUR,
        enabled: true,
    },
    Usual {
        name: "check-boards",
        description: "Compares the global boards with the counts they are made of.",
        queue: Queue::Calculations,
        cron: "30 */4 * * *",
        catch_up: CatchUp::RunOnce,
        time_limit: HOUR,
        enabled: true,
    },
    Usual {
        name: "audit-scores",
        description: "Computes scores of some contributors on some boards anew, from counts and from contributions, and compares.",
        queue: Queue::Calculations,
        cron: "45 */6 * * *",
        catch_up: CatchUp::RunOnce,
        time_limit: HOUR,
        enabled: true,
    },
    Usual {
        name: "full-recalculation",
        description: "Replays the log into a new generation, and switches to it if nothing differs.",
        queue: Queue::Calculations,
        cron: "0 3 * * SUN",
        catch_up: CatchUp::RunOnce,
        time_limit: 24 * HOUR,
        enabled: true,
    },
    Usual {
        name: "budget-report",
        description: "Reports the money of the day before.",
        queue: Queue::Reports,
        cron: "0 0 * * *",
        catch_up: CatchUp::RunEach,
        time_limit: 10 * MINUTE,
        enabled: true,
    },
    Usual {
        name: "pipeline-summary",
        description: "Reports what was read, counted and not done on the day before.",
        queue: Queue::Reports,
        cron: "10 0 * * *",
        catch_up: CatchUp::RunEach,
        time_limit: 10 * MINUTE,
        enabled: true,
    },
    Usual {
        name: "tell-failures",
        description: "Tells of jobs that failed in issues of a repository, one for each cause.",
        queue: Queue::Reports,
        cron: "*/10 * * * *",
        catch_up: CatchUp::RunOnce,
        time_limit: 10 * MINUTE,
        enabled: true,
    },
    Usual {
        name: "keep-partitions",
        description: "Makes the partitions of the months to come.",
        queue: Queue::Maintenance,
        cron: "50 1 * * *",
        catch_up: CatchUp::RunOnce,
        time_limit: 10 * MINUTE,
        enabled: true,
    },
    Usual {
        name: "clean-up",
        description: "Deletes what is kept for no longer: money of a year ago, ended jobs, settled dead letters and who held queues of 90 days ago.",
        queue: Queue::Maintenance,
        cron: "0 4 1 * *",
        catch_up: CatchUp::RunOnce,
        time_limit: HOUR,
        enabled: true,
    },
    Usual {
        name: "vacuum",
        description: "Runs VACUUM ANALYZE over the tables that change most.",
        queue: Queue::Maintenance,
        cron: "0 5 * * SUN",
        catch_up: CatchUp::RunOnce,
        time_limit: 5 * HOUR,
        enabled: true,
    },
];

/// The usual schedule.
#[must_use]
pub fn usual_schedule() -> Vec<JobSchedule> {
    let usual = USUAL.iter().map(|job| JobSchedule {
        name: job.name.to_owned(),
        description: job.description.to_owned(),
        queue: job.queue,
        cron: job.cron.to_owned(),
        time_zone: "UTC".to_owned(),
        jitter: 0,
        catch_up: job.catch_up,
        overlap: Overlap::Forbidden,
        attempts: 5,
        time_limit: job.time_limit,
        enabled: job.enabled,
        arguments: BTreeMap::new(),
    });
    usual.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Calendar;

    #[test]
    fn every_job_is_due_some_time_and_has_a_name_of_its_own() {
        let mut names = std::collections::BTreeSet::new();
        for job in usual_schedule() {
            let calendar = Calendar::parse(&job.cron, &job.time_zone).unwrap();
            assert!(calendar.next_after(chrono::DateTime::UNIX_EPOCH).is_some());
            assert!(names.insert(job.name));
        }
    }
}
