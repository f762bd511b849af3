//! The projections: what the messages of a stream mean for the read models.

mod contributions;
mod costs;
mod coverage;
mod dead_letters;
mod jobs;
mod schedule;
mod tracking;

use std::future::Future;

use event_log::{Delivered, LogStream};
use events::{Envelope, Event};
use sqlx::{PgConnection, PgPool};

use crate::ProjectionError;

pub use contributions::Contributions;
pub use costs::Costs;
pub use coverage::Coverage;
pub use dead_letters::DeadLetters;
pub use jobs::Jobs;
pub use schedule::Schedule;
pub use tracking::Tracking;

/// Messages of a batch that are no event this version can read: their places
/// in the batch, with the reasons.
pub type Unreadable = Vec<(usize, String)>;

/// A read model, or several that must agree, as a function of one stream.
pub trait Projection: Send + 'static {
    /// The projection's name: the key of its checkpoint.
    const NAME: &'static str;
    /// The stream it follows.
    const STREAM: LogStream;
    /// What a batch says.
    type Facts: Send + 'static;

    /// Reads a batch. It hangs on nothing but the batch, so the next batch is
    /// read while the one before is being committed. Returns the messages to
    /// be set aside, too.
    fn read(batch: &[Delivered]) -> (Self::Facts, Unreadable);

    /// Makes ready what a batch needs outside its transaction. Doing it and
    /// then not committing the batch must do no harm.
    fn prepare(
        &mut self,
        _pool: &PgPool,
        _facts: &Self::Facts,
    ) -> impl Future<Output = Result<(), ProjectionError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Applies a batch within its transaction. Applying what was applied
    /// before must change nothing.
    fn apply(
        &mut self,
        transaction: &mut PgConnection,
        facts: Self::Facts,
    ) -> impl Future<Output = Result<(), ProjectionError>> + Send;

    /// Forgets whatever it remembered of transactions that may not have been
    /// committed.
    fn forget(&mut self) {}
}

/// A value as a column of JSON.
fn json(value: &impl serde::Serialize) -> Result<serde_json::Value, sqlx::Error> {
    serde_json::to_value(value).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// The events of a batch that a projection knows, with their sequences; what
/// is none of those is set aside.
fn read_events<E>(
    batch: &[Delivered],
    what: &str,
    known: impl Fn(Event) -> Option<E>,
) -> (Vec<(u64, E)>, Unreadable) {
    let mut events = Vec::new();
    let mut unreadable = Unreadable::new();
    for (place, message) in batch.iter().enumerate() {
        match Envelope::decode(&message.payload).map(|envelope| known(envelope.event)) {
            Ok(Some(event)) => events.push((message.sequence, event)),
            Ok(None) => unreadable.push((place, format!("not a {what}"))),
            Err(error) => unreadable.push((place, error.to_string())),
        }
    }
    (events, unreadable)
}
