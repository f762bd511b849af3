//! What the tests of the scraper share: a log in memory, and files to read.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::Source;
use event_log::{LogError, Published};
use events::{ContributionRecorded, CoverageObserved, DeadLetterRecorded, Envelope, Event};
use flate2::Compression;
use flate2::write::GzEncoder;
use runtime::FixedClock;
use scraper::ingest::{
    CoverageLog, EventSink, IngestOptions, IngestReport, IngestServices, Silent, ingest,
};
use scraper::sources::archive::{ArchiveBases, Patience, Plan};
use tokio_util::sync::CancellationToken;

/// What a test returns, so that anything unexpected fails it.
pub(crate) type Outcome = Result<(), Box<dyn Error>>;

/// A log in memory.
#[derive(Clone, Default)]
pub(crate) struct MemoryLog {
    envelopes: Arc<Mutex<Vec<Envelope>>>,
}

impl MemoryLog {
    pub(crate) fn events(&self) -> Vec<Event> {
        let envelopes = self.envelopes.lock();
        let envelopes = envelopes.unwrap_or_else(PoisonError::into_inner);
        envelopes.iter().map(|found| found.event.clone()).collect()
    }

    pub(crate) fn contributions(&self) -> Vec<ContributionRecorded> {
        let events = self.events().into_iter();
        let contributions = events.filter_map(|event| match event {
            Event::ContributionRecorded(contribution) => Some(contribution),
            _ => None,
        });
        contributions.collect()
    }

    /// File and line of each contribution.
    pub(crate) fn origins(&self) -> Vec<String> {
        let contributions = self.contributions().into_iter();
        contributions.map(|found| found.source.reference).collect()
    }

    pub(crate) fn dead_letters(&self) -> Vec<DeadLetterRecorded> {
        let events = self.events().into_iter();
        let letters = events.filter_map(|event| match event {
            Event::DeadLetterRecorded(letter) => Some(letter),
            _ => None,
        });
        letters.collect()
    }

    pub(crate) fn coverage(&self) -> Vec<CoverageObserved> {
        let events = self.events().into_iter();
        let coverage = events.filter_map(|event| match event {
            Event::CoverageObserved(coverage) => Some(coverage),
            _ => None,
        });
        coverage.collect()
    }

    /// Whether the last event is the coverage of a unit.
    pub(crate) fn ends_in_coverage(&self) -> bool {
        matches!(self.events().last(), Some(Event::CoverageObserved(_)))
    }
}

impl EventSink for MemoryLog {
    async fn publish(&self, envelopes: Vec<Envelope>) -> Result<Published, LogError> {
        let stored = envelopes.len() as u64;
        let mut held = self
            .envelopes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        held.extend(envelopes);
        Ok(Published {
            stored,
            duplicates: 0,
        })
    }
}

impl CoverageLog for MemoryLog {
    async fn last_coverage(
        &self,
        source: Source,
        unit: &str,
    ) -> Result<Option<CoverageObserved>, LogError> {
        let mut coverage = self.coverage().into_iter().rev();
        Ok(coverage.find(|found| found.source == source && found.unit == unit))
    }
}

/// 2026-11-20T12:30Z.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_177_800, 0).unwrap_or_default()
}

pub(crate) fn services(log: &MemoryLog) -> IngestServices<MemoryLog, MemoryLog> {
    // Another test of the process may have done it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    IngestServices {
        publisher: log.clone(),
        log: log.clone(),
        clock: Arc::new(FixedClock::at(now())),
        cancellation: CancellationToken::new(),
    }
}

/// Options that lose no time with waiting.
pub(crate) fn options() -> IngestOptions {
    IngestOptions {
        patience: Patience {
            retries: 2,
            first_wait: Duration::from_millis(1),
        },
        ..IngestOptions::default()
    }
}

pub(crate) async fn ingest_plan(
    log: &MemoryLog,
    plan: &Plan,
) -> Result<IngestReport, Box<dyn Error>> {
    Ok(ingest(plan, &services(log), options(), &Silent).await?)
}

/// Ingests what a person would name so.
pub(crate) async fn ingest_named(
    log: &MemoryLog,
    named: &Path,
) -> Result<IngestReport, Box<dyn Error>> {
    let named = named.to_str().ok_or("path is not UTF-8")?;
    let plan = Plan::parse(named, &ArchiveBases::default(), now())?;
    ingest_plan(log, &plan).await
}

/// Writes a file and ingests it.
pub(crate) async fn ingest_bytes(
    log: &MemoryLog,
    name: &str,
    bytes: &[u8],
) -> Result<IngestReport, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join(name);
    std::fs::write(&path, bytes)?;
    ingest_named(log, &path).await
}

/// A star given by account `number`.
pub(crate) fn star(number: u64) -> String {
    format!(
        "{{\"id\":\"{number}\",\"type\":\"WatchEvent\",\"actor\":{{\"id\":{number},\"login\":\"p{number}\"}},\
         \"repo\":{{\"id\":7,\"name\":\"ann/lib\"}},\"payload\":{{\"action\":\"started\"}},\
         \"public\":true,\"created_at\":\"2024-01-01T00:00:00Z\"}}"
    )
}

/// So many stars, a line each.
pub(crate) fn stars(count: u64) -> String {
    (1..=count).map(|number| star(number) + "\n").collect()
}

/// An event that gives no contribution, with a text in it.
pub(crate) fn noted(number: u64, text: &str) -> String {
    star(number)
        .replace("WatchEvent", "CreateEvent")
        .replace("started", text)
}

pub(crate) fn gzip(bytes: &[u8]) -> Result<Vec<u8>, std::io::Error> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}
