//! What workers leave alone after failures.

use super::{Concern, Facts, Severity, concern};
use crate::page::operations::circuits::dependency_words;
use crate::page::relative::span_words;
use crate::page::words::counted;
use crate::resources::circuits::{Circuit, CircuitState};

/// What is left alone now, each told of once, however many workers do.
pub(super) fn circuits(facts: &Facts<'_>, found: &mut Vec<Concern>) {
    let is_open = |circuit: &&Circuit| circuit.state == CircuitState::Open;
    let open: Vec<&Circuit> = facts.circuits.iter().filter(is_open).collect();
    for group in open.chunk_by(|one, other| one.dependency == other.dependency) {
        let until = group.iter().filter_map(|circuit| circuit.open_until).max();
        let rest = until.map_or(0, |until| (until - facts.now).num_seconds());
        let failures = group.iter().map(|circuit| circuit.failures).max();
        let workers = match group.len() {
            1 => String::new(),
            many => format!(" by {many} workers"),
        };
        let text = format!(
            "{} failed {} in a row and is left alone{workers} for another {}",
            dependency_words(&group[0].dependency),
            counted(failures.unwrap_or_default(), "time", "times"),
            span_words(rest.max(1)),
        );
        found.push(concern(Severity::Warning, "CircuitOpen", text));
    }
}
