//! Jobs, queues and due times in words.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::page::relative::{Relative, span_words};
use crate::page::words::counted;
use crate::points::number;
use crate::resources::jobs::{Job, Paused, ScheduledJob};

/// The states of a job, in the order in which it has them.
pub(super) const STATES: [&str; 6] = [
    "running",
    "waiting",
    "retrying",
    "completed",
    "failed",
    "skipped",
];

/// The class of a state's colour in the style sheet.
fn colour_of(state: &str) -> &'static str {
    match state {
        "completed" => "complete",
        "running" => "unknown",
        "retrying" => "partial",
        "failed" => "missing",
        _ => "other",
    }
}

/// A job in words.
pub(super) struct JobView {
    pub(super) name: String,
    pub(super) queue: String,
    pub(super) state: String,
    pub(super) colour: &'static str,
    /// What the instant is of: `asked for`, `began`, `ended`.
    pub(super) what: &'static str,
    pub(super) when: Relative,
    pub(super) took: Option<String>,
    pub(super) cause: String,
    /// Which attempt it is, unless it is the first of one.
    pub(super) attempt: Option<String>,
    /// How much is done.
    pub(super) progress: Option<String>,
    /// What was done, what went wrong, or what it is at.
    pub(super) told: String,
    pub(super) left_out: Option<String>,
    /// All of it, as JSON.
    pub(super) address: String,
}

impl JobView {
    pub(super) fn of(job: Job, now: DateTime<Utc>) -> Self {
        let (what, at) = match (job.ended_at, job.again_at, job.started_at) {
            (Some(at), _, _) => ("ended", at),
            (None, Some(at), _) if job.state == "retrying" => ("again", at),
            (None, _, Some(at)) if job.state == "running" => ("began", at),
            _ => ("asked for", job.queued_at),
        };
        let took = job.started_at.zip(job.ended_at);
        let left_out = job.left_out.as_array().map_or(0, Vec::len);
        Self {
            colour: colour_of(&job.state),
            what,
            when: Relative::of(at, now),
            took: took.map(|(from, until)| match (until - from).num_seconds() {
                ..1 => "under a second".to_owned(),
                seconds => span_words(seconds),
            }),
            cause: cause_words(&job.cause),
            attempt: (job.attempt > 1)
                .then(|| format!("attempt {} of {}", job.attempt, job.attempts)),
            progress: progress_words(&job),
            told: told(&job),
            left_out: (left_out > 0).then(|| {
                let items = i64::try_from(left_out).unwrap_or(i64::MAX);
                counted(items, "item left out", "items left out")
            }),
            address: format!("/api/v1/jobs/{}", job.id),
            name: job.name,
            queue: job.queue,
            state: job.state,
        }
    }
}

/// Why a job was asked for.
fn cause_words(cause: &Value) -> String {
    let text = |name: &str| cause.get(name).and_then(Value::as_str);
    match (text("actor"), text("reason")) {
        (Some(actor), Some(reason)) if !reason.is_empty() => format!("{actor}: {reason}"),
        (Some(actor), _) => actor.to_owned(),
        _ => "by schedule".to_owned(),
    }
}

fn progress_words(job: &Job) -> Option<String> {
    if job.state != "running" || job.done == 0 && job.total.is_none() {
        return None;
    }
    let done = number(job.done);
    Some(match job.total {
        Some(total) => format!("{done} of {} done", number(total)),
        None => format!("{done} done"),
    })
}

/// The sentence that says most of a job.
fn told(job: &Job) -> String {
    let failure = job.failure.as_ref();
    let failure = failure.and_then(|failure| failure.get("message")?.as_str());
    let told = match job.state.as_str() {
        "failed" | "retrying" => failure.or(job.summary.as_deref()),
        _ => job.summary.as_deref(),
    };
    told.unwrap_or(&job.note).to_owned()
}

