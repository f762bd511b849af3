//! Publishing: pipelined, idempotent, and done only when acknowledged.

use std::time::{Duration, Instant};

use async_nats::jetstream::context::PublishErrorKind;
use async_nats::{HeaderMap, jetstream::publish::PublishAck};
use backon::{ExponentialBuilder, Retryable};
use events::{Envelope, Event, Subject};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::batch::{BatchError, LARGEST_BATCH, Outgoing, publish_batch};
use crate::trace::headers_of_current_span;
use crate::{EventLog, LogError, LogStream};

/// Single publications in flight while a batch that holds a duplicate is
/// published message by message.
const SINGLES_IN_FLIGHT: usize = 256;

/// From so many events on, encoding them is worth a thread.
const MANY: usize = 100;

/// A publisher to the log; cheap to clone. Several publications may be in
/// flight at once.
#[derive(Clone)]
pub struct Publisher {
    log: EventLog,
}

/// What became of a publication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Messages stored.
    pub stored: u64,
    /// Messages that the log held already.
    pub duplicates: u64,
}

impl std::ops::AddAssign for Published {
    fn add_assign(&mut self, other: Self) {
        self.stored += other.stored;
        self.duplicates += other.duplicates;
    }
}

impl Publisher {
    pub(crate) fn new(log: EventLog) -> Self {
        Self { log }
    }

    /// Publishes events and returns when the log has acknowledged all of
    /// them. What fails for a passing reason is tried again for a minute;
    /// trying again stores nothing twice.
    ///
    /// # Errors
    /// [`LogError::Publish`] when something was not acknowledged; then any
    /// part of the events may be on the log, and publishing them again is safe.
    /// [`LogError::NoErasureKey`] when people were erased and cannot be known
    /// again.
    pub async fn publish(&self, envelopes: Vec<Envelope>) -> Result<Published, LogError> {
        let envelopes = self.log.guard().admit(&self.log, envelopes).await?;
        let mut published = Published::default();
        let trace = headers_of_current_span();
        for (stream, messages) in encode(envelopes).await? {
            for messages in messages.chunks(LARGEST_BATCH) {
                published += self.publish_to(stream, messages, &trace).await?;
            }
        }
        metrics::counter!("contributions_published_total").increment(published.stored);
        Ok(published)
    }

    async fn publish_to(
        &self,
        stream: LogStream,
        messages: &[Outgoing],
        trace: &HeaderMap,
    ) -> Result<Published, LogError> {
        let started = Instant::now();
        let attempt = || self.try_publish(stream, messages, trace);
        let published = attempt
            .retry(patience())
            .when(LogError::is_transient)
            .notify(|error, delay| tracing::warn!(%error, ?delay, "publish_retrying"))
            .await?;
        metrics::histogram!("publish_batch_seconds").record(started.elapsed().as_secs_f64());
        Ok(published)
    }

    async fn try_publish(
        &self,
        stream: LogStream,
        messages: &[Outgoing],
        trace: &HeaderMap,
    ) -> Result<Published, LogError> {
        if let [message] = messages {
            return self.publish_single(stream, message, trace).await;
        }
        match publish_batch(self.log.context(), messages, trace).await {
            Ok(()) => Ok(Published {
                stored: messages.len() as u64,
                duplicates: 0,
            }),
            Err(BatchError::HoldsDuplicate) => self.publish_singly(stream, messages, trace).await,
            Err(BatchError::Failed { detail, transient }) => Err(LogError::Publish {
                stream: stream.name(),
                detail,
                transient,
            }),
        }
    }

    async fn publish_singly(
        &self,
        stream: LogStream,
        messages: &[Outgoing],
        trace: &HeaderMap,
    ) -> Result<Published, LogError> {
        let singles: Vec<_> = messages
            .iter()
            .map(|message| self.publish_single(stream, message, trace))
            .collect();
        stream::iter(singles)
            .buffer_unordered(SINGLES_IN_FLIGHT)
            .try_fold(Published::default(), |mut all, one| async move {
                all += one;
                Ok(all)
            })
            .await
    }

    async fn publish_single(
        &self,
        stream: LogStream,
        message: &Outgoing,
        trace: &HeaderMap,
    ) -> Result<Published, LogError> {
        let failed = |error: async_nats::jetstream::context::PublishError| LogError::Publish {
            stream: stream.name(),
            transient: !matches!(
                error.kind(),
                PublishErrorKind::StreamNotFound | PublishErrorKind::MaxPayloadExceeded
            ),
            detail: error.to_string(),
        };
        let mut headers = trace.clone();
        headers.insert("Nats-Msg-Id", message.message_id.as_str());
        let acknowledgement: PublishAck = self
            .log
            .context()
            .publish_with_headers(message.subject.clone(), headers, message.payload.clone())
            .await
            .map_err(failed)?
            .await
            .map_err(failed)?;
        let duplicates = u64::from(acknowledgement.duplicate);
        Ok(Published {
            stored: 1 - duplicates,
            duplicates,
        })
    }
}

/// How often, and for how long, what fails for a passing reason is tried.
pub(crate) fn patience() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(2))
        .with_total_delay(Some(Duration::from_secs(60)))
        .without_max_times()
        .with_jitter()
}

/// Events as messages, by stream. Many are encoded on a thread of their own,
/// so that what is encoded already is sent meanwhile.
async fn encode(envelopes: Vec<Envelope>) -> Result<Vec<(LogStream, Vec<Outgoing>)>, LogError> {
    let few = envelopes.len() < MANY;
    let by_stream = move || {
        LogStream::ALL
            .into_iter()
            .map(|stream| {
                let of_it = |envelope: &&Envelope| LogStream::of(&envelope.event) == stream;
                let messages = envelopes.iter().filter(of_it).map(outgoing);
                Ok((stream, messages.collect::<Result<_, _>>()?))
            })
            .collect()
    };
    if few {
        return by_stream();
    }
    tokio::task::spawn_blocking(by_stream)
        .await
        .map_err(|error| LogError::Publish {
            stream: "any",
            detail: error.to_string(),
            transient: false,
        })?
}

/// The message id is the contribution and a digest of what is said about it:
/// saying it again is a repetition, saying something else is not.
fn outgoing(envelope: &Envelope) -> Result<Outgoing, LogError> {
    let message_id = match &envelope.event {
        Event::ContributionRecorded(event) => format!("{}.{}", event.contribution, envelope.id),
        _ => envelope.id.to_string(),
    };
    Ok(Outgoing {
        subject: Subject::of(&envelope.event).to_string(),
        message_id,
        payload: envelope.encode()?.into(),
    })
}
