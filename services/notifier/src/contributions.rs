//! Telling a webhook of contributions.

use std::sync::Arc;
use std::time::Duration;

use event_log::{LogError, Unacknowledged};
use events::Envelope;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::dead_letter::park;
use crate::{NotifierParts, Outcome, Webhook};

/// How long to wait before the log is asked again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Follows what the webhook wants of the log until stopped.
pub(crate) async fn follow(webhook: Arc<Webhook>, parts: NotifierParts, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = follow_once(&webhook, &parts, &stop).await {
            tracing::warn!(webhook = %webhook.name, %error, "webhook_restarting");
            stop.run_until_cancelled(tokio::time::sleep(AGAIN_AFTER))
                .await;
        }
    }
}

async fn follow_once(
    webhook: &Arc<Webhook>,
    parts: &NotifierParts,
    stop: &CancellationToken,
) -> Result<(), LogError> {
    let Some(consumer) = webhook.consumer() else {
        return Ok(());
    };
    let mut wanted = parts.log.durable(&consumer).await?;
    let mut under_way = JoinSet::new();
    let parallel = usize::try_from(webhook.parallel).unwrap_or(1);
    let outcome = loop {
        if under_way.len() >= parallel {
            under_way.join_next().await;
        }
        let message = match stop.run_until_cancelled(wanted.next()).await {
            Some(Ok(message)) => message,
            Some(Err(error)) => break Err(error),
            None => break Ok(()),
        };
        let (webhook, parts) = (Arc::clone(webhook), parts.clone());
        under_way.spawn(async move {
            if let Err(error) = deliver(&webhook, &parts, message).await {
                // It is told of again.
                tracing::warn!(webhook = %webhook.name, %error, "delivery_not_acknowledged");
            }
        });
        while under_way.try_join_next().is_some() {}
    };
    // What is under way is finished; what was not begun is for whoever is next.
    wanted.give_back().await;
    under_way.join_all().await;
    outcome
}

async fn deliver(
    webhook: &Webhook,
    parts: &NotifierParts,
    message: Unacknowledged,
) -> Result<(), LogError> {
    let delivered = &message.delivered;
    metrics::gauge!("subscriber_messages_behind", "webhook" => webhook.name.clone())
        .set(delivered.pending as f64);
    // What is no event is a dead letter of the projector already.
    let Ok(envelope) = Envelope::decode(&delivered.payload) else {
        return message.done().await;
    };
    let body = delivered.payload.clone();
    let clock = parts.clock.as_ref();
    let outcome = parts.delivery.post(webhook, envelope.id, body, clock).await;
    let (reason, asked) = match outcome {
        Outcome::Taken => return message.done().await,
        Outcome::Refused(reason) if message.attempts >= webhook.attempts => {
            park(
                webhook,
                parts,
                &delivered.payload,
                message.attempts,
                &reason,
            )
            .await?;
            return message.done().await;
        }
        Outcome::Refused(reason) => (reason, None),
        Outcome::Unavailable(reason, asked) => (reason, asked),
    };
    let wait = parts.delivery.wait_after(message.attempts, asked);
    tracing::info!(
        webhook = %webhook.name, attempts = message.attempts, ?wait, reason, "delivery_retrying"
    );
    message.again_after(wait).await
}
