//! Decisions made on the log itself: an event is appended only if nothing was
//! said on its subject since the log was read. Whoever loses reads again and
//! decides again, so two can never both take what only one may have.

use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::consumer::pull::Config;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy};
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::stream::LastRawMessageErrorKind;
use backon::Retryable;
use bytes::Bytes;
use events::{Envelope, Subject};
use futures::StreamExt;

use crate::publisher::patience;
use crate::trace::headers_of_current_span;
use crate::{EventLog, LogError, LogStream};

/// Messages of a subject that are asked for at once.
const PULL: usize = 1_000;

/// What became of an event that was appended under a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is on the log, at this sequence.
    At(u64),
    /// Something else was appended meanwhile: read again, decide again.
    Outrun,
}

/// An event as it is on the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its sequence on the stream.
    pub sequence: u64,
    /// Its subject.
    pub subject: String,
    /// The event in its envelope.
    pub envelope: Envelope,
}

impl EventLog {
    /// Appends an event if the last sequence on its subject is still the given
    /// one; 0 says that there is nothing on it yet. An attempt whose answer was
    /// lost is recognised when it is tried again.
    ///
    /// # Errors
    /// [`LogError::Publish`] when the log does not answer for a minute or
    /// refuses the event for another reason.
    pub async fn append(
        &self,
        envelope: &Envelope,
        last_on_subject: u64,
    ) -> Result<Appended, LogError> {
        let stream = LogStream::of(&envelope.event);
        let payload: Bytes = envelope.encode()?.into();
        let subject = Subject::of(&envelope.event).to_string();
        let trace = headers_of_current_span();
        let attempt = || {
            let message = PublishMessage::build()
                .headers(trace.clone())
                .message_id(envelope.id.to_string())
                .expected_last_subject_sequence(last_on_subject)
                .payload(payload.clone());
            append_once(self.context(), stream, &subject, message)
        };
        let appended = attempt
            .retry(patience())
            .when(LogError::is_transient)
            .notify(|error, delay| tracing::warn!(%error, ?delay, "append_retrying"))
            .await?;
        if appended != Appended::Outrun {
            return Ok(appended);
        }
        // The server looks at the expected sequence before it looks for a
        // repetition: an attempt whose answer was lost is outrun by itself.
        let since = self.read_all(stream, &subject, last_on_subject).await?;
        let mine = since.iter().find(|said| said.envelope.id == envelope.id);
        Ok(mine.map_or(appended, |said| Appended::At(said.sequence)))
    }

