//! Sending a message to a webhook.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use runtime::Clock;
use uuid::Uuid;

use crate::Webhook;
use crate::signature::signatures;

/// How long a receiver may take to answer; most senders of webhooks wait so long.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);

/// The longest wait that a receiver is obeyed in, or that is waited by ourselves.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// The wait after the first attempt; each further one is twice as long.
const SHORTEST_WAIT: Duration = Duration::from_secs(5);

/// Sends messages; cheap to clone.
#[derive(Clone, Debug)]
pub struct Delivery {
    client: Client,
    shortest_wait: Duration,
}

/// What came of sending a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Taken,
    /// The receiver was there, and did not take it.
    Refused(String),
    /// There was nobody, or nobody who could take anything just then; with how long
    /// they asked to be left alone.
    Unavailable(String, Option<Duration>),
}

impl Outcome {
    /// The outcome as a label of metrics.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused(_) => "refused",
            Self::Unavailable(..) => "unavailable",
        }
    }
}

impl Delivery {
    /// A sender that follows no redirects: a receiver could lead it anywhere. The
    /// process must have installed its provider of cryptography before.
    ///
    /// # Errors
    /// When there is no TLS.
    pub fn new() -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(concat!("leaderboard/", env!("CARGO_PKG_VERSION")))
            .timeout(ANSWER_LIMIT)
            .redirect(Policy::none())
            .build()?;
        Ok(Self {
            client,
            shortest_wait: SHORTEST_WAIT,
        })
    }

    /// The same with another wait after the first attempt.
    #[must_use]
    pub fn waiting(mut self, shortest: Duration) -> Self {
        self.shortest_wait = shortest;
        self
    }

    /// How long to wait after so many attempts.
    #[must_use]
    pub fn wait_after(&self, attempts: u64, asked: Option<Duration>) -> Duration {
        let doubled = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
        let own = self
            .shortest_wait
            .saturating_mul(2_u32.saturating_pow(doubled.min(20)));
        own.max(asked.unwrap_or_default()).min(LONGEST_WAIT)
    }

    /// What is asked of other services over HTTP.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Posts a message: a CloudEvents envelope in structured JSON form, signed.
    pub(crate) async fn post(
        &self,
        webhook: &Webhook,
        id: Uuid,
        body: Bytes,
        clock: &dyn Clock,
    ) -> Outcome {
        let sent_at = clock.now().timestamp();
        let signature = signatures(&webhook.secrets, id, sent_at, &body);
        let request = self
            .client
            .post(webhook.url.clone())
            .header(CONTENT_TYPE, "application/cloudevents+json; charset=utf-8")
            .header("webhook-id", id.to_string())
            .header("webhook-timestamp", sent_at.to_string())
            .header("webhook-signature", signature)
            .body(body);
        let outcome = match request.send().await {
            Ok(answer) => outcome_of(&answer),
            // The address may hold a secret: it is not told.
            Err(error) => Outcome::Unavailable(told(&error.without_url()), None),
        };
        count(webhook, outcome.as_str(), 1);
        outcome
    }
}

/// Begins to count what becomes of a webhook's messages: the first that is refused
/// is seen as a change only if there was none before.
pub(crate) fn begin_counting(webhook: &Webhook) {
    for outcome in ["taken", "refused", "unavailable"] {
        count(webhook, outcome, 0);
    }
}

fn count(webhook: &Webhook, outcome: &'static str, messages: u64) {
    let labels = [
        ("webhook", webhook.name.clone()),
        ("outcome", outcome.to_owned()),
    ];
    metrics::counter!("subscriber_messages_total", &labels).increment(messages);
}

fn outcome_of(answer: &Response) -> Outcome {
    let status = answer.status();
    if status.is_success() {
        return Outcome::Taken;
    }
    let later = [
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ];
    if later.contains(&status) {
        let asked = answer.headers().get(RETRY_AFTER);
        let asked = asked.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        return Outcome::Unavailable(
            format!("the receiver answered {status}"),
            asked.map(Duration::from_secs),
        );
    }
    Outcome::Refused(format!("the receiver answered {status}"))
}

/// An error with what lies behind it.
fn told(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        told = format!("{told}: {cause}");
        source = cause.source();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_an_hour_and_obey_the_receiver_within_it() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let delivery = Delivery::new().unwrap();
        let seconds = |attempts, asked: Option<u64>| {
            let asked = asked.map(Duration::from_secs);
            delivery.wait_after(attempts, asked).as_secs()
        };
        assert_eq!(seconds(1, None), 5);
        assert_eq!(seconds(4, None), 40);
        assert_eq!(seconds(60, None), 3_600);
        assert_eq!(seconds(1, Some(90)), 90);
        assert_eq!(seconds(4, Some(3)), 40);
        assert_eq!(seconds(1, Some(1_000_000)), 3_600);
    }
}
