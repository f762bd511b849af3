//! Circuits of workers in words.

use chrono::{DateTime, Utc};

use crate::page::relative::Relative;
use crate::points::number;
use crate::resources::circuits::{Circuit, CircuitState};

/// How people call what is asked.
pub(super) fn dependency_words(dependency: &str) -> &str {
    match dependency {
        "github" => "GitHub",
        "bigquery" => "BigQuery",
        other => other,
    }
}

/// Whether a worker leaves something alone.
pub(super) struct CircuitView {
    pub(super) name: String,
    pub(super) worker: String,
    pub(super) state: &'static str,
    /// The class of the colour in the style sheet.
    pub(super) colour: &'static str,
    pub(super) failures: String,
    /// What comes next, and when if not with the next request.
    pub(super) next: (&'static str, Option<Relative>),
    pub(super) changed: Relative,
}

impl CircuitView {
    pub(super) fn of(circuit: Circuit, now: DateTime<Utc>) -> Self {
        let (state, colour, next) = match circuit.state {
            CircuitState::Closed => ("closed", "complete", "requests are made as usual"),
            CircuitState::Open => ("open", "partial", "one request tries"),
            CircuitState::HalfOpen => ("half open", "unknown", "the next request tries"),
            CircuitState::NotHeardOf => (
                "not heard of since",
                "unknown",
                "nobody knows: the worker has asked nothing since, or is gone",
            ),
        };
        let until = circuit.open_until;
        let until = until.filter(|_| circuit.state == CircuitState::Open);
        Self {
            name: dependency_words(&circuit.dependency).to_owned(),
            state,
            colour,
            failures: number(circuit.failures),
            next: (next, until.map(|until| Relative::of(until, now))),
            changed: Relative::of(circuit.changed_at, now),
            worker: circuit.worker,
        }
    }
}
