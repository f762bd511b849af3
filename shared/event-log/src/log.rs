//! The connection to the log.

use std::path::PathBuf;
use std::time::Duration;

use async_nats::jetstream::context::CreateStreamErrorKind;
use async_nats::jetstream::{self, Context};
use async_nats::{ConnectError, ConnectErrorKind, ServerAddr};
use backon::Retryable;
use domain::Source;
use events::{CoverageObserved, Envelope, Event, Subject};

use crate::erasure::Guard;
use crate::publisher::patience;
use crate::{LogError, LogStream, Publisher, Subscription};

/// How to reach the log.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// The server's address, such as `nats://127.0.0.1:4222`; of a cluster,
    /// those of its servers, separated by commas.
    pub url: String,
    /// A credentials file.
    pub credentials: Option<PathBuf>,
    /// Copies kept of each stream: 1 on a single server, 3 on a cluster.
    pub replicas: usize,
}

/// How long an acknowledgement may take before the publication is tried again.
const ACKNOWLEDGEMENT_LIMIT: Duration = Duration::from_secs(5);

/// How often the server is asked whether it is still there. After three
/// questions without an answer the connection is given up for a new one: a
/// network that swallows everything, and tells nobody, is noticed by that only.
const PING_INTERVAL: Duration = Duration::from_secs(2);

/// A connection to the log; cheap to clone.
#[derive(Clone)]
pub struct EventLog {
    context: Context,
    replicas: usize,
    guard: Guard,
}

impl EventLog {
    /// Connects, and keeps reconnecting for as long as the value lives.
    ///
    /// # Errors
    /// [`LogError::Connect`] when the first connection fails.
    pub async fn connect(settings: &LogSettings) -> Result<Self, LogError> {
        let connect_error = |source| LogError::Connect {
            url: settings.url.clone(),
            source,
        };
        let servers: Vec<ServerAddr> = settings
            .url
            .split(',')
            .map(|url| url.trim().parse())
            .collect::<Result<_, std::io::Error>>()
            .map_err(|error| {
                connect_error(ConnectError::with_source(
                    ConnectErrorKind::ServerParse,
                    error,
                ))
            })?;
        let mut options = async_nats::ConnectOptions::new()
            .name("leaderboard")
            .ping_interval(PING_INTERVAL)
            .max_reconnects(None)
            .reconnect_delay_callback(|attempts| {
                Duration::from_millis(50 * u64::try_from(attempts.min(20)).unwrap_or(20))
            });
        if let Some(path) = &settings.credentials {
            options =
                options
                    .credentials_file(path)
                    .await
                    .map_err(|error| LogError::Subscription {
                        stream: "all streams",
                        detail: format!("cannot read credentials {}: {error}", path.display()),
                    })?;
        }
        let client = options.connect(servers).await.map_err(connect_error)?;
        let mut context = jetstream::new(client);
        context.set_timeout(ACKNOWLEDGEMENT_LIMIT);
        Ok(Self {
            context,
            replicas: settings.replicas,
            guard: Guard::default(),
        })
    }

    /// Creates the streams, or brings them to their declaration. A cluster
    /// that has no leader just then is waited for.
    ///
    /// # Errors
    /// [`LogError::Declare`] with the server's answer.
    pub async fn declare_streams(&self) -> Result<(), LogError> {
        for stream in LogStream::ALL {
            (|| self.declare(stream))
                .retry(patience())
                .when(LogError::is_transient)
                .notify(|error, delay| tracing::warn!(%error, ?delay, "declare_retrying"))
                .await?;
        }
        Ok(())
    }

    async fn declare(&self, stream: LogStream) -> Result<(), LogError> {
        let config = stream.config(self.replicas)?;
        let declared = self.context.create_or_update_stream(config).await;
        declared.map_err(|error| LogError::Declare {
            stream: stream.name(),
            detail: error.to_string(),
            transient: match error.kind() {
                CreateStreamErrorKind::TimedOut | CreateStreamErrorKind::JetStreamUnavailable => {
                    true
                }
                CreateStreamErrorKind::JetStream(answer) => answer.code() >= 500,
                _ => false,
            },
        })?;
        Ok(())
    }

    pub(crate) fn with_guard(self, guard: Guard) -> Self {
        Self { guard, ..self }
    }

    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// A publisher to all streams.
    #[must_use]
    pub fn publisher(&self) -> Publisher {
        Publisher::new(self.clone())
    }

    /// Messages of a stream after a sequence, in order.
    ///
    /// # Errors
    /// [`LogError::Subscription`] when the server cannot be asked.
    pub async fn subscribe(&self, stream: LogStream, after: u64) -> Result<Subscription, LogError> {
        Subscription::start(&self.context, stream, after).await
    }

    /// The last sequence of a stream.
    ///
    /// # Errors
    /// [`LogError::Subscription`] when the server cannot be asked.
    pub async fn last_sequence(&self, stream: LogStream) -> Result<u64, LogError> {
        let failed = |error: String| LogError::Subscription {
            stream: stream.name(),
            detail: error,
        };
        let mut found = self
            .context
            .get_stream(stream.name())
            .await
            .map_err(|error| failed(error.to_string()))?;
        let info = found
            .info()
            .await
            .map_err(|error| failed(error.to_string()))?;
        Ok(info.state.last_sequence)
    }

    /// What was last recorded of a unit; `None` when it was never read to its
    /// end or given up.
    ///
    /// # Errors
    /// [`LogError::Subscription`] when the server cannot be asked,
    /// [`LogError::Unreadable`] when the answer is no coverage event.
    pub async fn last_coverage(
        &self,
        source: Source,
        unit: &str,
    ) -> Result<Option<CoverageObserved>, LogError> {
        use async_nats::jetstream::stream::{DirectGetErrorKind, LastRawMessageErrorKind};
        let stream = LogStream::Coverage.name();
        let failed = |detail: String| LogError::Subscription { stream, detail };
        let subject = Subject::of_coverage(source, unit).to_string();
        let coverage = self
            .context
            .get_stream_no_info(stream)
            .await
            .map_err(|error| failed(error.to_string()))?;
        let message = match coverage.direct_get_last_for_subject(&subject).await {
            Ok(message) => message.payload,
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => return Ok(None),
            Err(_) => match coverage.get_last_raw_message_by_subject(&subject).await {
                Ok(message) => message.payload,
                Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => {
                    return Ok(None);
                }
                Err(error) => return Err(failed(error.to_string())),
            },
        };
        let envelope = Envelope::decode(&message)
            .map_err(|source| LogError::Unreadable { subject, source })?;
        Ok(match envelope.event {
            Event::CoverageObserved(coverage) => Some(coverage),
            _ => None,
        })
    }

    /// Whether the server answers and has its streams under control.
    pub async fn is_ready(&self) -> bool {
        self.context.query_account().await.is_ok()
    }
}
