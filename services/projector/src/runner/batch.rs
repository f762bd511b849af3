//! Batches: messages, and what they say.

use event_log::{Delivered, Subscription};
use opentelemetry::trace::SpanContext;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{Projection, ProjectionError, Unreadable};

/// Spans that a batch links to at most; a batch is not the child of the
/// thousand publications in it.
const LARGEST_LINKS: usize = 8;

/// Waits for the next batch and reads it, on another thread.
pub(super) async fn next_batch<P: Projection>(
    subscription: &mut Subscription,
    limit: usize,
) -> Result<Batch<P>, ProjectionError> {
    let messages = subscription.next_batch(limit).await?;
    let reading = tokio::task::spawn_blocking(move || Batch::read(messages));
    reading
        .await
        .map_err(|error| ProjectionError::Reading(error.to_string()))
}

/// Messages, and what they say.
pub(super) struct Batch<P: Projection> {
    pub(super) messages: Vec<Delivered>,
    pub(super) facts: P::Facts,
    pub(super) unreadable: Unreadable,
}

impl<P: Projection> Batch<P> {
    pub(super) fn read(messages: Vec<Delivered>) -> Self {
        let (facts, unreadable) = P::read(&messages);
        Self {
            messages,
            facts,
            unreadable,
        }
    }
}

/// The span of committing a batch.
pub(super) fn batch_span(projection: &'static str, batch: &[Delivered]) -> tracing::Span {
    let span = tracing::info_span!(
        "project batch",
        projection,
        messages = batch.len(),
        "messaging.system" = "nats",
    );
    let mut linked: Vec<&SpanContext> = Vec::new();
    for context in batch
        .iter()
        .filter_map(|message| message.published_in.as_ref())
    {
        if linked.len() < LARGEST_LINKS && !linked.contains(&context) {
            span.add_link(context.clone());
            linked.push(context);
        }
    }
    span
}
