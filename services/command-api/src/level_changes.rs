//! Changes of what this process logs, as events: who looked closer, when and why.

use std::sync::Arc;

use event_log::EventLog;
use events::{Envelope, Event, LogLevelChanged};
use runtime::{Clock, LevelChange, LogLevel};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

/// What the events say they come from, and which service's process it is.
const SOURCE: &str = "/command-api";
const SERVICE: &str = "command-api";

/// Publishes every change from now on, until it is time to stop. The level is
/// changed whether the log takes the event or not: what is wrong may be the log.
pub fn publish_level_changes(
    log_level: &LogLevel,
    log: EventLog,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> impl Future<Output = Result<(), serde_json::Error>> + use<> {
    let changes = log_level.follow();
    publish(changes, log, clock, stop)
}

async fn publish(
    mut changes: UnboundedReceiver<LevelChange>,
    log: EventLog,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<(), serde_json::Error> {
    while let Some(Some(change)) = stop.run_until_cancelled(changes.recv()).await {
        let envelope = Envelope::wrap(SOURCE, event(change, clock.as_ref()))?;
        let published = stop.run_until_cancelled(acknowledged(&log, envelope)).await;
        if published.is_none() {
            tracing::warn!("log_level_change_not_published");
        }
    }
    Ok(())
}

fn event(change: LevelChange, clock: &dyn Clock) -> Event {
    Event::LogLevelChanged(LogLevelChanged {
        service: SERVICE.to_owned(),
        before: change.before,
        level: change.level,
        for_seconds: change.span.map(|span| span.as_secs()),
        actor: change.actor,
        reason: change.reason,
        changed_at: clock.now(),
    })
}

/// Publishes it, however long that takes: each attempt goes on for a minute.
async fn acknowledged(log: &EventLog, envelope: Envelope) {
    let publisher = log.publisher();
    while let Err(error) = publisher.publish(vec![envelope.clone()]).await {
        tracing::warn!(%error, "log_level_change_retrying");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}
