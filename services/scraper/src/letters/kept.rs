//! A dead letter as it is kept, and what it is of.

use chrono::{DateTime, Utc};
use domain::{Source, SourceReference};
use events::{Received, ReceivedForm};
use uuid::Uuid;

/// The service whose dead letters are messages of the log.
const PROJECTOR: &str = "projector";

/// The service whose dead letters are jobs that failed.
const WORKER: &str = "worker";

/// The service whose dead letters are deliveries that a receiver refused.
const NOTIFIER: &str = "notifier";

/// A dead letter as it is kept.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// Its id.
    pub id: Uuid,
    /// When it was set aside.
    pub recorded_at: DateTime<Utc>,
    /// The service that gave up.
    pub service: String,
    /// The file, or the stream and sequence.
    pub origin: String,
    /// The line within the file.
    pub line: Option<u64>,
    /// What was wrong.
    pub error: String,
    /// What was received, or its beginning.
    pub content: String,
    /// How long it was, in bytes.
    pub bytes: u64,
    /// From where and in which form it came, if the letter says so.
    pub received: Option<Received>,
}

/// What a dead letter is of.
pub(super) enum Subject {
    /// A message of the log.
    Message,
    /// A job that failed.
    Job,
    /// A delivery that a receiver refused.
    Delivery,
    /// What came from a source.
    Received(Received),
    /// What came from a source, as a version kept it that nobody can read.
    Lost(Source),
}

impl DeadLetter {
    pub(super) fn subject(&self) -> Subject {
        match self.service.as_str() {
            PROJECTOR => Subject::Message,
            WORKER => Subject::Job,
            NOTIFIER => Subject::Delivery,
            _ => match &self.received {
                Some(received) => Subject::Received(received.clone()),
                None => self.guessed(),
            },
        }
    }

    /// Of a message of the log the stream that it stood on.
    #[must_use]
    pub fn stream(&self) -> Option<&str> {
        let origin = self.origin.strip_prefix("stream ")?;
        let (stream, _) = origin.split_once(',')?;
        (self.service == PROJECTOR).then_some(stream)
    }

    /// Whether all of what was received was kept.
    pub(super) fn is_whole(&self) -> bool {
        match &self.received {
            Some(received) => received.whole,
            None => self.content.len() as u64 >= self.bytes,
        }
    }

    /// What letters of older versions are of, by where they say they stood.
    fn guessed(&self) -> Subject {
        let words: Vec<&str> = self.origin.split(' ').collect();
        let of = |source, reference: &str, form| {
            let reference = reference.to_owned();
            let source = SourceReference { source, reference };
            Subject::Received(Received::from(&source, form))
        };
        match words.as_slice() {
            ["webhook", event, delivery] => Subject::Received(Received::delivery(event, delivery)),
            ["GitHub", path] if path.starts_with('/') => of(Source::Api, path, ReceivedForm::Event),
            [job, "of", _] if job.contains(':') => Subject::Lost(Source::Bigquery),
            _ => {
                let line = self.line.map(|line| format!(":{line}"));
                let place = format!("{}{}", self.origin, line.unwrap_or_default());
                of(Source::Archive, &place, ReceivedForm::Event)
            }
        }
    }

    /// How what it is of can be had again.
    pub(super) fn advice(&self, source: Source) -> String {
        match source {
            Source::Archive => format!("ingest {} again with --force", self.origin),
            Source::Webhook => "redeliver it from the webhook's page at GitHub".to_owned(),
            Source::Bigquery => "read the day again with `leaderboard bigquery --force`".to_owned(),
            Source::Api => "what GitHub still tells of it comes with the next `scrape`".to_owned(),
        }
    }
}
