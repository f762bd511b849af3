//! What is wrong, judged from what the read models tell. The limits are those
//! of the alerts (`deploy/monitoring/rules`), as far as a moment shows what an
//! alert sees over time.

mod circuits;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};

use crate::page::amount::dollars;
use crate::page::relative::span_words;
use crate::page::words::counted;
use crate::points::number;
use crate::queries::projections::ProjectionRow;
use crate::resources::budget::BudgetAnswer;
use crate::resources::circuits::Circuit;
use crate::resources::coverage::HoursByVerdict;
use crate::resources::jobs::{Job, Paused, ScheduledJob};
use crate::resources::replay::GenerationInfo;

/// How bad something is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// Numbers are wrong, late or not to be had.
    Critical,
    /// Somebody must look today.
    Warning,
    /// Worth knowing.
    Note,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Concern {
    pub(super) severity: Severity,
    pub(super) text: String,
    /// The section of the runbook that tells what to do.
    pub(super) runbook: &'static str,
}

/// What is judged.
pub(super) struct Facts<'a> {
    pub(super) now: DateTime<Utc>,
    pub(super) projections: &'a [ProjectionRow],
    pub(super) generations: &'a [GenerationInfo],
    /// Jobs that run, wait or are to be tried again.
    pub(super) at_work: &'a [Job],
    /// The last jobs that failed.
    pub(super) failed: &'a [Job],
    pub(super) paused: &'a [Paused],
    pub(super) schedule: &'a [ScheduledJob],
    pub(super) circuits: &'a [Circuit],
    /// Dead letters that wait for somebody.
    pub(super) letters: i64,
    pub(super) budget: &'a BudgetAnswer,
    pub(super) hours: HoursByVerdict,
}

/// Messages that may be still to project.
const MOST_PENDING: i64 = 100_000;

/// How long a checkpoint may stand still while there are messages.
const STANDING: TimeDelta = TimeDelta::minutes(5);

/// The same of a generation that is being built.
const BUILDING: TimeDelta = TimeDelta::minutes(15);

/// A job is due every ten minutes.
const SILENCE: TimeDelta = TimeDelta::minutes(90);

/// Leases of jobs are half a minute long.
const UNHEARD: TimeDelta = TimeDelta::minutes(2);

/// How long a job may wait while nothing runs in its queue.
const UNTAKEN: TimeDelta = TimeDelta::minutes(10);

/// Jobs of a queue that may wait.
const MOST_WAITING: usize = 20;

/// How long a failure is news.
const NEWS: TimeDelta = TimeDelta::days(1);

/// Everything that is wrong, the worst first.
pub(super) fn concerns(facts: &Facts<'_>) -> Vec<Concern> {
    let mut found = Vec::new();
    projections(facts, &mut found);
    generations(facts, &mut found);
    schedule(facts, &mut found);
    workers(facts, &mut found);
    failures(facts, &mut found);
    circuits::circuits(facts, &mut found);
    budget(facts, &mut found);
    data(facts, &mut found);
    found.sort_by_key(|concern| concern.severity);
    found
}

fn concern(severity: Severity, runbook: &'static str, text: impl Into<String>) -> Concern {
    Concern {
        severity,
        text: text.into(),
        runbook,
    }
}

fn projections(facts: &Facts<'_>, found: &mut Vec<Concern>) {
    let abandoned: Vec<&str> = facts
        .projections
        .iter()
        .filter(|row| !row.is_running)
        .map(|row| row.projection.as_str())
        .collect();
    if facts.projections.is_empty() || abandoned.len() == facts.projections.len() {
        let text = "No projector runs: the read models stand still";
        found.push(concern(Severity::Critical, "NoProjector", text));
    } else if !abandoned.is_empty() {
        let text = format!("No projector holds {}", abandoned.join(", "));
        found.push(concern(Severity::Critical, "NoProjector", text));
    }
    let refused = facts.projections.iter();
    for why in refused.filter_map(|row| row.refused.as_deref()) {
        let text = format!("The projector refuses to go on: {why}");
        found.push(concern(Severity::Critical, "CheckpointAheadOfLog", text));
    }
    for row in facts.projections.iter().filter(|row| row.is_running) {
        let silent = facts.now - row.updated_at;
        if row.pending > 0 && silent > STANDING {
            let text = format!(
                "{} has {} to project, and its checkpoint has stood still for {}",
                row.projection,
                counted(row.pending, "message", "messages"),
                span_words(silent.num_seconds())
            );
            found.push(concern(Severity::Critical, "CheckpointNotMoving", text));
        } else if row.pending > MOST_PENDING {
            let text = format!(
                "{} has {} messages still to project",
                row.projection,
                number(row.pending)
            );
            found.push(concern(Severity::Warning, "ProjectionDelayed", text));
        }
    }
}

fn generations(facts: &Facts<'_>, found: &mut Vec<Concern>) {
    let building = facts
        .generations
        .iter()
        .filter(|generation| generation.state == "building");
    for generation in building {
        let stuck = generation
            .projections
            .iter()
            .find(|progress| progress.behind > 0 && facts.now - progress.updated_at > BUILDING);
        if let Some(progress) = stuck {
            let text = format!(
                "The replay into generation {} stands still in {}",
                generation.generation, progress.projection
            );
            found.push(concern(Severity::Warning, "ReplayStuck", text));
        }
    }
}

