//! The write side's door: what people decide and what GitHub tells, as events
//! on the log.

mod commands;
mod document;
mod entrance;
mod level_changes;
mod problem;
mod server;
mod webhook;

pub use commands::{COMMANDS, Command, Commands};
pub use entrance::Entrance;
pub use level_changes::publish_level_changes;
pub use server::{Doors, openapi, router, serve};
pub use webhook::{Secrets, WeakSecret, Webhooks};
