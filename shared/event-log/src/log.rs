//! The connection to the log.

use std::path::PathBuf;
use std::time::Duration;

use async_nats::jetstream::context::CreateStreamErrorKind;
use async_nats::jetstream::stream::{Compression, Config};
use async_nats::jetstream::{self, Context};
use async_nats::{ConnectError, ConnectErrorKind, ServerAddr};
use backon::Retryable;
use domain::Source;
use events::{CoverageObserved, Envelope, Event, Subject};

use crate::encryption::Encryption;
use crate::erasure::Guard;
use crate::publisher::patience;
use crate::{Backlog, LogError, LogStream, Publisher, Subscription};

/// How to reach the log.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// The server's address, such as `nats://127.0.0.1:4222` or, with a user,
    /// `nats://worker:password@nats:4222`; of a cluster, those of its servers,
    /// separated by commas. Where they begin with `tls://` all is encrypted.
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
        Self::connect_encrypted(settings, &Encryption::default()).await
    }

    /// As [`EventLog::connect`], with certificates.
    ///
    /// # Errors
    /// [`LogError::Encryption`] when they cannot be used with the address,
    /// [`LogError::Connect`] when the first connection fails.
    pub async fn connect_encrypted(
        settings: &LogSettings,
        encryption: &Encryption,
    ) -> Result<Self, LogError> {
        let connect_error = |source| LogError::Connect {
            url: without_credentials(&settings.url),
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
        let faults = encryption.faults(&servers);
        if !faults.is_empty() {
            let url = without_credentials(&settings.url);
            return Err(LogError::Encryption { url, faults });
        }
        let options = async_nats::ConnectOptions::new()
            .name("leaderboard")
            .ping_interval(PING_INTERVAL)
            .max_reconnects(None)
            .reconnect_delay_callback(|attempts| {
                Duration::from_millis(50 * u64::try_from(attempts.min(20)).unwrap_or(20))
            });
        let mut options = encryption.apply(&servers, options);
        // The client reads addresses only for where the servers are.
        let known = servers.iter().find(|server| server.has_user_pass());
        if let Some((user, password)) =
            known.and_then(|known| known.username().zip(known.password()))
        {
            options = options.user_and_password(user.to_owned(), password.to_owned());
        }
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

    /// Creates the streams, or brings them to their declaration. Of streams
    /// that are as they are declared nothing is asked but to look at them, so
    /// services need no right to change any. A cluster that has no leader just
    /// then is waited for.
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
        if let Ok(found) = self.context.get_stream(stream.name()).await
            && is_as_declared(&found.cached_info().config, &config)
        {
            return Ok(());
        }
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

    pub(crate) fn replicas(&self) -> usize {
        self.replicas
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

    /// What is on a stream after a sequence now, in order; also what is no event.
    ///
    /// # Errors
    /// [`LogError::Subscription`] when the server cannot be asked.
    pub async fn backlog(&self, stream: LogStream, after: u64) -> Result<Backlog, LogError> {
        Ok(Backlog::of(self.subscribe(stream, after).await?))
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

/// Addresses as they may be shown: without names and passwords.
fn without_credentials(url: &str) -> String {
    let shown = url.split(',').map(|address| {
        let (scheme, rest) = address.split_once("://").unwrap_or(("nats", address));
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        format!("{}://{host}", scheme.trim())
    });
    shown.collect::<Vec<_>>().join(",")
}

/// Whether a stream is as this version declares it, in all that a declaration
/// says.
fn is_as_declared(found: &Config, declared: &Config) -> bool {
    let said = |config: &Config| {
        (
            config.subjects.clone(),
            config.description.clone(),
            (config.retention, config.storage, config.discard),
            (config.max_consumers, config.max_messages, config.max_bytes),
            (config.max_age, config.duplicate_window),
            (config.max_messages_per_subject, config.max_message_size),
            config.num_replicas,
            config.compression.clone().unwrap_or(Compression::None),
            (config.allow_direct, config.allow_atomic_publish),
        )
    };
    said(found) == said(declared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_not_shown() {
        let url = "nats://worker:s@cret@a:4222, tls://b:4222,c:4222";
        assert_eq!(
            without_credentials(url),
            "nats://a:4222,tls://b:4222,nats://c:4222"
        );
    }

    #[test]
    fn a_stream_that_differs_in_anything_that_is_declared_is_noticed() {
        let declared = LogStream::Contributions.config(1).unwrap();
        let mut found = declared.clone();
        assert!(is_as_declared(&found, &declared));
        found.max_messages = 5;
        assert!(!is_as_declared(&found, &declared));
        let three = LogStream::Contributions.config(3).unwrap();
        assert!(!is_as_declared(&three, &declared));
    }
}
