//! The write side's door: what people decide and what GitHub tells, as events
//! on the log.

mod problem;
mod server;
pub mod tracking;
mod webhook;

pub use server::{router, serve};
pub use webhook::{Secrets, WeakSecret, Webhooks};
