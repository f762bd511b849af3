//! Dead letters read again: what could not be read once may be by now, after a
//! decoder was mended or a program upgraded.
//!
//! Each is read as what it is: a message of the log, a job that failed, a
//! delivery that a receiver refused, or something that came from a source, in
//! the form it came in and under the source it came from. What is published
//! has the ids it would have had, so nothing counts twice.

mod kept;
mod reading;
mod redriver;
mod resolution;

use std::pin::Pin;

use domain::LetterFilter;
use event_log::LogError;
use events::DecodeError;
use futures::Stream;
use jobs::DispatchError;
use thiserror::Error;
use translation::TranslateError;
use uuid::Uuid;

pub use kept::DeadLetter;
pub use redriver::Redriver;
pub use resolution::{Resolution, discard, redrive};

/// Letters, one after the other.
pub type Letters<'a> = Pin<Box<dyn Stream<Item = Result<DeadLetter, FindError>> + Send + 'a>>;

/// Where dead letters are found that nobody has done anything about.
pub trait LetterSource: Send + Sync + 'static {
    /// Those of the ids, whatever was done about them.
    fn named<'a>(&'a self, ids: &'a [Uuid]) -> Letters<'a>;

    /// Those that are parked and that a filter means, each once. What is done
    /// about one of them changes nothing about which come after it.
    fn parked<'a>(&'a self, filter: &'a LetterFilter) -> Letters<'a>;
}

/// Why letters cannot be found.
#[derive(Debug, Error)]
pub enum FindError {
    /// There is none of an id.
    #[error("there is no dead letter {0}")]
    Absent(Uuid),
    /// Whoever has them does not answer; they may later.
    #[error("dead letters cannot be read: {0}")]
    Unavailable(String),
}

/// Why a dead letter stays one.
#[derive(Debug, Error)]
pub enum RedriveError {
    /// It is about something as a whole.
    #[error("it holds nothing to read again; {0}")]
    Empty(String),
    /// Only the beginning was kept.
    #[error("only {kept} of its {bytes} bytes were kept; {advice}")]
    Cut {
        /// Bytes that were kept.
        kept: usize,
        /// Bytes that there were.
        bytes: u64,
        /// How it can be had again.
        advice: String,
    },
    /// An older version kept it in a form that cannot be read.
    #[error("an older version kept it in a form that cannot be read; {0}")]
    Form(String),
    /// It still is no event.
    #[error("it still cannot be read: {0}")]
    Event(#[from] TranslateError),
    /// It still is no row.
    #[error("it still cannot be read: {0}")]
    Row(String),
    /// The message still is no event.
    #[error("it still cannot be read: {0}")]
    Message(#[from] DecodeError),
    /// It names no job.
    #[error("the dead letter names no job: {0}")]
    Job(serde_json::Error),
    /// The job cannot be asked for again.
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
    /// The log took the message for a repetition.
    #[error("the log holds the same message from the last minutes; try again in a while")]
    Repetition,
    /// An event cannot be encoded.
    #[error("an event cannot be encoded: {0}")]
    Encode(#[from] serde_json::Error),
    /// The log cannot be written to.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl RedriveError {
    /// Whether it may be otherwise in a while, with the same letter and the
    /// same version.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Log(error) => error.is_transient(),
            Self::Dispatch(DispatchError::Log(_) | DispatchError::Queue(_)) | Self::Repetition => {
                true
            }
            _ => false,
        }
    }
}
