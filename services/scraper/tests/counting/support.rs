//! From lines of JSON to a tally, as the log would carry them.

use chrono::DateTime;
use domain::{Fact, Source, SourceReference, Tally};
use events::{ContributionEnriched, Event, LogPosition};
use scraper::translate::{Translation, translate};

/// The translation of one line, seen by a source.
pub(crate) fn translated(document: &[u8], source: Source, reference: String) -> Translation {
    let source = SourceReference { source, reference };
    translate(document, &source)
        .unwrap_or_else(|error| panic!("{}: {error}", String::from_utf8_lossy(document)))
}

/// Every fact in a translation, names that no published event carries included.
pub(crate) fn facts(translation: Translation, reference: &str) -> Vec<Fact> {
    let position = LogPosition {
        sequence: 1,
        recorded_at: DateTime::UNIX_EPOCH,
    };
    let mut facts: Vec<Fact> = translation
        .events
        .iter()
        .flat_map(|event| match event {
            Event::ContributionRecorded(event) => event.facts(position),
            Event::ContributionEnriched(event) => event.facts(),
            other => panic!("unexpected {}", other.event_type()),
        })
        .collect();
    let names = ContributionEnriched {
        occurred_at: translation.occurred_at.unwrap_or(DateTime::UNIX_EPOCH),
        repository: None,
        pull_request: None,
        accounts: translation.accounts,
        repositories: translation.repositories,
        source: SourceReference {
            source: Source::Archive,
            reference: reference.to_owned(),
        },
    };
    facts.extend(names.facts());
    facts
}

/// A tally of facts, in the order given.
pub(crate) fn tally(facts: impl IntoIterator<Item = Fact>) -> Tally {
    let mut tally = Tally::default();
    facts.into_iter().for_each(|fact| tally.record(fact));
    tally
}
