//! Durable consumers: the log keeps how far somebody is who is told of messages
//! one by one, and tells of each until it is acknowledged.

use std::time::Duration;

use async_nats::jetstream::consumer::pull::{Config, Stream};
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy};
use async_nats::jetstream::context::ConsumerInfoErrorKind;
use async_nats::jetstream::{AckKind, Message};
use events::Subject;
use futures::{FutureExt, StreamExt};
use tokio::task::unconstrained;

use crate::subscription::{Delivered, delivered_of};
use crate::{EventLog, LogError, LogStream};

/// A durable consumer that nobody asks for so long is forgotten by the server.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What somebody wants to be told of.
#[derive(Clone, Debug)]
pub struct DurableSettings {
    /// Their name; whoever asks under the same name shares the messages.
    pub name: String,
    /// The stream.
    pub stream: LogStream,
    /// Filters of subjects; none for everything on the stream.
    pub subjects: Vec<Subject>,
    /// Whether the first who asks is told of what is on the stream already.
    pub from_start: bool,
    /// Messages that may be told of and not acknowledged at a time.
    pub outstanding: u32,
    /// After so long without an acknowledgement a message is told of again.
    pub patience: Duration,
}

/// A durable consumer.
pub struct Durable {
    stream: LogStream,
    messages: Stream,
}

/// A message that is to be acknowledged.
pub struct Unacknowledged {
    /// The message.
    pub delivered: Delivered,
    /// How often it was told of, this time counted.
    pub attempts: u64,
    stream: LogStream,
    message: Message,
}

impl EventLog {
    /// Goes on where whoever asked last under this name was.
    ///
    /// # Errors
    /// [`LogError::Subscription`] when the server cannot be asked, or refuses.
    pub async fn durable(&self, settings: &DurableSettings) -> Result<Durable, LogError> {
        let stream = settings.stream;
        let failed = |detail: String| LogError::Subscription {
            stream: stream.name(),
            detail,
        };
        let of = self
            .context()
            .get_stream(stream.name())
            .await
            .map_err(|error| failed(error.to_string()))?;
        let mut config = config_of(settings);
        // Where it began cannot be changed later.
        match of.consumer_info(&settings.name).await {
            Ok(found) => config.deliver_policy = found.config.deliver_policy,
            Err(error) if error.kind() == ConsumerInfoErrorKind::NotFound => {}
            Err(error) => return Err(failed(error.to_string())),
        }
        let consumer: Consumer<Config> = of
            .create_consumer(config)
            .await
            .map_err(|error| failed(error.to_string()))?;
        let messages = consumer
            .stream()
            .max_messages_per_batch(usize::try_from(settings.outstanding).unwrap_or(1).max(1))
            .heartbeat(Duration::from_secs(1))
            .expires(Duration::from_secs(5))
            .messages()
            .await
            .map_err(|error| failed(error.to_string()))?;
        Ok(Durable { stream, messages })
    }
}

fn config_of(settings: &DurableSettings) -> Config {
    Config {
        durable_name: Some(settings.name.clone()),
        deliver_policy: if settings.from_start {
            DeliverPolicy::All
        } else {
            DeliverPolicy::New
        },
        filter_subjects: settings.subjects.iter().map(Subject::to_string).collect(),
        ack_policy: AckPolicy::Explicit,
        ack_wait: settings.patience,
        max_ack_pending: i64::from(settings.outstanding),
        max_deliver: -1,
        inactive_threshold: FORGOTTEN_AFTER,
        ..Config::default()
    }
}

impl Durable {
    /// Waits for the next message.
    ///
    /// # Errors
    /// [`LogError::Subscription`] when the server is gone; ask for the consumer
    /// again.
    pub async fn next(&mut self) -> Result<Unacknowledged, LogError> {
        let failed = |detail: String| LogError::Subscription {
            stream: self.stream.name(),
            detail,
        };
        let message = self.messages.next().await;
        let message = message
            .ok_or_else(|| failed("closed".to_owned()))?
            .map_err(|error| failed(error.to_string()))?;
        let info = message.info().map_err(|error| failed(error.to_string()))?;
        let attempts = u64::try_from(info.delivered).unwrap_or(1);
        Ok(Unacknowledged {
            delivered: delivered_of(&message, &info),
            attempts,
            stream: self.stream,
            message,
        })
    }
}

impl Durable {
    /// Gives back what has arrived and was not asked for, so that it need not be
    /// waited for until patience ends. What cannot be given back comes then.
    pub async fn give_back(mut self) {
        while let Some(Some(Ok(message))) = unconstrained(self.messages.next()).now_or_never() {
            if message.ack_with(AckKind::Nak(None)).await.is_err() {
                return;
            }
        }
    }
}

impl Unacknowledged {
    /// Says that the message is done with; returns when the log knows.
    ///
    /// # Errors
    /// [`LogError::Subscription`] when that is not known; then it may be told of
    /// again.
    pub async fn done(self) -> Result<(), LogError> {
        let acknowledged = self.message.double_ack().await;
        acknowledged.map_err(|error| self.failed(&error))
    }

    /// Asks to be told of it again after a while.
    ///
    /// # Errors
    /// As [`Unacknowledged::done`]; then it is told of again sooner.
    pub async fn again_after(self, delay: Duration) -> Result<(), LogError> {
        let asked = self.message.ack_with(AckKind::Nak(Some(delay))).await;
        asked.map_err(|error| self.failed(&error))
    }

    fn failed(&self, detail: &impl ToString) -> LogError {
        LogError::Subscription {
            stream: self.stream.name(),
            detail: detail.to_string(),
        }
    }
}
