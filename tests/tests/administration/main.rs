//! Who runs it commands it over HTTP and by the command line: dead letters,
//! jobs, replays, money; and sees what workers leave alone.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod circuits;
mod command_line;
mod commands;
mod letters;
mod stage;
