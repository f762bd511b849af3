//! How far the log's streams are, for those who watch.

use async_nats::jetstream::stream::RawMessageErrorKind;
use chrono::{DateTime, Utc};

use crate::{EventLog, LogError, LogStream};

/// What a stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamState {
    /// The sequence of its last message; 0 before the first.
    pub last_sequence: u64,
    /// Bytes it takes on the server, of one copy.
    pub bytes: u64,
}

impl EventLog {
    /// What a stream holds.
    ///
    /// # Errors
    /// [`LogError::Subscription`] when the server cannot be asked.
    pub async fn state(&self, stream: LogStream) -> Result<StreamState, LogError> {
        let failed = |detail: String| LogError::Subscription {
            stream: stream.name(),
            detail,
        };
        let found = self.context().get_stream(stream.name()).await;
        let found = found.map_err(|error| failed(error.to_string()))?;
        let state = &found.cached_info().state;
        Ok(StreamState {
            last_sequence: state.last_sequence,
            bytes: state.bytes,
        })
    }

    /// When the log took the first message after a sequence; `None` when there
    /// is none yet.
    ///
    /// # Errors
    /// [`LogError::Subscription`] when the server cannot be asked.
    pub async fn taken_after(
        &self,
        stream: LogStream,
        sequence: u64,
    ) -> Result<Option<DateTime<Utc>>, LogError> {
        let failed = |detail: String| LogError::Subscription {
            stream: stream.name(),
            detail,
        };
        let found = self.context().get_stream_no_info(stream.name()).await;
        let found = found.map_err(|error| failed(error.to_string()))?;
        match found
            .get_first_raw_message_by_subject(">", sequence + 1)
            .await
        {
            Ok(message) => {
                let nanoseconds = message.time.unix_timestamp_nanos();
                Ok(i64::try_from(nanoseconds)
                    .ok()
                    .map(DateTime::from_timestamp_nanos))
            }
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}
