//! Errands: jobs that no schedule has and somebody asks for. They do what only
//! workers can, who know the database or hold its rights, for those who
//! know the log alone.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Cause, JobQueued, Overlap, Queue};

/// Asks GitHub for what somebody misses (`url`).
pub const ANSWER_DISPUTE: &str = "answer-dispute";

/// Redrives or discards dead letters (`action`): those of `ids`, or all that
/// are parked and that a filter means.
pub const RESOLVE_DEAD_LETTERS: &str = "resolve-dead-letters";

/// Takes a step of a replay (`step`).
pub const REPLAY: &str = "replay";

/// Says how much may be spent (`definition`).
pub const SET_BUDGET: &str = "set-budget";

/// How an errand is done.
struct Errand {
    name: &'static str,
    queue: Queue,
    /// How often it is tried.
    attempts: u32,
    /// For how many seconds each time.
    time_limit: u32,
}

const ERRANDS: &[Errand] = &[
    Errand {
        name: ANSWER_DISPUTE,
        queue: Queue::Scraping,
        attempts: 5,
        time_limit: 300,
    },
    Errand {
        name: RESOLVE_DEAD_LETTERS,
        queue: Queue::Maintenance,
        attempts: 5,
        time_limit: 3_600,
    },
    Errand {
        name: REPLAY,
        queue: Queue::Maintenance,
        attempts: 3,
        time_limit: 18_000,
    },
    Errand {
        name: SET_BUDGET,
        queue: Queue::Maintenance,
        attempts: 5,
        time_limit: 60,
    },
];

/// Whether a job is an errand.
#[must_use]
pub fn is_errand(name: &str) -> bool {
    ERRANDS.iter().any(|errand| errand.name == name)
}

/// An errand to be done; `None` when there is none of the name.
#[must_use]
pub fn errand(
    name: &str,
    arguments: BTreeMap<String, String>,
    cause: Cause,
    at: DateTime<Utc>,
) -> Option<JobQueued> {
    let errand = ERRANDS.iter().find(|errand| errand.name == name)?;
    Some(JobQueued {
        job: Uuid::now_v7(),
        name: errand.name.to_owned(),
        queue: errand.queue,
        cause,
        arguments,
        attempts: errand.attempts,
        time_limit: errand.time_limit,
        overlap: Overlap::Allowed,
        queued_at: at,
    })
}
