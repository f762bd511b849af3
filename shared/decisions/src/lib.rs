//! Decisions of people and rules, made on the log itself.

mod author;
pub mod counting;
pub mod disputes;
pub mod erasure;
mod error;
mod name;
pub mod retractions;
pub mod tracking;

pub use author::{Author, Decision};
pub use error::DecisionError;

/// What the envelopes of decisions say they come from.
const SOURCE: &str = "/command-api";
