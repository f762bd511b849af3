//! Real and made-up GitHub events as input of tests.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use chrono::{DateTime, Utc};
use domain::{Source, SourceReference, Tally};
use events::{ContributionEnriched, Envelope, Event, Fold, LogPosition};
use flate2::read::MultiGzDecoder;
use scraper::translate::translate;
use serde_json::{Value, json};

/// A star of a repository at an instant, as GitHub's feed and archives have it.
#[must_use]
pub fn star_of((id, name): (u64, &str), at: DateTime<Utc>, visitor: u64) -> Value {
    json!({
        "id": visitor.to_string(), "type": "WatchEvent", "created_at": at.to_rfc3339(),
        "actor": {"id": visitor, "login": format!("visitor-{visitor}")},
        "repo": {"id": id, "name": name}, "payload": {"action": "started"},
    })
}

/// One line of a file: its place and what it says.
pub type Document = (SourceReference, Vec<u8>);

/// The lines of a file, gzip or plain.
///
/// # Errors
/// When the file cannot be read.
pub fn documents_of(path: &Path) -> anyhow::Result<Vec<Document>> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let mut text = Vec::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text)?;
    } else {
        text = bytes;
    }
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    Ok(lines_of(&name, &text))
}

/// Made-up events of one hour, each a document.
///
/// # Errors
/// Never in practice: they are written to memory.
pub fn generated_documents(seed: u64, events: usize) -> anyhow::Result<Vec<Document>> {
    generated_documents_of("2024-02-29T23:00:00Z", seed, events)
}

/// As [`generated_documents`], of the hour that an instant begins.
///
/// # Errors
/// When that is no instant.
pub fn generated_documents_of(
    hour: &str,
    seed: u64,
    events: usize,
) -> anyhow::Result<Vec<Document>> {
    let hour = hour.parse().context("an hour")?;
    let text = scraper::generator::generate_hour(seed, hour, events)?;
    Ok(lines_of("made-up.json", &text))
}

fn lines_of(name: &str, text: &[u8]) -> Vec<Document> {
    text.split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(index, line)| {
            let reference = format!("{name}:{}", index + 1);
            (
                SourceReference {
                    source: Source::Archive,
                    reference,
                },
                line.to_vec(),
            )
        })
        .collect()
}

/// The events that documents come to, as the scraper would publish them.
///
/// # Errors
/// When a document is no GitHub event.
pub fn events_of(documents: &[Document]) -> anyhow::Result<Vec<Envelope>> {
    let mut envelopes = Vec::new();
    for (source, document) in documents {
        let translation = translate(document, source).with_context(|| source.reference.clone())?;
        let mut events = translation.events;
        if !translation.accounts.is_empty() || !translation.repositories.is_empty() {
            events.push(Event::ContributionEnriched(ContributionEnriched {
                occurred_at: translation.occurred_at.unwrap_or(DateTime::UNIX_EPOCH),
                repository: None,
                pull_request: None,
                accounts: translation.accounts,
                repositories: translation.repositories,
                source: source.clone(),
            }));
        }
        for event in events {
            envelopes.push(Envelope::wrap("/scraper/archive", event)?);
        }
    }
    Ok(envelopes)
}

/// The naive model of everything these events say.
#[must_use]
pub fn tally_of(envelopes: &[Envelope]) -> Tally {
    let mut tally = Tally::default();
    for envelope in envelopes {
        // Where an event stands on the log is no part of what it says.
        let position = LogPosition {
            sequence: 0,
            recorded_at: DateTime::UNIX_EPOCH,
        };
        let facts = match &envelope.event {
            Event::ContributionRecorded(event) => event.facts(position),
            Event::ContributionEnriched(event) => event.facts(),
            Event::ContributionRetracted(event) => event.facts(),
            Event::ContributionReinstated(event) => event.facts(),
            decision => {
                tally.decisions.fold(decision);
                continue;
            }
        };
        for fact in facts {
            tally.record(fact);
        }
    }
    tally
}
