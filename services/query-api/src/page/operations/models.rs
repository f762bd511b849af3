//! Projections and generations of the read models in words.

use chrono::{DateTime, Utc};

use crate::page::relative::{Relative, span_words};
use crate::page::words::counted;
use crate::points::number;
use crate::queries::projections::ProjectionRow;
use crate::resources::replay::{GenerationInfo, ProgressInfo, SwitchInfo};

/// How fresh a projection is.
pub(super) struct ProjectionView {
    pub(super) name: String,
    /// The class of the colour in the style sheet.
    pub(super) colour: &'static str,
    pub(super) state: &'static str,
    pub(super) sequence: String,
    pub(super) pending: String,
    /// How long the rest takes, where that is known.
    pub(super) rest: Option<String>,
    pub(super) updated: Relative,
}

impl ProjectionView {
    pub(super) fn of(row: ProjectionRow, now: DateTime<Utc>) -> Self {
        let (colour, state) = match (row.is_running, row.pending) {
            (false, _) => ("missing", "nobody runs it"),
            (true, 0) => ("complete", "up to date"),
            (true, _) => ("partial", "behind"),
        };
        let rest = row.pending as f64 / row.messages_per_second;
        let is_known = row.pending > 0 && row.messages_per_second > 0.0;
        Self {
            colour,
            state,
            sequence: number(row.sequence),
            pending: number(row.pending),
            rest: is_known.then(|| span_words(rest.ceil() as i64)),
            updated: Relative::of(row.updated_at, now),
            name: row.projection,
        }
    }
}

/// A set of read models.
pub(super) struct GenerationView {
    pub(super) number: i32,
    pub(super) state: String,
    pub(super) colour: &'static str,
    pub(super) holds: String,
    pub(super) begun: Relative,
    /// How far it is, for one that follows the log.
    pub(super) progress: String,
    pub(super) parity: Option<&'static str>,
}

impl GenerationView {
    pub(super) fn of(generation: GenerationInfo, now: DateTime<Utc>) -> Self {
        Self {
            number: generation.generation,
            colour: match generation.state.as_str() {
                "active" => "complete",
                "building" | "creating" | "recalling" => "unknown",
                _ => "other",
            },
            progress: progress_words(&generation.projections),
            parity: generation.parity.map(|_| "compared"),
            holds: match generation.projection {
                Some(projection) => projection,
                None => "all projections".to_owned(),
            },
            begun: Relative::of(generation.created_at, now),
            state: generation.state,
        }
    }
}

fn progress_words(projections: &[ProgressInfo]) -> String {
    let behind: i64 = projections.iter().map(|one| one.behind).sum();
    if projections.is_empty() {
        return "does not follow the log".to_owned();
    }
    if behind == 0 {
        return "at the end of the log".to_owned();
    }
    let longest = projections
        .iter()
        .filter_map(|one| one.eta_seconds)
        .fold(None, |longest: Option<f64>, one| {
            Some(longest.map_or(one, |longest| longest.max(one)))
        });
    let behind = format!("{} behind", counted(behind, "message", "messages"));
    match longest {
        Some(seconds) => format!("{behind}, about {}", span_words(seconds.ceil() as i64)),
        None => behind,
    }
}

/// A switch of what readers read.
pub(super) struct SwitchView {
    pub(super) when: Relative,
    pub(super) from: i32,
    pub(super) to: i32,
    pub(super) actor: String,
    pub(super) reason: String,
}

impl SwitchView {
    pub(super) fn of(switch: SwitchInfo, now: DateTime<Utc>) -> Self {
        Self {
            when: Relative::of(switch.switched_at, now),
            from: switch.from_generation,
            to: switch.to_generation,
            actor: switch.actor,
            reason: switch.reason,
        }
    }
}
