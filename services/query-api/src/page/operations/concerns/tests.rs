use super::*;
use crate::resources::budget::{BudgetLimits, SpentSums};
use crate::resources::circuits::CircuitState;

fn now() -> DateTime<Utc> {
    "2026-11-26T12:00:00Z".parse().unwrap()
}

fn projection(pending: i64, minutes: i64, is_running: bool) -> ProjectionRow {
    ProjectionRow {
        projection: "contributions".to_owned(),
        sequence: 7,
        pending,
        messages_per_second: 1.0,
        updated_at: now() - TimeDelta::minutes(minutes),
        is_running,
        refused: None,
    }
}

fn spent(micros: u64) -> SpentSums {
    SpentSums {
        settled_micros: micros,
        reserved_micros: 0,
        assumed_micros: 0,
    }
}

fn money(limit: Option<u64>, of_month: u64) -> BudgetAnswer {
    let limits = limit.map(|limit| BudgetLimits {
        day_micros: limit,
        month_micros: limit,
        job_micros: limit,
        tebibyte_micros: 1,
        free_bytes: 0,
        actor: String::new(),
        reason: String::new(),
        defined_at: now(),
    });
    BudgetAnswer {
        month: "2026-11".to_owned(),
        limits,
        spent: spent(of_month),
        today: Some(spent(0)),
        forecast_micros: Some(of_month),
        outstanding: Vec::new(),
        by_job: Vec::new(),
        by_source: Vec::new(),
        by_repository: Vec::new(),
        by_day: Vec::new(),
        refusals: Vec::new(),
        thresholds: Vec::new(),
    }
}

fn hours(missing: i64) -> HoursByVerdict {
    HoursByVerdict {
        all: missing,
        complete: 0,
        unknown: 0,
        partial: 0,
        missing,
    }
}

fn job(state: &str, minutes: i64) -> Job {
    let at = now() - TimeDelta::minutes(minutes);
    Job {
        id: uuid::Uuid::nil(),
        name: "refresh-stale".to_owned(),
        queue: "scraping".to_owned(),
        state: state.to_owned(),
        cause: serde_json::Value::Null,
        arguments: serde_json::Value::Null,
        attempt: 1,
        attempts: 3,
        worker: None,
        queued_at: at,
        started_at: Some(at),
        heard_at: Some(at),
        again_at: None,
        ended_at: Some(at),
        done: 0,
        total: None,
        note: String::new(),
        summary: None,
        failure: None,
        left_out: serde_json::Value::Null,
        because_of: None,
    }
}

fn scheduled(state: &str, due_in_minutes: i64) -> ScheduledJob {
    ScheduledJob {
        name: "refresh-stale".to_owned(),
        definition: None,
        next_due_at: Some(now() + TimeDelta::minutes(due_in_minutes)),
        last_fired_at: None,
        last_job: None,
        last_state: Some(state.to_owned()),
        missed: 0,
    }
}

fn circuit(dependency: &str, state: CircuitState, seconds: i64) -> Circuit {
    Circuit {
        dependency: dependency.to_owned(),
        worker: "worker".to_owned(),
        state,
        failures: 5,
        open_until: Some(now() + TimeDelta::seconds(seconds)),
        changed_at: now(),
    }
}

/// What is wrong where all else is well.
struct Wrong<'a> {
    projection: ProjectionRow,
    at_work: &'a [Job],
    failed: &'a [Job],
    schedule: &'a [ScheduledJob],
    circuits: &'a [Circuit],
    letters: i64,
    budget: BudgetAnswer,
    missing: i64,
}

impl Default for Wrong<'_> {
    fn default() -> Self {
        Self {
            projection: projection(0, 60, true),
            at_work: &[],
            failed: &[],
            schedule: &[],
            circuits: &[],
            letters: 0,
            budget: money(None, 0),
            missing: 0,
        }
    }
}

