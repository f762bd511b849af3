//! Time as something that is written down: when a job is due, and that it was.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::jobs::{Cause, Overlap, Queue};

/// Namespace of the ids of triggers.
const TRIGGERS: Uuid = Uuid::from_u128(0x2f0d_7c35_8e41_5b6a_9d02_63b8_4fa7_11ce);

/// What is done about due times that nobody was there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CatchUp {
    /// The latest of them stands for all.
    RunOnce,
    /// Each of them, in order.
    RunEach,
    /// None of them.
    Skip,
}

impl CatchUp {
    /// The rule as it is written and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RunOnce => "run-once",
            Self::RunEach => "run-each",
            Self::Skip => "skip",
        }
    }
}

/// When a job is due, and how it is done then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobSchedule {
    /// The job, such as `refresh-stale`.
    pub name: String,
    /// What it does, in a sentence.
    pub description: String,
    /// Its queue.
    pub queue: Queue,
    /// When it is due: minute, hour, day of the month, month, day of the week.
    pub cron: String,
    /// In which time zone, such as `Europe/Berlin`.
    pub time_zone: String,
    /// Seconds after a due time within which it is fired, so that not all jobs
    /// of all deployments begin at once.
    pub jitter: u32,
    /// What is done about due times that nobody was there for.
    pub catch_up: CatchUp,
    /// Whether it may be done while it is done already.
    pub overlap: Overlap,
    /// How often it is tried at most.
    pub attempts: u32,
    /// How long one attempt may take, in seconds.
    pub time_limit: u32,
    /// Whether the schedule fires it at all; by hand it can be in any case.
    pub enabled: bool,
    /// What to do it with, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, String>,
}

/// `schedule.defined`, version 1: from now on a job is due then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduleDefined {
    /// When the job is due, and how it is done.
    pub schedule: JobSchedule,
    /// Due times up to here are not this definition's.
    pub covered_until: DateTime<Utc>,
    /// When it is due next, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_due_at: Option<DateTime<Utc>>,
    /// When it was defined, in UTC.
    pub defined_at: DateTime<Utc>,
}

/// `schedule.fired`, version 1: a job is due, or somebody wants it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduleFired {
    /// Names the trigger, and the run of the job that comes of it: the same
    /// due time of the same job has the same.
    pub trigger: Uuid,
    /// The job.
    pub name: String,
    /// Why.
    pub cause: Cause,
    /// What to do it with, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, String>,
    /// Due times up to here are done with.
    pub covered_until: DateTime<Utc>,
    /// When it is due next, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_due_at: Option<DateTime<Utc>>,
    /// When, in UTC.
    pub fired_at: DateTime<Utc>,
}

/// `schedule.missed`, version 1: due times went by that nobody was there for,
/// and by its rule the job is not done for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduleMissed {
    /// The job.
    pub name: String,
    /// How many.
    pub missed: u32,
    /// The last of them; due times up to here are done with.
    pub covered_until: DateTime<Utc>,
    /// When it is due next, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_due_at: Option<DateTime<Utc>>,
    /// When that was noticed, in UTC.
    pub noticed_at: DateTime<Utc>,
}

/// The id of the trigger of a due time, whoever fires it.
#[must_use]
pub fn trigger_id(name: &str, due_at: DateTime<Utc>) -> Uuid {
    let content = format!("{name} {}", due_at.timestamp());
    Uuid::new_v5(&TRIGGERS, content.as_bytes())
}

/// What was last said of a job's times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// When it is due.
    pub defined: Option<ScheduleDefined>,
    /// The last trigger.
    pub fired: Option<ScheduleFired>,
    /// Due times up to here are done with.
    pub covered_until: Option<DateTime<Utc>>,
}

impl Times {
    /// Takes a definition in.
    pub fn define(&mut self, defined: &ScheduleDefined) {
        self.cover(defined.covered_until);
        self.defined = Some(defined.clone());
    }

    /// Takes a trigger in.
    pub fn fire(&mut self, fired: &ScheduleFired) {
        self.cover(fired.covered_until);
        self.fired = Some(fired.clone());
    }

    /// Takes in that due times were missed.
    pub fn miss(&mut self, missed: &ScheduleMissed) {
        self.cover(missed.covered_until);
    }

    fn cover(&mut self, until: DateTime<Utc>) {
        self.covered_until = self.covered_until.max(Some(until));
    }
}
