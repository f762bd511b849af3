//! Why a decision could not be made.

use domain::{AffiliationFault, LinkFault, PolicyFaults, WordsFault};
use event_log::LogError;
use thiserror::Error;

/// Why a decision could not be made.
#[derive(Debug, Error)]
pub enum DecisionError {
    /// The log cannot be read or written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The decision cannot be written.
    #[error("a decision cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    /// Not the name of a group or a list.
    #[error("{0:?} cannot be a name; use up to 64 lower-case letters, digits and hyphens")]
    Name(String),
    /// Words of whoever decides that cannot be kept.
    #[error(transparent)]
    Words(#[from] WordsFault),
    /// Not an account.
    #[error("{0:?} is no account; use its numeric id, or @ and its login where no id is known")]
    Account(String),
    /// Not a login.
    #[error("{0:?} can be no login")]
    Login(String),
    /// A policy in which something is wrong.
    #[error(transparent)]
    Policy(#[from] PolicyFaults),
    /// A policy that there never was.
    #[error("there is no policy of version {0}")]
    NoSuchPolicy(u32),
    /// A decision that has to be explained to everybody, and was not.
    #[error("say why: {0} is shown to everybody together with the reason")]
    Unexplained(&'static str),
    /// A contribution that is not named as the read models name it.
    #[error("this names no contribution: {0}")]
    Contribution(&'static str),
    /// Accounts that cannot be linked.
    #[error(transparent)]
    Link(#[from] LinkFault),
    /// Affiliations that cannot be.
    #[error("these cannot be somebody's affiliations: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Affiliations(Vec<AffiliationFault>),
    /// Others keep deciding about the same thing.
    #[error("others keep deciding about the same thing; look at it and decide again")]
    Contested,
}
