//! What is told of backups: on the log, where it is seen by those who watch.

use chrono::{DateTime, Utc};
use event_log::{Appended, EventLog, LogError, LogStream};
use events::{Envelope, Event, ReportPublished, Subject};
use serde_json::{Value, json};

use super::files::StoredBackup;

/// What a backup is, for programs.
pub(crate) fn told_of(backup: &StoredBackup) -> Value {
    let manifest = &backup.manifest;
    let streams = manifest.streams.iter();
    let sequences = streams.map(|saved| (saved.stream.clone(), json!(saved.copy.last_sequence())));
    let positions = manifest.database.positions.iter();
    let positions = positions.map(|(name, position)| (name.clone(), json!(position.sequence)));
    json!({
        "backup": backup.name,
        "made_at": manifest.made_at,
        "version": manifest.version,
        "bytes": manifest.bytes(),
        "sequences": sequences.collect::<serde_json::Map<_, _>>(),
        "positions": positions.collect::<serde_json::Map<_, _>>(),
    })
}

/// Puts a report on the log; of those of one day the last counts.
pub(crate) async fn told(
    log: &EventLog,
    report: &str,
    document: Value,
    markdown: String,
    now: DateTime<Utc>,
) -> Result<(), LogError> {
    let of = now.date_naive();
    let subject = Subject::of_report(report, of);
    let event = Event::ReportPublished(ReportPublished {
        report: report.to_owned(),
        of,
        document,
        markdown,
        published_at: now,
    });
    let envelope = Envelope::wrap("/backup", event)?;
    loop {
        let last = log.last_on(LogStream::Reports, &subject).await?;
        let last = last.map_or(0, |last| last.sequence);
        if let Appended::At(_) = log.append(&envelope, last).await? {
            return Ok(());
        }
    }
}
