//! Sending again what became a dead letter, when somebody asks for it.
//!
//! Each webhook hears of that by a consumer of its own. Processes that serve the same
//! webhook share it, so one of them sends; those that serve others hear of it and leave
//! it alone, and take it from nobody.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use event_log::{DurableSettings, LogError, LogStream, Unacknowledged};
use events::{DeadLetterOutcome, DeadLetterRecorded, Envelope, Event, Subject};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::dead_letter::{park, webhook_of};
use crate::{NotifierParts, Outcome, SERVICE, Webhook};

/// How long to wait before the log is asked again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Letters that are read at a time.
const LARGEST_BATCH: usize = 1_000;

/// Follows what people decide about dead letters of a webhook until stopped.
pub(crate) async fn follow(webhook: Arc<Webhook>, parts: NotifierParts, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let following = follow_once(&webhook, &parts);
        if let Some(Err(error)) = stop.run_until_cancelled(following).await {
            tracing::warn!(webhook = %webhook.name, %error, "redrive_restarting");
            stop.run_until_cancelled(tokio::time::sleep(AGAIN_AFTER))
                .await;
        }
    }
}

async fn follow_once(webhook: &Webhook, parts: &NotifierParts) -> Result<(), LogError> {
    let settings = DurableSettings {
        name: format!("redrives-{}", webhook.name),
        stream: LogStream::DeadLetters,
        subjects: vec![Subject::of_resolutions()],
        from_start: false,
        outstanding: 1,
        patience: Duration::from_secs(30),
    };
    let mut resolutions = parts.log.durable(&settings).await?;
    loop {
        let message = resolutions.next().await?;
        resolve(webhook, parts, message).await?;
    }
}

async fn resolve(
    webhook: &Webhook,
    parts: &NotifierParts,
    message: Unacknowledged,
) -> Result<(), LogError> {
    let envelope = Envelope::decode(&message.delivered.payload);
    if let Ok(Event::DeadLetterResolved(resolved)) = envelope.map(|envelope| envelope.event)
        && resolved.outcome == DeadLetterOutcome::Redriven
        && let Some(letter) = find(parts, resolved.letter).await?
        && webhook_of(&letter) == webhook.name
    {
        send_again(webhook, parts, &letter).await?;
    }
    message.done().await
}

/// A letter of a webhook; none when it is another service's.
async fn find(parts: &NotifierParts, id: Uuid) -> Result<Option<DeadLetterRecorded>, LogError> {
    let mut letters = parts.log.backlog(LogStream::DeadLetters, 0).await?;
    while let Some(batch) = letters.next_batch(LARGEST_BATCH).await? {
        for delivered in &batch {
            if let Ok(envelope) = Envelope::decode(&delivered.payload)
                && let Event::DeadLetterRecorded(letter) = envelope.event
                && letter.id() == id
            {
                return Ok((letter.service == SERVICE).then_some(letter));
            }
        }
    }
    Ok(None)
}

async fn send_again(
    webhook: &Webhook,
    parts: &NotifierParts,
    letter: &DeadLetterRecorded,
) -> Result<(), LogError> {
    let body = Bytes::copy_from_slice(letter.content.as_bytes());
    let Some(id) = id_of(&body) else {
        return Ok(());
    };
    let clock = parts.clock.as_ref();
    match parts.delivery.post(webhook, id, body.clone(), clock).await {
        Outcome::Taken => Ok(()),
        // A person waits for it, so it is not tried on and on.
        Outcome::Refused(reason) | Outcome::Unavailable(reason, _) => {
            park(webhook, parts, &body, 1, &reason).await
        }
    }
}

/// The id of an envelope of any type.
fn id_of(body: &[u8]) -> Option<Uuid> {
    #[derive(serde::Deserialize)]
    struct Identified {
        id: Uuid,
    }
    serde_json::from_slice::<Identified>(body)
        .ok()
        .map(|envelope| envelope.id)
}
