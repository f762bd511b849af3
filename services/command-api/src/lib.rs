//! The write side's door: what people decide and what GitHub tells, as events
//! on the log.

mod commands;
mod problem;
mod server;
mod webhook;

pub use commands::{Commands, Keys, WeakKey};
pub use server::{Doors, router, serve};
pub use webhook::{Secrets, WeakSecret, Webhooks};