impl Wrong<'_> {
    fn told(&self) -> Vec<(Severity, &'static str)> {
        let told = self.concerns().into_iter();
        told.map(|one| (one.severity, one.runbook)).collect()
    }

    fn concerns(&self) -> Vec<Concern> {
        let usual = [scheduled("completed", 10)];
        let schedule = match self.schedule {
            [] => &usual,
            schedule => schedule,
        };
        let facts = Facts {
            now: now(),
            projections: std::slice::from_ref(&self.projection),
            generations: &[],
            at_work: self.at_work,
            failed: self.failed,
            paused: &[],
            schedule,
            circuits: self.circuits,
            letters: self.letters,
            budget: &self.budget,
            hours: hours(self.missing),
        };
        concerns(&facts)
    }
}

#[test]
fn all_is_well_where_nothing_is_wrong() {
    assert_eq!(Wrong::default().told(), []);
}

#[test]
fn a_projection_that_refuses_its_log_is_critical() {
    let wrong = Wrong {
        projection: ProjectionRow {
            refused: Some("the log is another one".to_owned()),
            ..projection(0, 0, true)
        },
        ..Wrong::default()
    };
    assert_eq!(wrong.told(), [(Severity::Critical, "CheckpointAheadOfLog")]);
}

#[test]
fn projections_that_nobody_runs_or_that_stand_still_are_critical() {
    for (row, told) in [
        (
            projection(0, 0, false),
            Some((Severity::Critical, "NoProjector")),
        ),
        (
            projection(5, 6, true),
            Some((Severity::Critical, "CheckpointNotMoving")),
        ),
        (projection(5, 4, true), None),
        (
            projection(100_001, 0, true),
            Some((Severity::Warning, "ProjectionDelayed")),
        ),
    ] {
        let wrong = Wrong {
            projection: row,
            ..Wrong::default()
        };
        assert_eq!(wrong.told().first().copied(), told);
    }
}

#[test]
fn jobs_are_judged_by_who_is_at_them() {
    let many: Vec<Job> = (0..21).map(|_| job("waiting", 1)).collect();
    for (at_work, told) in [
        (vec![job("running", 3)], (Severity::Critical, "NoWorker")),
        (vec![job("waiting", 11)], (Severity::Critical, "NoWorker")),
        (many, (Severity::Warning, "JobsWaiting")),
    ] {
        let wrong = Wrong {
            at_work: &at_work,
            ..Wrong::default()
        };
        assert_eq!(wrong.told(), [told]);
    }
}

#[test]
fn a_failure_is_told_until_the_job_was_done_again() {
    for (last, told) in [
        ("failed", vec![(Severity::Warning, "JobFailed")]),
        ("completed", vec![]),
    ] {
        let wrong = Wrong {
            failed: &[job("failed", 5)],
            schedule: &[scheduled(last, 10)],
            ..Wrong::default()
        };
        assert_eq!(wrong.told(), told);
    }
    let silent = Wrong {
        schedule: &[scheduled("completed", -91)],
        ..Wrong::default()
    };
    assert_eq!(silent.told(), [(Severity::Warning, "SchedulerSilent")]);
}

#[test]
fn money_letters_and_holes_are_told_the_worst_first() {
    let wrong = Wrong {
        letters: 1,
        budget: money(Some(100), 95),
        missing: 3,
        ..Wrong::default()
    };
    let expected = [
        (Severity::Critical, "Budget"),
        (Severity::Warning, "DeadLetters"),
        (Severity::Note, "CoverageHoles"),
    ];
    assert_eq!(wrong.told(), expected);
}

#[test]
fn what_is_left_alone_is_told_once_and_what_is_tried_again_is_not() {
    let wrong = Wrong {
        circuits: &[
            circuit("bigquery", CircuitState::HalfOpen, -1),
            circuit("bigquery", CircuitState::NotHeardOf, -900),
            circuit("github", CircuitState::Open, 40),
            circuit("github", CircuitState::Open, 20),
            circuit("github", CircuitState::Closed, 0),
        ],
        ..Wrong::default()
    };
    let told = [Concern {
        severity: Severity::Warning,
        text: "GitHub failed 5 times in a row and is left alone by 2 workers for another \
               40 seconds"
            .to_owned(),
        runbook: "CircuitOpen",
    }];
    assert_eq!(wrong.concerns(), told);
}
