//! When the last backup was made, and the last one restored on trial: those who
//! did say so on the log.

use event_log::{EventLog, LogError, LogStream};
use events::{Event, Subject};

/// Reports that tell of it, and what they are shown as.
const REPORTS: [(&str, &str); 2] = [
    ("backup", "backup_newest_timestamp_seconds"),
    ("rehearsal", "backup_rehearsed_timestamp_seconds"),
];

/// Shows both; what never was is shown as long ago as can be.
pub(super) async fn look(log: &EventLog) -> Result<(), LogError> {
    for (report, gauge) in REPORTS {
        let subject = Subject::of_reports(report);
        let last = log.last_on(LogStream::Reports, &subject).await?;
        let at = match last.map(|last| last.envelope.event) {
            Some(Event::ReportPublished(published)) => published.published_at.timestamp(),
            _ => 0,
        };
        metrics::gauge!(gauge).set(at as f64);
    }
    Ok(())
}
