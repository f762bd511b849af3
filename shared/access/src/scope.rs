//! What a key may be used for.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// One thing that a key may be used for. None includes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Reading: more often than without a key, and what only people with keys
    /// are told.
    Read,
    /// Which repositories are tracked, and which belong together.
    Track,
    /// What things are worth, and who is who.
    Decide,
    /// Saying that something is missing.
    Dispute,
    /// How the system runs: its jobs, dead letters and replays, and what it logs.
    Operate,
    /// How much money may be spent.
    Spend,
}

/// What names no scope.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("there is no scope {0:?}; there are read, track, decide, dispute, operate and spend")]
pub struct NoScope(String);

impl Scope {
    /// Every scope there is.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::Track,
        Self::Decide,
        Self::Dispute,
        Self::Operate,
        Self::Spend,
    ];

    /// Its name in files, commands and problems.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Track => "track",
            Self::Decide => "decide",
            Self::Dispute => "dispute",
            Self::Operate => "operate",
            Self::Spend => "spend",
        }
    }

    /// What it is for, in words.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Read => {
                "reading more often than without a key, and what the command API tells only people with keys"
            }
            Self::Track => "which repositories are tracked, and which belong together",
            Self::Decide => "what contributions are worth, which count, and who is who",
            Self::Dispute => "saying that something is missing, and having GitHub asked for it",
            Self::Operate => {
                "how the system runs: its jobs and their queues, dead letters, replays, and what it logs"
            }
            Self::Spend => "how much money may be spent",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = NoScope;

    fn from_str(text: &str) -> Result<Self, NoScope> {
        let named = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        named.ok_or_else(|| NoScope(text.to_owned()))
    }
}
