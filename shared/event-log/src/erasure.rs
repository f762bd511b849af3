//! Keeping those who were erased out of the log, and taking messages from it.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use backon::Retryable;
use events::{Envelope, Erased, ErasedReferences, ErasureKey, Event, Subject};
use tokio::sync::Mutex;

use crate::publisher::patience;
use crate::{Book, EventLog, LogError, LogStream};

/// How long it may take until a publisher knows of somebody who was erased.
pub const ERASURE_KNOWN_WITHIN: Duration = Duration::from_secs(1);

/// When it was looked, and who was erased then.
type Looked = (Instant, Arc<ErasedReferences>);

/// Who was erased, as a publisher knows it.
#[derive(Clone, Default)]
pub(crate) struct Guard {
    key: Option<ErasureKey>,
    known: Arc<RwLock<Option<Looked>>>,
    /// Of several who find that it is time to look, one looks.
    looking: Arc<Mutex<()>>,
}

impl Guard {
    pub(crate) fn with(key: ErasureKey) -> Self {
        Self {
            key: Some(key),
            ..Self::default()
        }
    }

    fn fresh(&self) -> Option<Arc<ErasedReferences>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let (looked, references) = known.as_ref()?;
        (looked.elapsed() < ERASURE_KNOWN_WITHIN).then(|| Arc::clone(references))
    }

    async fn references(&self, log: &EventLog) -> Result<Arc<ErasedReferences>, LogError> {
        if let Some(references) = self.fresh() {
            return Ok(references);
        }
        let _turn = self.looking.lock().await;
        if let Some(references) = self.fresh() {
            return Ok(references);
        }
        let looked = Instant::now();
        let subject = Subject::of_erasures();
        let mut book = Book::new(LogStream::Decisions, subject, ErasedReferences::default());
        book.catch_up(log).await?;
        let references = Arc::new(book.state().clone());
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some((looked, Arc::clone(&references)));
        Ok(references)
    }

    /// What may be published: nothing of those who were erased.
    pub(crate) async fn admit(
        &self,
        log: &EventLog,
        envelopes: Vec<Envelope>,
    ) -> Result<Vec<Envelope>, LogError> {
        // Those streams tell what sources say.
        let concerned = |envelope: &Envelope| {
            let stream = LogStream::of(&envelope.event);
            matches!(stream, LogStream::Contributions | LogStream::DeadLetters)
        };
        if !envelopes.iter().any(concerned) {
            return Ok(envelopes);
        }
        let references = (|| self.references(log))
            .retry(patience())
            .when(LogError::is_transient)
            .notify(|error, delay| tracing::warn!(%error, ?delay, "publish_retrying"))
            .await?;
        if references.is_empty() {
            return Ok(envelopes);
        }
        let key = self.key.clone().ok_or(LogError::NoErasureKey)?;
        let erased = Erased::new(key, ErasedReferences::clone(&references));
        let left = envelopes.into_iter().filter_map(|envelope| {
            let before: Event = envelope.event.clone();
            let event = erased.without(envelope.event)?;
            if event == before {
                return Some(Ok(Envelope { event, ..envelope }));
            }
            Some(Envelope::wrap(&envelope.source, event).map_err(LogError::from))
        });
        left.collect()
    }
}

impl EventLog {
    /// The same log, with the key by which those who were erased are known
    /// again. Without it nothing can be published once somebody was.
    #[must_use]
    pub fn guarded_by(self, key: ErasureKey) -> Self {
        self.with_guard(Guard::with(key))
    }

    /// Takes a message from a stream for good: its bytes are overwritten.
    ///
    /// # Errors
    /// [`LogError::Subscription`] when the server cannot be asked.
    pub async fn erase(&self, stream: LogStream, sequence: u64) -> Result<(), LogError> {
        let failed = |error: &dyn std::fmt::Display| LogError::Subscription {
            stream: stream.name(),
            detail: error.to_string(),
        };
        let found = self.context().get_stream_no_info(stream.name()).await;
        let found = found.map_err(|error| failed(&error))?;
        found
            .delete_message(sequence)
            .await
            .map_err(|error| failed(&error))?;
        Ok(())
    }
}
