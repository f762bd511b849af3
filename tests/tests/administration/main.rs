//! Who runs it commands it over HTTP and by the command line: dead letters,
//! jobs, replays, money.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command_line;
mod commands;
mod letters;
mod stage;
