//! Subscriptions: everything after a sequence, in order, without gaps.

use std::time::Duration;

use async_nats::jetstream::consumer::pull::{Config, Stream};
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy};
use async_nats::jetstream::message::Info;
use async_nats::jetstream::{Context, Message};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{FutureExt, StreamExt};
use opentelemetry::trace::{SpanContext, TraceContextExt};
use tokio::task::unconstrained;
use tokio::time::timeout;

use crate::trace::context_of;
use crate::{LogError, LogStream};

/// Messages asked of the server at once.
const LARGEST_PULL: usize = 10_000;

/// How long messages that the server said were to come are waited for. They may have been
/// taken off the stream since.
const LONGEST_SILENCE: Duration = Duration::from_secs(1);

/// A message as it was delivered.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// Its sequence on the stream.
    pub sequence: u64,
    /// When the log took it, in UTC.
    pub recorded_at: DateTime<Utc>,
    /// Its subject.
    pub subject: String,
    /// How many messages of the stream were still to come after it.
    pub pending: u64,
    /// What was published.
    pub payload: Bytes,
    /// The span it was published in, to link to.
    pub published_in: Option<SpanContext>,
}

/// A running subscription. Nothing is acknowledged: whoever subscribes keeps
/// its own position, and starts again from there after any error.
pub struct Subscription {
    stream: LogStream,
    consumer: Consumer<Config>,
    messages: Stream,
    consumer_sequence: u64,
    /// Messages that were there when it began.
    waiting: u64,
}

/// What was on a stream when it was asked for, and nothing that came later.
pub struct Backlog {
    subscription: Subscription,
    left: u64,
}

impl Backlog {
    pub(crate) fn of(subscription: Subscription) -> Self {
        let left = subscription.waiting;
        Self { subscription, left }
    }

    /// The next messages, `limit` at most, in the order of the stream; `None`
    /// when there are no more.
    ///
    /// # Errors
    /// As [`Subscription::next_batch`].
    pub async fn next_batch(&mut self, limit: usize) -> Result<Option<Vec<Delivered>>, LogError> {
        if self.left == 0 {
            return Ok(None);
        }
        let limit = usize::try_from(self.left).map_or(limit, |left| left.min(limit));
        let Some(batch) = self.subscription.rest(limit).await? else {
            self.left = 0;
            return Ok(None);
        };
        // What is taken off the stream meanwhile does not come any more.
        let behind = batch.last().map_or(0, |last| last.pending);
        self.left = self.left.saturating_sub(batch.len() as u64).min(behind);
        Ok(Some(batch))
    }
}

impl Subscription {
    pub(crate) async fn start(
        context: &Context,
        stream: LogStream,
        after: u64,
    ) -> Result<Self, LogError> {
        let consumer = context
            .create_consumer_on_stream(consumer_config(after), stream.name())
            .await
            .map_err(|error| ended(stream, &error))?;
        let waiting = consumer.cached_info().num_pending;
        // A server that went away is noticed by its silence within two
        // heartbeats.
        let messages = consumer
            .stream()
            .max_messages_per_batch(LARGEST_PULL)
            .heartbeat(Duration::from_secs(1))
            .expires(Duration::from_secs(5))
            .messages()
            .await
            .map_err(|error| ended(stream, &error))?;
        Ok(Self {
            stream,
            consumer,
            messages,
            consumer_sequence: 0,
            waiting,
        })
    }

    /// Waits for at least one message and returns all that are there, `limit`
    /// at most, in the order of the stream.
    ///
    /// # Errors
    /// [`LogError::Subscription`] when the server is gone or a message was
    /// lost on the way; subscribe again after the last message processed.
    pub async fn next_batch(&mut self, limit: usize) -> Result<Vec<Delivered>, LogError> {
        loop {
            let batch = self.coming(limit, LONGEST_SILENCE).await?;
            if !batch.is_empty() {
                return Ok(batch);
            }
        }
    }

    /// As [`Self::next_batch`]; `None` when the server says that no more is to come.
    async fn rest(&mut self, limit: usize) -> Result<Option<Vec<Delivered>>, LogError> {
        loop {
            let batch = self.coming(limit, LONGEST_SILENCE).await?;
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
            if self.is_at_the_end().await? {
                // What the server sent before it said so is here by now.
                let batch = self.coming(limit, Duration::ZERO).await?;
                return Ok((!batch.is_empty()).then_some(batch));
            }
        }
    }

    async fn is_at_the_end(&self) -> Result<bool, LogError> {
        let info = self.consumer.get_info().await;
        let info = info.map_err(|error| ended(self.stream, &error))?;
        Ok(info.num_pending == 0)
    }

    /// What comes until the server is silent for so long; nothing, if it is from the start.
    async fn coming(
        &mut self,
        limit: usize,
        longest_silence: Duration,
    ) -> Result<Vec<Delivered>, LogError> {
        let mut batch: Vec<Delivered> = Vec::new();
        while batch.len() < limit {
            // More is on its way while the server says that more is pending;
            // else only what has arrived already is taken.
            let is_coming = batch.last().is_none_or(|last| last.pending > 0);
            let next = if is_coming && !longest_silence.is_zero() {
                timeout(longest_silence, self.messages.next()).await.ok()
            } else {
                // Without a budget: a task that has taken a hundred messages is
                // told to wait for its turn, which looks as if there were none.
                unconstrained(self.messages.next()).now_or_never()
            };
            let Some(next) = next else {
                break;
            };
            let delivered = next
                .ok_or_else(|| ended(self.stream, &"closed"))
                .and_then(|message| message.map_err(|error| ended(self.stream, &error)))
                .and_then(|message| self.take(message));
            match delivered {
                Ok(delivered) => batch.push(delivered),
                // What came before the fault is whole and in order.
                Err(_) if !batch.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(batch)
    }

    fn take(&mut self, message: Message) -> Result<Delivered, LogError> {
        let info = message.info().map_err(|error| ended(self.stream, &error))?;
        if info.consumer_sequence != self.consumer_sequence + 1 {
            let expected = self.consumer_sequence + 1;
            let detail = format!(
                "delivery {} where {expected} was due",
                info.consumer_sequence
            );
            return Err(ended(self.stream, &detail));
        }
        self.consumer_sequence += 1;
        Ok(delivered_of(&message, &info))
    }
}

/// A message as the server tells of it.
pub(crate) fn delivered_of(message: &Message, info: &Info<'_>) -> Delivered {
    let nanoseconds = info.published.unix_timestamp_nanos();
    Delivered {
        sequence: info.stream_sequence,
        pending: info.pending,
        recorded_at: i64::try_from(nanoseconds)
            .map(DateTime::from_timestamp_nanos)
            .unwrap_or_default(),
        published_in: message.headers.as_ref().and_then(|headers| {
            let span = context_of(headers).span().span_context().clone();
            span.is_valid().then_some(span)
        }),
        subject: message.subject.to_string(),
        payload: message.payload.clone(),
    }
}

fn consumer_config(after: u64) -> Config {
    Config {
        deliver_policy: DeliverPolicy::ByStartSequence {
            start_sequence: after + 1,
        },
        ack_policy: AckPolicy::None,
        // The server forgets the consumer of a process that is gone.
        inactive_threshold: Duration::from_secs(30),
        memory_storage: true,
        num_replicas: 1,
        ..Config::default()
    }
}

fn ended(stream: LogStream, detail: &impl ToString) -> LogError {
    LogError::Subscription {
        stream: stream.name(),
        detail: detail.to_string(),
    }
}
