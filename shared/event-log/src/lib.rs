//! The event log on NATS `JetStream`: the only crate that names its client.
//!
//! Streams are declared from the files in `nats/streams/`. Publishing returns
//! when everything is acknowledged; a subscription starts after a sequence,
//! delivers in order, and ends with an error rather than with a gap.

mod append;
mod batch;
mod book;
mod copy;
mod durable;
mod encryption;
mod erasure;
mod error;
mod log;
mod publisher;
mod state;
mod stream;
mod subscription;
mod trace;

pub use append::{Appended, Recorded};
pub use book::Book;
pub use copy::StreamCopy;
pub use durable::{Durable, DurableSettings, Unacknowledged};
pub use encryption::Encryption;
pub use erasure::ERASURE_KNOWN_WITHIN;
pub use error::LogError;
pub use log::{EventLog, LogSettings};
pub use publisher::{Published, Publisher};
pub use state::StreamState;
pub use stream::LogStream;
pub use subscription::{Backlog, Delivered, Subscription};
