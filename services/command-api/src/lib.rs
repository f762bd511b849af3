//! The write side's door: what GitHub tells, as events on the log.

mod problem;
mod server;
mod webhook;

pub use server::{router, serve};
pub use webhook::{Secrets, WeakSecret, Webhooks};
