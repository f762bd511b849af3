//! What GitHub tells by itself: webhook deliveries, on the log before they
//! are answered.

mod delivery;
mod publication;
mod signature;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use event_log::Publisher;
use runtime::Clock;
use serde_json::{Value, json};
use tokio::time::Instant as Deadline;
use tower::limit::GlobalConcurrencyLimitLayer;
use translation::is_counted;

pub use signature::{Secrets, WeakSecret};

use crate::problem::Problem;
use delivery::Headers;
use publication::{Unpublished, publish_damaged, publish_delivery};

/// Bytes of the largest delivery: GitHub sends none above 25 MB ("Webhook
/// events and payloads", read in November 2026).
const LARGEST: usize = 25 * 1_024 * 1_024;

/// Deliveries that are read at once: their bodies are in memory.
const AT_ONCE: usize = 64;

/// GitHub gives up on a delivery after ten seconds ("Troubleshooting
/// webhooks", read in November 2026); it is told before that.
const PATIENCE: Duration = Duration::from_secs(9);

/// What answering deliveries takes.
pub struct Webhooks {
    /// Where events go.
    pub publisher: Publisher,
    /// What deliveries are signed with.
    pub secrets: Secrets,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
}

/// What may become of a delivery, as a label of metrics.
const OUTCOMES: [&str; 5] = [
    "taken",
    "passed_over",
    "refused",
    "unavailable",
    "unreadable",
];

pub(crate) fn routes(webhooks: Arc<Webhooks>) -> Router {
    // The first that is not taken is seen as a change only if there was none before.
    for outcome in OUTCOMES {
        metrics::counter!("webhook_deliveries_total", "outcome" => outcome).increment(0);
    }
    publication::count_dead_letters(0);
    Router::new()
        .route("/webhooks/github", post(receive))
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(GlobalConcurrencyLimitLayer::new(AT_ONCE))
        .with_state(webhooks)
}

async fn receive(
    State(webhooks): State<Arc<Webhooks>>,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let started = Instant::now();
    let outcome = webhooks.take(request).await;
    let label = match &outcome {
        Ok((StatusCode::OK, _)) => "taken",
        Ok(_) => "passed_over",
        Err(problem) => problem.label(),
    };
    metrics::counter!("webhook_deliveries_total", "outcome" => label).increment(1);
    metrics::histogram!("webhook_delivery_seconds").record(started.elapsed().as_secs_f64());
    outcome
}

impl Webhooks {
    async fn take(&self, request: Request) -> Result<(StatusCode, Json<Value>), Problem> {
        let until = Deadline::now() + PATIENCE;
        // Of what is not signed nothing is read.
        let head = request.headers().clone();
        let headers = Headers::read(&head)?;
        let body = read(request, until).await?;
        if !self.secrets.signed(headers.signature, &body) {
            tracing::warn!(delivery = %headers.delivery, "webhook_signature_refused");
            let detail = "X-Hub-Signature-256 is not that of this body under any secret known here; set the same secret at GitHub and in LEADERBOARD_WEBHOOK_SECRETS";
            let title = "The signature is wrong";
            return Err(Problem::new(StatusCode::UNAUTHORIZED, title, detail));
        }
        let (event, delivery) = (headers.event, headers.delivery);
        if event == "ping" {
            return Ok((StatusCode::OK, Json(json!({ "pong": delivery }))));
        }
        let now = self.clock.now();
        let translation = match headers.translate(&body, now) {
            Ok(translation) => translation,
            Err(error) => {
                let letter = publish_damaged(&self.publisher, &headers, &body, &error, now);
                in_time(letter, until).await?;
                let detail = format!("{error}; it is among the dead letters as {delivery}");
                let title = "The delivery cannot be read";
                return Err(Problem::new(StatusCode::BAD_REQUEST, title, detail));
            }
        };
        let contributions = translation.contributions;
        let source = headers.source();
        let publishing = publish_delivery(&self.publisher, translation, &source);
        in_time(publishing, until).await?;
        tracing::debug!(%delivery, %event, contributions, "webhook_taken");
        let status = if is_counted(event) {
            StatusCode::OK
        } else {
            StatusCode::ACCEPTED
        };
        let answer = json!({ "delivery": delivery, "contributions": contributions });
        Ok((status, Json(answer)))
    }
}

/// The whole body, if it comes in time.
async fn read(request: Request, until: Deadline) -> Result<Bytes, Problem> {
    let title = "The delivery cannot be read";
    match tokio::time::timeout_at(until, Bytes::from_request(request, &())).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(rejection)) => {
            let detail = format!("the body cannot be taken: {rejection}; 25 MB is the most");
            Err(Problem::new(rejection.status(), title, detail))
        }
        Err(_) => {
            let detail = "the body did not come within the time that GitHub waits for an answer";
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, title, detail))
        }
    }
}

/// Waits for the log as long as GitHub waits for the answer.
async fn in_time(
    publishing: impl Future<Output = Result<(), Unpublished>>,
    until: Deadline,
) -> Result<(), Problem> {
    let failure = match tokio::time::timeout_at(until, publishing).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the log did not acknowledge it in time".to_owned(),
    };
    tracing::error!(%failure, "webhook_not_published");
    let detail = "the event log does not take it right now; redeliver it from the webhook's page at GitHub once it does";
    let title = "The delivery is not safe";
    Err(Problem {
        try_again: true,
        ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, title, detail)
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures::stream;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn github_is_told_before_it_gives_up_however_long_the_body_took() {
        let began = Deadline::now();
        let until = began + PATIENCE;
        let slow = stream::once(async {
            tokio::time::sleep(Duration::from_secs(8)).await;
            Ok::<_, std::io::Error>("{}")
        });
        let request = Request::new(Body::from_stream(slow));
        assert_eq!(read(request, until).await.unwrap(), "{}");
        let problem = in_time(std::future::pending(), until).await.unwrap_err();
        assert_eq!(problem.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}
