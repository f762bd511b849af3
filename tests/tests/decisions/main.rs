//! What people decide, end to end: by the command API onto the log, through
//! the projector, into what the query API answers; and taken back again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod erasure;
mod past;
mod policies;
mod retractions;
mod stage;
