//! Where events go: batches of them, several under way at once.

use std::future::Future;
use std::sync::Arc;

use domain::Source;
use event_log::{EventLog, LogError, Published, Publisher};
use events::{CoverageObserved, Envelope};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tracing::Instrument;

/// Events published at once.
const BATCH: usize = 1_000;

/// Takes events and says when they are safe.
pub trait EventSink: Clone + Send + Sync + 'static {
    /// Publishes events; returns when all are acknowledged.
    fn publish(
        &self,
        envelopes: Vec<Envelope>,
    ) -> impl Future<Output = Result<Published, LogError>> + Send;
}

impl EventSink for Publisher {
    async fn publish(&self, envelopes: Vec<Envelope>) -> Result<Published, LogError> {
        Publisher::publish(self, envelopes).await
    }
}

/// Knows which units were read before.
pub trait CoverageLog: Send + Sync {
    /// What was last recorded of a unit.
    fn last_coverage(
        &self,
        source: Source,
        unit: &str,
    ) -> impl Future<Output = Result<Option<CoverageObserved>, LogError>> + Send;
}

impl CoverageLog for EventLog {
    async fn last_coverage(
        &self,
        source: Source,
        unit: &str,
    ) -> Result<Option<CoverageObserved>, LogError> {
        EventLog::last_coverage(self, source, unit).await
    }
}

/// Gathers events into batches and keeps a bounded number of them under way.
pub(super) struct Batches<S> {
    sink: S,
    permits: Arc<Semaphore>,
    waiting: Vec<Envelope>,
    under_way: JoinSet<Result<Published, LogError>>,
    published: Published,
}

impl<S: EventSink> Batches<S> {
    /// Batches to a sink. All that share the permits together have at most so
    /// many batches under way as there are permits.
    pub(super) fn new(sink: S, permits: Arc<Semaphore>) -> Self {
        Self {
            sink,
            permits,
            waiting: Vec::with_capacity(BATCH),
            under_way: JoinSet::new(),
            published: Published::default(),
        }
    }

    /// Takes events; waits while too many batches are under way.
    pub(super) async fn push(&mut self, envelopes: Vec<Envelope>) -> Result<(), LogError> {
        for envelope in envelopes {
            self.waiting.push(envelope);
            if self.waiting.len() >= BATCH {
                self.send().await?;
            }
        }
        Ok(())
    }

    /// Sends what waits and returns when everything is acknowledged.
    pub(super) async fn finish(&mut self) -> Result<Published, LogError> {
        if !self.waiting.is_empty() {
            self.send().await?;
        }
        while let Some(outcome) = self.under_way.join_next().await {
            self.published += outcome.map_err(broken)??;
        }
        Ok(self.published)
    }

    /// Waits for what is under way, whatever becomes of it.
    pub(super) async fn settle(&mut self) {
        while self.under_way.join_next().await.is_some() {}
    }

    async fn send(&mut self) -> Result<(), LogError> {
        while let Some(outcome) = self.under_way.try_join_next() {
            self.published += outcome.map_err(broken)??;
        }
        let batch = std::mem::replace(&mut self.waiting, Vec::with_capacity(BATCH));
        let permits = Arc::clone(&self.permits);
        // Permits are never closed.
        let permit = permits.acquire_owned().await.ok();
        let sink = self.sink.clone();
        let publication = async move {
            let _permit = permit;
            sink.publish(batch).await
        };
        self.under_way.spawn(publication.in_current_span());
        Ok(())
    }
}

fn broken(error: JoinError) -> LogError {
    LogError::Publish {
        stream: "contributions",
        detail: format!("the publication broke off: {error}"),
        transient: false,
    }
}
