//! What a receiver does not take.

use event_log::LogError;
use events::{DeadLetterRecorded, Envelope, Event};

use crate::{NotifierParts, SERVICE, Webhook};

/// Puts a message where a person can see it, and have it sent again.
pub(crate) async fn park(
    webhook: &Webhook,
    parts: &NotifierParts,
    body: &[u8],
    attempts: u64,
    reason: &str,
) -> Result<(), LogError> {
    tracing::error!(webhook = %webhook.name, reason, "delivery_given_up");
    count(1);
    let now = parts.clock.now();
    let letter = Event::DeadLetterRecorded(DeadLetterRecorded {
        service: SERVICE.to_owned(),
        // Refused again later it is another letter, which somebody has to see.
        origin: format!("{}, {}", webhook.name, now.to_rfc3339()),
        line: None,
        error: format!(
            "{reason} (attempt {attempts}); when the receiver is mended, send it again: leaderboard dead-letters redrive ID"
        ),
        content: String::from_utf8_lossy(body).into_owned(),
        bytes: body.len() as u64,
        received: None,
        recorded_at: now,
    });
    let envelope = Envelope::wrap("/notifier", letter)?;
    parts.log.publisher().publish(vec![envelope]).await?;
    Ok(())
}

/// Counts messages that are given up.
pub(crate) fn count(given_up: u64) {
    metrics::counter!("dead_letters_total", "service" => SERVICE).increment(given_up);
}

/// The name of the webhook that a letter is of.
pub(crate) fn webhook_of(letter: &DeadLetterRecorded) -> &str {
    let origin = letter.origin.split_once(", ");
    origin.map_or(letter.origin.as_str(), |(name, _)| name)
}