/// How many jobs of a queue are in each state.
pub(super) struct QueueView {
    pub(super) name: String,
    /// In the order of [`STATES`].
    pub(super) counts: Vec<(&'static str, i64, String)>,
    pub(super) paused: Option<PausedView>,
}

/// Who paused a queue.
pub(super) struct PausedView {
    pub(super) actor: String,
    pub(super) reason: String,
    pub(super) since: Relative,
}

pub(super) fn queue_views(
    totals: &BTreeMap<String, BTreeMap<String, i64>>,
    paused: Vec<Paused>,
    now: DateTime<Utc>,
) -> Vec<QueueView> {
    let mut by_queue: BTreeMap<String, PausedView> = paused
        .into_iter()
        .map(|paused| {
            let view = PausedView {
                actor: paused.actor,
                reason: paused.reason,
                since: Relative::of(paused.paused_at, now),
            };
            (paused.queue, view)
        })
        .collect();
    let mut names: Vec<String> = totals.keys().chain(by_queue.keys()).cloned().collect();
    names.sort_unstable();
    names.dedup();
    let view = |name: String| {
        let of = totals.get(&name);
        let count = |state: &str| of.and_then(|of| of.get(state)).copied().unwrap_or(0);
        QueueView {
            counts: STATES
                .iter()
                .map(|state| (*state, count(state), number(count(state))))
                .collect(),
            paused: by_queue.remove(&name),
            name,
        }
    };
    names.into_iter().map(view).collect()
}

/// When a job is due, in words.
pub(super) struct DueView {
    pub(super) name: String,
    pub(super) description: String,
    /// The expression, and the zone where it is not UTC.
    pub(super) cron: String,
    pub(super) zone: Option<String>,
    pub(super) enabled: bool,
    pub(super) next: Option<Relative>,
    pub(super) last: Option<Relative>,
    /// What became of the last run, and its colour.
    pub(super) state: Option<(String, &'static str)>,
    pub(super) missed: Option<String>,
    /// The runs there were.
    pub(super) runs: String,
}

impl DueView {
    pub(super) fn of(job: ScheduledJob, now: DateTime<Utc>) -> Self {
        let definition = job.definition.unwrap_or_default();
        let text = |name: &str| {
            let text = definition.get(name).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let zone = text("time_zone");
        Self {
            description: text("description"),
            cron: text("cron"),
            zone: Some(zone).filter(|zone| !zone.is_empty() && zone != "UTC"),
            enabled: definition.get("enabled") != Some(&Value::Bool(false)),
            next: job.next_due_at.map(|at| Relative::of(at, now)),
            last: job.last_fired_at.map(|at| Relative::of(at, now)),
            state: job.last_state.map(|state| {
                let colour = colour_of(&state);
                (state, colour)
            }),
            missed: (job.missed > 0).then(|| number(job.missed)),
            runs: format!("/operations?name={}#jobs", job.name),
            name: job.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn causes_are_told_in_words() {
        let by_schedule = json!({"cause": "schedule", "missed": 0});
        assert_eq!(cause_words(&by_schedule), "by schedule");
        let by_hand = json!({"cause": "hand", "actor": "ann", "reason": "a look"});
        assert_eq!(cause_words(&by_hand), "ann: a look");
    }

    #[test]
    fn a_paused_queue_without_jobs_is_shown() {
        let now: DateTime<Utc> = "2026-11-26T12:00:00Z".parse().unwrap();
        let paused = Paused {
            queue: "reports".to_owned(),
            actor: "ann".to_owned(),
            reason: "quiet".to_owned(),
            paused_at: now,
        };
        let totals = BTreeMap::from([(
            "scraping".to_owned(),
            BTreeMap::from([("failed".to_owned(), 1_200)]),
        )]);
        let views = queue_views(&totals, vec![paused], now);
        assert_eq!(views.len(), 2);
        assert!(views[0].paused.is_some() && views[0].name == "reports");
        assert_eq!(views[1].counts[4], ("failed", 1_200, "1,200".to_owned()));
    }
}
