//! Decisions of people and rules, made on the log itself.

mod error;
pub mod tracking;

pub use error::DecisionError;
