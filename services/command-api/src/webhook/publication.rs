//! A delivery on its way to the log.

use chrono::{DateTime, Utc};
use domain::SourceReference;
use event_log::{LogError, Publisher};
use events::{ContributionEnriched, DeadLetterRecorded, Envelope, Event, Received};
use thiserror::Error;
use translation::{TranslateError, Translation};

use super::delivery::Headers;

/// What the envelopes of webhook deliveries say they come from.
const SOURCE: &str = "/command-api/webhook";

/// The name under which this service gives up.
const SERVICE: &str = "command-api";

/// Why a delivery is not on the log.
#[derive(Debug, Error)]
pub(super) enum Unpublished {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("an event cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
}

/// Publishes what a delivery comes to; returns when the log has it. The same
/// delivery sent again says the same, and is known by that.
pub(super) async fn publish_delivery(
    publisher: &Publisher,
    translation: Translation,
    source: &SourceReference,
) -> Result<(), Unpublished> {
    let mut events = translation.events;
    let (accounts, repositories) = (translation.accounts, translation.repositories);
    let seen_at = accounts.iter().map(|seen| seen.at);
    if let Some(at) = seen_at.chain(repositories.iter().map(|seen| seen.at)).min() {
        events.push(Event::ContributionEnriched(ContributionEnriched {
            occurred_at: at,
            repository: None,
            pull_request: None,
            accounts,
            repositories,
            source: source.clone(),
        }));
    }
    publish(publisher, events).await
}

pub(super) fn count_dead_letters(count: u64) {
    metrics::counter!("dead_letters_total", "service" => SERVICE).increment(count);
}

/// Publishes a delivery that cannot be read, for a person to see.
pub(super) async fn publish_damaged(
    publisher: &Publisher,
    headers: &Headers<'_>,
    body: &[u8],
    error: &TranslateError,
    now: DateTime<Utc>,
) -> Result<(), Unpublished> {
    count_dead_letters(1);
    let letter = DeadLetterRecorded::of_received(
        SERVICE,
        format!("webhook {} {}", headers.event, headers.delivery),
        format!("{error}; redeliver it from the webhook's page at GitHub"),
        body,
        Received::delivery(headers.event, headers.delivery),
        now,
    );
    publish(publisher, vec![Event::DeadLetterRecorded(letter)]).await
}

async fn publish(publisher: &Publisher, events: Vec<Event>) -> Result<(), Unpublished> {
    let envelopes = events
        .into_iter()
        .map(|event| Envelope::wrap(SOURCE, event))
        .collect::<Result<Vec<_>, _>>()?;
    if !envelopes.is_empty() {
        publisher.publish(envelopes).await?;
    }
    Ok(())
}
