//! Who decides, and what comes of it.

use chrono::{DateTime, Utc};

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

/// What a decision changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is on the log.
    Made,
    /// The same was decided before; nothing was appended.
    Unchanged,
}
