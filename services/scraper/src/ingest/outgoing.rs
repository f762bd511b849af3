//! What a unit publishes, in envelopes.

use chrono::{DateTime, Utc};
use domain::{Source, SourceReference};
use events::{CoverageObserved, DeadLetterRecorded, Envelope, Event, Received, ReceivedForm};

use super::decode::Decoded;
use crate::sources::archive::Damage;

/// What the envelopes of the scraper's archive source say they come from.
const SOURCE: &str = "/scraper/archive";

/// The name under which the scraper gives up.
const SERVICE: &str = "scraper";

/// Takes the events and damages out of what was decoded.
pub(super) fn envelopes_of(
    unit: &str,
    decoded: &mut Decoded,
    now: DateTime<Utc>,
) -> Result<Vec<Envelope>, serde_json::Error> {
    let damages = std::mem::take(&mut decoded.damages);
    count_dead_letters(damages.len());
    let damages = damages.into_iter();
    let dead_letters = damages.map(|damage| dead_letter_of(unit, damage, now));
    let events = std::mem::take(&mut decoded.events).into_iter();
    wrap_all(events.chain(dead_letters))
}

pub(super) fn wrap_all(
    events: impl IntoIterator<Item = Event>,
) -> Result<Vec<Envelope>, serde_json::Error> {
    let events = events.into_iter();
    events.map(|event| Envelope::wrap(SOURCE, event)).collect()
}

pub(super) fn wrap_coverage(coverage: CoverageObserved) -> Result<Envelope, serde_json::Error> {
    Envelope::wrap(SOURCE, Event::CoverageObserved(coverage))
}

fn dead_letter_of(unit: &str, damage: Damage, now: DateTime<Utc>) -> Event {
    let source = SourceReference {
        source: Source::Archive,
        reference: format!("{unit}:{}", damage.line),
    };
    let whole = damage.content.len() as u64 >= damage.bytes;
    Event::DeadLetterRecorded(DeadLetterRecorded {
        service: SERVICE.to_owned(),
        origin: unit.to_owned(),
        received: Some(Received {
            whole,
            ..Received::from(&source, ReceivedForm::Event)
        }),
        line: Some(damage.line),
        error: damage.error,
        content: damage.content,
        bytes: damage.bytes,
        recorded_at: now,
    })
}

fn count_dead_letters(count: usize) {
    metrics::counter!("dead_letters_total", "service" => SERVICE).increment(count as u64);
}

/// A dead letter about a unit as a whole.
pub(super) fn unit_dead_letter(unit: &str, error: String, now: DateTime<Utc>) -> Event {
    count_dead_letters(1);
    Event::DeadLetterRecorded(DeadLetterRecorded {
        service: SERVICE.to_owned(),
        origin: unit.to_owned(),
        line: None,
        error,
        content: String::new(),
        bytes: 0,
        received: None,
        recorded_at: now,
    })
}
