//! Whom a worker leaves alone after failures, as events: readers know nothing of it
//! but what is on the log.

use event_log::EventLog;
use events::{CircuitChanged, Envelope, Event};
use futures::future::try_join_all;
use runtime::CircuitChange;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use super::ScrapingParts;

/// What the events say they come from.
const SOURCE: &str = "/scraper";

/// Publishes every change of a worker's circuits from now on, until it is time to stop.
/// No request waits for it, and none is made or left for what the log says.
pub fn publish_circuit_changes(
    parts: &ScrapingParts,
    worker: &str,
    stop: &CancellationToken,
) -> impl Future<Output = Result<(), serde_json::Error>> + use<> {
    let circuits = [parts.github.circuit(), &parts.bigquery_circuit];
    let publishing = circuits.map(|circuit| {
        let changes = circuit.follow();
        publish(changes, worker.to_owned(), parts.log.clone(), stop.clone())
    });
    async {
        try_join_all(publishing).await?;
        Ok(())
    }
}

async fn publish(
    mut changes: UnboundedReceiver<CircuitChange>,
    worker: String,
    log: EventLog,
    stop: CancellationToken,
) -> Result<(), serde_json::Error> {
    while let Some(Some(change)) = stop.run_until_cancelled(changes.recv()).await {
        let envelope = Envelope::wrap(SOURCE, event(&change, &worker))?;
        let published = stop.run_until_cancelled(acknowledged(&log, envelope)).await;
        if published.is_none() {
            warn_of(&change);
        }
    }
    changes.close();
    while let Some(change) = changes.recv().await {
        warn_of(&change);
    }
    Ok(())
}

fn warn_of(lost: &CircuitChange) {
    let open_until = lost.open_until.map(|until| until.to_rfc3339());
    tracing::warn!(
        dependency = lost.dependency,
        open_until,
        "circuit_change_not_published"
    );
}

fn event(change: &CircuitChange, worker: &str) -> Event {
    Event::CircuitChanged(CircuitChanged {
        dependency: change.dependency.to_owned(),
        worker: worker.to_owned(),
        failures: change.failures,
        open_until: change.open_until,
        changed_at: change.changed_at,
    })
}

/// Publishes it, however long that takes: each attempt goes on for a minute.
async fn acknowledged(log: &EventLog, envelope: Envelope) {
    let publisher = log.publisher();
    while let Err(error) = publisher.publish(vec![envelope.clone()]).await {
        tracing::warn!(%error, "circuit_change_retrying");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}