fn schedule(facts: &Facts<'_>, found: &mut Vec<Concern>) {
    if facts.schedule.is_empty() {
        let text = "No scheduler has told of a schedule yet: jobs run only when asked for";
        found.push(concern(Severity::Note, "SchedulerSilent", text));
        return;
    }
    let due = facts.schedule.iter().filter_map(|job| job.next_due_at);
    let Some(overdue) = due.min().map(|due| facts.now - due) else {
        return;
    };
    if overdue > SILENCE {
        let text = format!(
            "A job has been due for {} and nobody asked for it: no scheduler runs",
            span_words(overdue.num_seconds())
        );
        found.push(concern(Severity::Warning, "SchedulerSilent", text));
    }
}

fn workers(facts: &Facts<'_>, found: &mut Vec<Concern>) {
    for paused in facts.paused {
        let text = format!(
            "The queue {} stands still: {}, by {}",
            paused.queue, paused.reason, paused.actor
        );
        found.push(concern(Severity::Warning, "QueuePaused", text));
    }
    let in_state = |state: &'static str| facts.at_work.iter().filter(move |job| job.state == state);
    let lost = in_state("running").find(|job| {
        let heard = job.heard_at.or(job.started_at);
        heard.is_some_and(|heard| facts.now - heard > UNHEARD)
    });
    if let Some(job) = lost {
        let text = format!(
            "{} was begun, and nothing has been heard of its worker since",
            job.name
        );
        found.push(concern(Severity::Critical, "NoWorker", text));
    }
    let mut queues: Vec<&str> = in_state("waiting").map(|job| job.queue.as_str()).collect();
    queues.sort_unstable();
    for group in queues.chunk_by(|one, other| one == other) {
        let queue = group[0];
        let runs = in_state("running").any(|job| job.queue == queue);
        let is_paused = facts.paused.iter().any(|paused| paused.queue == queue);
        let first = in_state("waiting")
            .filter(|job| job.queue == queue)
            .map(|job| job.queued_at)
            .min();
        let untaken = first.is_some_and(|first| facts.now - first > UNTAKEN);
        if untaken && !runs && !is_paused {
            let text = format!("Jobs of {queue} wait, and nobody takes them: no worker runs");
            found.push(concern(Severity::Critical, "NoWorker", text));
        } else if group.len() > MOST_WAITING {
            let text = format!("{} jobs of {queue} wait", group.len());
            found.push(concern(Severity::Warning, "JobsWaiting", text));
        }
    }
}

/// Jobs whose last run failed. One that was done since is not told of.
fn failures(facts: &Facts<'_>, found: &mut Vec<Concern>) {
    let is_mended = |name: &str| {
        let scheduled = facts.schedule.iter().find(|job| job.name == name);
        scheduled.is_some_and(|job| job.last_state.as_deref() == Some("completed"))
    };
    let mut names: Vec<&str> = facts
        .failed
        .iter()
        .filter(|job| job.ended_at.is_some_and(|at| facts.now - at < NEWS))
        .map(|job| job.name.as_str())
        .filter(|name| !is_mended(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let text = format!("{name} failed and is not tried again");
        found.push(concern(Severity::Warning, "JobFailed", text));
    }
}

fn budget(facts: &Facts<'_>, found: &mut Vec<Concern>) {
    let Some(limits) = &facts.budget.limits else {
        return;
    };
    let month = (&facts.budget.spent, limits.month_micros, "month");
    let today = facts.budget.today.as_ref();
    let day = today.map(|today| (today, limits.day_micros, "day"));
    for (spent, limit, what) in [Some(month), day].into_iter().flatten() {
        let taken = spent.settled_micros.saturating_add(spent.reserved_micros);
        let percent = u128::from(taken) * 100 / u128::from(limit.max(1));
        let severity = match percent {
            90.. => Severity::Critical,
            70..90 => Severity::Warning,
            _ => continue,
        };
        let text = match percent {
            100.. => {
                format!("The {what}\u{2019}s budget is used up: BigQuery is not asked any more")
            }
            _ => format!("{percent} % of the {what}\u{2019}s budget is spent or reserved"),
        };
        found.push(concern(severity, "Budget", text));
    }
    let forecast = facts.budget.forecast_micros.unwrap_or(0);
    if forecast > limits.month_micros {
        let text = format!(
            "At the present pace the month would cost {}, of {} that may be spent",
            dollars(forecast),
            dollars(limits.month_micros)
        );
        found.push(concern(Severity::Note, "Budget", text));
    }
}

fn data(facts: &Facts<'_>, found: &mut Vec<Concern>) {
    if facts.letters > 0 {
        let wait = if facts.letters == 1 { "waits" } else { "wait" };
        let letters = counted(facts.letters, "dead letter", "dead letters");
        let text = format!("{letters} {wait} for somebody");
        found.push(concern(Severity::Warning, "DeadLetters", text));
    }
    let holes = facts.hours.partial + facts.hours.missing;
    if holes > 0 {
        let hours = counted(holes, "hour", "hours");
        let text =
            format!("{hours} between the first and the last that was read are missing or in part");
        found.push(concern(Severity::Note, "CoverageHoles", text));
    }
}