    /// The last event on a subject and its sequence.
    ///
    /// # Errors
    /// [`LogError::Subscription`] when the server cannot be asked,
    /// [`LogError::Unreadable`] when what is there is no event.
    pub async fn last_on(
        &self,
        stream: LogStream,
        subject: &Subject,
    ) -> Result<Option<Recorded>, LogError> {
        let failed = |detail: String| LogError::Subscription {
            stream: stream.name(),
            detail,
        };
        let found = self
            .context()
            .get_stream_no_info(stream.name())
            .await
            .map_err(|error| failed(error.to_string()))?;
        // Of a cluster, any server may answer a direct question, also one that
        // lags behind; what is decided on must come from the leader.
        match found
            .get_last_raw_message_by_subject(subject.as_str())
            .await
        {
            Ok(message) => read(message.sequence, subject.to_string(), &message.payload).map(Some),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// All events on subjects that match a filter after a sequence, up to what
    /// is on the log now, in its order.
    ///
    /// # Errors
    /// [`LogError::Subscription`] when the server is gone meanwhile,
    /// [`LogError::Unreadable`] at the first message that is no event.
    pub async fn read_all(
        &self,
        stream: LogStream,
        filter: &str,
        after: u64,
    ) -> Result<Vec<Recorded>, LogError> {
        let mut all = Vec::new();
        let reading = self.read_each(stream, filter, after, |recorded| all.push(recorded));
        reading.await?;
        Ok(all)
    }

    /// Hands over, one by one, what [`EventLog::read_all`] gathers.
    ///
    /// # Errors
    /// As there.
    pub async fn read_each(
        &self,
        stream: LogStream,
        filter: &str,
        after: u64,
        take: impl FnMut(Recorded),
    ) -> Result<(), LogError> {
        let from = DeliverPolicy::ByStartSequence {
            start_sequence: after + 1,
        };
        self.read_from(stream, filter, from, take).await
    }

    /// All events on subjects that match a filter that were recorded since an
    /// instant, up to what is on the log now, in its order.
    ///
    /// # Errors
    /// As [`Self::read_all`].
    pub async fn read_since(
        &self,
        stream: LogStream,
        filter: &str,
        since: chrono::DateTime<chrono::Utc>,
    ) -> Result<Vec<Recorded>, LogError> {
        let from = since_instant(stream, since)?;
        let mut all = Vec::new();
        self.read_from(stream, filter, from, |recorded| all.push(recorded))
            .await?;
        Ok(all)
    }

    /// The sequence of the last message of a stream that was recorded before an
    /// instant; 0 when there is none.
    ///
    /// # Errors
    /// [`LogError::Subscription`] when the server cannot be asked.
    pub async fn last_before(
        &self,
        stream: LogStream,
        instant: chrono::DateTime<chrono::Utc>,
    ) -> Result<u64, LogError> {
        let config = Config {
            deliver_policy: since_instant(stream, instant)?,
            ack_policy: AckPolicy::None,
            inactive_threshold: Duration::from_secs(30),
            memory_storage: true,
            num_replicas: 1,
            ..Config::default()
        };
        let failed = |error: &dyn std::fmt::Display| LogError::Subscription {
            stream: stream.name(),
            detail: error.to_string(),
        };
        let context = self.context();
        let consumer = context.create_consumer_on_stream(config, stream.name());
        let consumer = consumer.await.map_err(|error| failed(&error))?;
        // A consumer that has delivered nothing stands before its first message.
        let info = consumer.cached_info();
        let (name, before) = (info.name.clone(), info.delivered.stream_sequence);
        let home = context.get_stream_no_info(stream.name()).await;
        let home = home.map_err(|error| failed(&error))?;
        home.delete_consumer(&name)
            .await
            .map_err(|error| failed(&error))?;
        Ok(before)
    }

    async fn read_from(
        &self,
        stream: LogStream,
        filter: &str,
        from: DeliverPolicy,
        mut take: impl FnMut(Recorded),
    ) -> Result<(), LogError> {
        let failed = |detail: String| LogError::Subscription {
            stream: stream.name(),
            detail,
        };
        let config = Config {
            deliver_policy: from,
            ack_policy: AckPolicy::None,
            filter_subject: filter.to_owned(),
            inactive_threshold: Duration::from_secs(30),
            memory_storage: true,
            num_replicas: 1,
            ..Config::default()
        };
        let consumer = self
            .context()
            .create_consumer_on_stream(config, stream.name())
            .await
            .map_err(|error| failed(error.to_string()))?;
        let mut pending = consumer.cached_info().num_pending;
        while pending > 0 {
            let mut messages = consumer
                .fetch()
                .max_messages(PULL)
                .expires(Duration::from_secs(5))
                .messages()
                .await
                .map_err(|error| failed(error.to_string()))?;
            let mut arrived = 0_usize;
            while let Some(message) = messages.next().await {
                let message = message.map_err(|error| failed(error.to_string()))?;
                let info = message.info().map_err(|error| failed(error.to_string()))?;
                pending = info.pending;
                arrived += 1;
                take(read(
                    info.stream_sequence,
                    message.subject.to_string(),
                    &message.payload,
                )?);
            }
            if arrived == 0 {
                return Err(failed(format!("{pending} messages did not arrive")));
            }
        }
        let _ = self.forget(stream, &consumer.cached_info().name).await;
        Ok(())
    }

    /// Deletes a consumer that has done its work; the server does by itself
    /// when nobody asks for it any more.
    async fn forget(&self, stream: LogStream, consumer: &str) -> Option<()> {
        let found = self
            .context()
            .get_stream_no_info(stream.name())
            .await
            .ok()?;
        found.delete_consumer(consumer).await.ok()?;
        Some(())
    }
}

fn read(sequence: u64, subject: String, payload: &[u8]) -> Result<Recorded, LogError> {
    match Envelope::decode(payload) {
        Ok(envelope) => Ok(Recorded {
            sequence,
            subject,
            envelope,
        }),
        Err(source) => Err(LogError::Unreadable { subject, source }),
    }
}

async fn append_once(
    context: &Context,
    stream: LogStream,
    subject: &str,
    message: PublishMessage,
) -> Result<Appended, LogError> {
    let sent = context.send_publish(subject.to_owned(), message).await;
    let acknowledged: Result<PublishAck, _> = match sent {
        Ok(sent) => sent.await,
        Err(error) => Err(error),
    };
    match acknowledged {
        Ok(acknowledged) => Ok(Appended::At(acknowledged.sequence)),
        Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => Ok(Appended::Outrun),
        Err(error) => Err(LogError::Publish {
            stream: stream.name(),
            transient: !matches!(
                error.kind(),
                PublishErrorKind::StreamNotFound | PublishErrorKind::MaxPayloadExceeded
            ),
            detail: error.to_string(),
        }),
    }
}

/// From the first message on that was recorded at an instant or later.
fn since_instant(
    stream: LogStream,
    instant: chrono::DateTime<chrono::Utc>,
) -> Result<DeliverPolicy, LogError> {
    let nanoseconds = i128::from(instant.timestamp_nanos_opt().unwrap_or_default());
    let start_time =
        async_nats::datetime::from_nanos(nanoseconds).map_err(|error| LogError::Subscription {
            stream: stream.name(),
            detail: error.to_string(),
        })?;
    Ok(DeliverPolicy::ByStartTime { start_time })
}
