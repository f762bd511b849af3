//! Circuits of workers as they are answered.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::queries::circuits::{CircuitRow, circuits};
use crate::queries::snapshot::Snapshot;

/// How long after its pause a circuit is taken for one that the next request tries. A
/// worker says nothing while it asks nothing, and nothing of its end when it is killed, so
/// that nobody can say of an older one what its worker will do.
const EXPECTED: TimeDelta = TimeDelta::minutes(10);

/// Whom workers leave alone after failures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Circuits {
    /// The circuits that changed within a day or so, by dependency, the latest first. A
    /// worker whose circuit never opened is not among them.
    pub(crate) circuits: Vec<Circuit>,
}

/// Whether a worker leaves something alone after failures.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Circuit {
    /// What is asked: `github` or `bigquery`.
    #[schema(example = "github")]
    pub(crate) dependency: String,
    /// The worker, which has a circuit of its own.
    #[schema(example = "worker-0193b5a0-7c00-7000-8000-000000000001")]
    pub(crate) worker: String,
    /// `closed`: it asks; `open`: it does not; `half_open`: the pause is over, and the next
    /// request tries; `not_heard_of`: the pause is over for ten minutes and the worker has
    /// not told how a try ended, because it asks nothing, or is gone.
    pub(crate) state: CircuitState,
    /// Failures in a row; 0 once it is closed.
    #[schema(minimum = 0, example = 5)]
    pub(crate) failures: i64,
    /// Until when the worker does not ask, or did not; null once it is closed.
    #[schema(example = "2026-11-01T09:01:00Z")]
    pub(crate) open_until: Option<DateTime<Utc>>,
    /// When it opened, was left open for another pause, or closed.
    #[schema(example = "2026-11-01T09:00:00Z")]
    pub(crate) changed_at: DateTime<Utc>,
}

/// How a circuit stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "open")]
pub(crate) enum CircuitState {
    /// Requests are made.
    Closed,
    /// None is made.
    Open,
    /// The next one is made, and the others wait for how it ends.
    HalfOpen,
    /// It was half open for so long that its worker may be gone.
    NotHeardOf,
}

impl CircuitState {
    fn of(open_until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        match open_until {
            None => Self::Closed,
            Some(until) if now < until => Self::Open,
            Some(until) if now - until < EXPECTED => Self::HalfOpen,
            Some(_) => Self::NotHeardOf,
        }
    }
}

impl Circuit {
    fn of(row: CircuitRow, now: DateTime<Utc>) -> Self {
        Self {
            state: CircuitState::of(row.open_until, now),
            dependency: row.dependency,
            worker: row.worker,
            failures: row.failures,
            open_until: row.open_until,
            changed_at: row.changed_at,
        }
    }
}

/// Loads how circuits stand at an instant.
pub(crate) async fn load_circuits(
    snapshot: &mut Snapshot,
    now: DateTime<Utc>,
) -> Result<Circuits, Problem> {
    let rows = circuits(snapshot.connection()).await?;
    Ok(Circuits {
        circuits: rows.into_iter().map(|row| Circuit::of(row, now)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circuit_is_half_open_after_its_pause_until_its_worker_should_have_told() {
        let until: DateTime<Utc> = "2026-11-01T09:01:00Z".parse().unwrap();
        let second = TimeDelta::seconds(1);
        for (open_until, now, state) in [
            (None, until, "closed"),
            (Some(until), until - second, "open"),
            (Some(until), until, "half_open"),
            (Some(until), until + EXPECTED - second, "half_open"),
            (Some(until), until + EXPECTED, "not_heard_of"),
            (Some(until), until + TimeDelta::hours(23), "not_heard_of"),
            (None, until + TimeDelta::hours(23), "closed"),
        ] {
            let told = serde_json::to_value(CircuitState::of(open_until, now)).unwrap();
            assert_eq!(told, state);
        }
    }
}
