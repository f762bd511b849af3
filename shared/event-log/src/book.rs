//! What the events on one subject come to, and deciding on it: what is written
//! down is decided on all that was written before, or decided again.

use events::{Envelope, Event, Fold, Subject};

use crate::{Appended, EventLog, LogError, LogStream, Recorded};

/// A subject as it was read last.
#[derive(Clone, Debug)]
pub struct Book<S> {
    stream: LogStream,
    subject: Subject,
    state: S,
    last: u64,
}

impl<S: Fold> Book<S> {
    /// A subject of which nothing was read yet.
    #[must_use]
    pub fn new(stream: LogStream, subject: Subject, state: S) -> Self {
        Self {
            stream,
            subject,
            state,
            last: 0,
        }
    }

    /// What its events come to, as far as they were read.
    #[must_use]
    pub fn state(&self) -> &S {
        &self.state
    }

    /// The sequence of the last event that was read; 0 when there was none.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Reads what is new.
    ///
    /// # Errors
    /// As [`EventLog::read_all`].
    pub async fn catch_up(&mut self, log: &EventLog) -> Result<(), LogError> {
        let (stream, after) = (self.stream, self.last);
        let subject = self.subject.clone();
        let take = |recorded: Recorded| {
            self.state.fold(&recorded.envelope.event);
            self.last = recorded.sequence;
        };
        log.read_each(stream, subject.as_str(), after, take).await
    }

    /// Decides on what was read, and writes down what was decided if nothing
    /// was written meanwhile; else reads that, and decides again. Returns what
    /// was written down, if anything was to be.
    ///
    /// # Errors
    /// What deciding says, or [`LogError`]: then it may be on the log, and
    /// deciding again tells.
    pub async fn write<E: From<LogError>>(
        &mut self,
        log: &EventLog,
        origin: &str,
        mut decide: impl FnMut(&S) -> Result<Option<Event>, E>,
    ) -> Result<Option<Event>, E> {
        loop {
            let Some(event) = decide(&self.state)? else {
                return Ok(None);
            };
            let envelope = Envelope::wrap(origin, event).map_err(LogError::from)?;
            match log.append(&envelope, self.last).await? {
                Appended::At(sequence) => {
                    self.state.fold(&envelope.event);
                    self.last = sequence;
                    return Ok(Some(envelope.event));
                }
                Appended::Outrun => self.catch_up(log).await?,
            }
        }
    }
}
