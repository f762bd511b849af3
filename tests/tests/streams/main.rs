//! What happens, told as it happens: nothing is missed and nothing told twice,
//! whoever restarts meanwhile.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod boards;
mod clients;
mod contributions;
mod jobs;
mod listener;
mod memory;
mod readers;
mod stage;
