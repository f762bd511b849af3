//! The queues there are.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A queue: jobs of one kind of work, so many at a time.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// Reading sources.
    Scraping,
    /// Checking and rebuilding read models.
    Calculations,
    /// Telling people how things stand.
    Reports,
    /// Keeping the database in order.
    Maintenance,
}

/// A word that is no queue.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no queue {0:?}; there are scraping, calculations, reports and maintenance")]
pub struct ParseQueueError(pub String);

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 4] = [
        Self::Scraping,
        Self::Calculations,
        Self::Reports,
        Self::Maintenance,
    ];

    /// The queue's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scraping => "scraping",
            Self::Calculations => "calculations",
            Self::Reports => "reports",
            Self::Maintenance => "maintenance",
        }
    }

    /// Jobs at a time, over all workers, unless a deployment says otherwise.
    /// Sources are waited for, so two are read at once; what works the
    /// database hard does so alone.
    #[must_use]
    pub fn usual_limit(self) -> usize {
        match self {
            Self::Scraping | Self::Reports => 2,
            Self::Calculations | Self::Maintenance => 1,
        }
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Queue {
    type Err = ParseQueueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|queue| queue.as_str() == text);
        found.ok_or_else(|| ParseQueueError(text.to_owned()))
    }
}
