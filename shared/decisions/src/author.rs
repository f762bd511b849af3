//! Who decides, and what comes of it.

use chrono::{DateTime, Utc};
use domain::check_words;
use domain::jobs::Cause;

use crate::DecisionError;

/// Who decides, why and when.
#[derive(Clone, Debug)]
pub struct Author {
    /// Who.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Author {
    /// Refuses words that could be neither stored nor shown.
    pub(crate) fn check(&self) -> Result<(), DecisionError> {
        Ok(check_words(&self.actor, &self.reason)?)
    }
}

impl From<&Author> for Cause {
    /// Somebody wants a job done.
    fn from(author: &Author) -> Self {
        Self::Hand {
            actor: author.actor.clone(),
            reason: author.reason.clone(),
        }
    }
}

/// What a decision changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is on the log.
    Made,
    /// The same was decided before; nothing was appended.
    Unchanged,
}
