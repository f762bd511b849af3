//! What a round feeds to the system, made up from its seed: files for the
//! scraper, and events for a publisher of the harness' own.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::TimeDelta;
use domain::ContributionKind;
use events::{ContributionReinstated, ContributionRetracted, Envelope, Event};
use flate2::Compression;
use flate2::write::GzEncoder;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use uuid::Uuid;

use crate::input::{Document, events_of, generated_documents};

/// Lines of a file.
const LINES: usize = 120;

/// A line that no JSON reader can make anything of.
const DAMAGED: &[u8] = b"{\"id\": \"torn off in the mid";

/// A file for the scraper.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// Where it is.
    pub path: PathBuf,
    /// Readable lines in it; one more is damaged.
    pub lines: usize,
    /// Contributions that its lines record.
    pub contributions: BTreeSet<Uuid>,
    /// Whether everything in it is also in other files, so that reading it
    /// again hides no loss.
    pub is_repeated: bool,
}

/// Everything a round feeds.
pub struct Material {
    /// The files, in the order they are read.
    pub files: Vec<InputFile>,
    /// Events the harness publishes itself.
    pub own_events: Vec<Envelope>,
    /// What all of it says.
    pub all_events: Vec<Envelope>,
}

impl Material {
    /// Makes up the material of a seed: half of the files hold what no other
    /// holds, the other half repeat each other, shuffled.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn make(seed: u64, files: usize, directory: &Path) -> anyhow::Result<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        std::fs::create_dir_all(directory)?;
        let own_lines = files * LINES / 4;
        let documents = generated_documents(seed, files * LINES + own_lines)?;
        // From all over the hour, so that what belongs together arrives apart.
        let (own, filed): (Vec<_>, Vec<_>) = documents
            .iter()
            .cloned()
            .enumerate()
            .partition(|(number, _)| number % 5 == 4);
        let own: Vec<Document> = own.into_iter().map(|(_, document)| document).collect();
        let filed: Vec<Document> = filed.into_iter().map(|(_, document)| document).collect();
        let (unique, repeated) = filed.split_at(filed.len() / 2);
        let mut contents: Vec<(Vec<Document>, bool)> = Vec::new();
        // Every other line, so that what belongs together is read apart.
        let of_unique = files / 2;
        for number in 0..of_unique {
            let lines = unique.iter().skip(number).step_by(of_unique.max(1));
            contents.push((lines.cloned().collect(), false));
        }
        for chunk in repeated.chunks(LINES) {
            // One file holds each line for sure, others too by chance.
            let mut lines = chunk.to_vec();
            lines.extend(repeated.sample(&mut random, LINES / 2).cloned());
            lines.shuffle(&mut random);
            contents.push((lines, true));
        }
        contents.shuffle(&mut random);
        let written = contents.into_iter().enumerate().map(|(number, content)| {
            write_file(
                &directory.join(format!("part-{number:03}.json.gz")),
                content,
            )
        });
        let files = written.collect::<anyhow::Result<Vec<_>>>()?;
        let own_events = own_events(&own)?;
        let mut all_events = events_of(&filed)?;
        all_events.extend(own_events.iter().cloned());
        Ok(Self {
            files,
            own_events,
            all_events,
        })
    }
}

/// Contributions that an event is about.
#[must_use]
pub fn contributions_of(envelopes: &[Envelope]) -> BTreeSet<Uuid> {
    let recorded = envelopes
        .iter()
        .filter_map(|envelope| match &envelope.event {
            Event::ContributionRecorded(event) => Some(event.contribution),
            _ => None,
        });
    recorded.collect()
}

fn write_file(
    path: &Path,
    (lines, is_repeated): (Vec<Document>, bool),
) -> anyhow::Result<InputFile> {
    let mut file = GzEncoder::new(File::create(path)?, Compression::fast());
    for (number, (_, line)) in lines.iter().enumerate() {
        if number == lines.len() / 2 {
            file.write_all(DAMAGED)?;
            file.write_all(b"\n")?;
        }
        file.write_all(line)?;
        file.write_all(b"\n")?;
    }
    file.finish()
        .with_context(|| format!("writing {}", path.display()))?;
    Ok(InputFile {
        path: path.to_owned(),
        lines: lines.len(),
        contributions: contributions_of(&events_of(&lines)?),
        is_repeated,
    })
}

/// The events of some documents, and decisions that some of them count no more,
/// of which every other one is taken back.
fn own_events(documents: &[Document]) -> anyhow::Result<Vec<Envelope>> {
    let mut events = events_of(documents)?;
    let mut retractions = Vec::new();
    let mut is_taken_back = false;
    for envelope in events.iter().step_by(40) {
        if let Event::ContributionRecorded(recorded) = &envelope.event
            && !GROWING.contains(&recorded.kind)
        {
            let retracted = ContributionRetracted {
                contribution: recorded.contribution,
                key: recorded.key.clone(),
                repository: recorded.repository.clone(),
                actor: "torture".to_owned(),
                reason: "recorded in error".to_owned(),
                retracted_at: recorded.occurred_at,
            };
            is_taken_back = !is_taken_back;
            if is_taken_back {
                // It comes before what it takes back, and holds all the same.
                let reinstated = ContributionReinstated {
                    contribution: recorded.contribution,
                    key: recorded.key.clone(),
                    repository: recorded.repository.clone(),
                    actor: "torture".to_owned(),
                    reason: "it was none".to_owned(),
                    reinstated_at: recorded.occurred_at + TimeDelta::seconds(1),
                };
                let reinstated = Event::ContributionReinstated(reinstated);
                retractions.push(Envelope::wrap("/torture", reinstated)?);
            }
            retractions.push(Envelope::wrap(
                "/torture",
                Event::ContributionRetracted(retracted),
            )?);
        }
    }
    // Some come before what they retract.
    let at = events.len() / 2;
    events.splice(at..at, retractions);
    Ok(events)
}

/// Kinds whose counts only ever grow in this material: no other event changes
/// their kind or credit, accounts all have ids, and none is retracted.
pub const GROWING: [ContributionKind; 3] = [
    ContributionKind::Comment,
    ContributionKind::Star,
    ContributionKind::IssueOpened,
];
