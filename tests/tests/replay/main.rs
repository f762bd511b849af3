//! Replay: the read models made again from the log beside those that are read,
//! compared row by row, given to readers and taken back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod equality;
mod kills;
mod late_boards;
mod readers;
mod retention;
mod single;
mod stage;
mod steps;
