//! The projections: what the messages of a stream mean for the read models.

mod circuits;
mod contributions;
mod costs;
mod coverage;
mod dead_letters;
mod decisions;
mod job_steps;
mod jobs;
mod queues;
mod schedule;
mod storable;
mod tracking;

use std::future::Future;

use event_log::{Delivered, LogStream};
use events::{Envelope, Event};
use postgres::{Generation, GenerationPool};
use sqlx::PgConnection;

use self::storable::storable;
use crate::ProjectionError;

pub use contributions::Contributions;
pub(crate) use contributions::policies;
pub use contributions::{leave_boards_out, make_boards};
pub use costs::Costs;
pub use coverage::Coverage;
pub use dead_letters::DeadLetters;
pub use decisions::Decisions;
pub use jobs::Jobs;
pub use schedule::Schedule;
pub use tracking::Tracking;

/// Every projection there is, with the stream it follows.
pub(crate) const PROJECTIONS: [(&str, LogStream); 8] = [
    (Contributions::NAME, Contributions::STREAM),
    (Costs::NAME, Costs::STREAM),
    (Coverage::NAME, Coverage::STREAM),
    (DeadLetters::NAME, DeadLetters::STREAM),
    (Decisions::NAME, Decisions::STREAM),
    (Jobs::NAME, Jobs::STREAM),
    (Schedule::NAME, Schedule::STREAM),
    (Tracking::NAME, Tracking::STREAM),
];

/// The tables of each projection that names its own.
const NAMED_TABLES: [(&str, &[&str]); 6] = [
    (Costs::NAME, Costs::TABLES),
    (Coverage::NAME, Coverage::TABLES),
    (DeadLetters::NAME, DeadLetters::TABLES),
    (Jobs::NAME, Jobs::TABLES),
    (Schedule::NAME, Schedule::TABLES),
    (Tracking::NAME, Tracking::TABLES),
];

/// Whether the tables of a projection are in a generation.
pub(crate) fn is_held(generation: &Generation, projection: &str) -> bool {
    generation.holds(home_of(projection))
}

/// The projection that another's tables belong to: itself, or the one that it
/// shares them with. Those are rebuilt and exchanged together.
pub(crate) fn home_of(projection: &str) -> &str {
    if projection == Decisions::NAME {
        Decisions::BELONGS_TO
    } else {
        projection
    }
}

/// The projection that writes a table.
pub(crate) fn writer_of(table: &str) -> &'static str {
    let named = NAMED_TABLES
        .iter()
        .find(|(_, tables)| tables.contains(&table));
    named.map_or(Contributions::NAME, |(name, _)| name)
}

/// The condition that only rows of a table meet which have an effect.
pub(crate) fn effective_rows_of(table: &str) -> &'static str {
    let stated = [
        Contributions::EFFECTIVE_ROWS,
        Costs::EFFECTIVE_ROWS,
        Coverage::EFFECTIVE_ROWS,
        DeadLetters::EFFECTIVE_ROWS,
        Jobs::EFFECTIVE_ROWS,
        Schedule::EFFECTIVE_ROWS,
        Tracking::EFFECTIVE_ROWS,
    ];
    let mut stated = stated.iter().flat_map(|rows| rows.iter());
    let found = stated.find(|(stated, _)| *stated == table);
    found.map_or("true", |(_, condition)| condition)
}

/// The name of the stream that a projection follows.
pub(crate) fn stream_of(projection: &str) -> &'static str {
    let known = PROJECTIONS.iter().find(|(name, _)| *name == projection);
    known.map_or("", |(_, stream)| stream.name())
}

/// Messages of a batch that are no event this version can read: their places
/// in the batch, with the reasons.
pub type Unreadable = Vec<(usize, String)>;

/// A read model, or several that must agree, as a function of one stream.
pub trait Projection: Send + 'static {
    /// The projection's name: the key of its checkpoint.
    const NAME: &'static str;
    /// The stream it follows.
    const STREAM: LogStream;
    /// The tables it alone writes; empty for the projection that writes all
    /// tables which no other names.
    const TABLES: &'static [&'static str];
    /// The projection whose tables it shares, where it has none of its own.
    const BELONGS_TO: &'static str = Self::NAME;
    /// Tables in which rows without effect may be left that hang on how the
    /// log happened to be cut into batches, with a condition for those that
    /// have an effect: `here` is the row, `{schema}` where its generation is.
    const EFFECTIVE_ROWS: &'static [(&'static str, &'static str)] = &[];
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
        _home: &GenerationPool,
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

    /// Takes note of messages that are set aside, within the transaction that
    /// does so: nothing of what they say is applied.
    fn set_aside(
        &mut self,
        _transaction: &mut PgConnection,
        _batch: &[Delivered],
    ) -> impl Future<Output = Result<(), ProjectionError>> + Send {
        std::future::ready(Ok(()))
    }

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
        match Envelope::decode(&storable(&message.payload)).map(|envelope| known(envelope.event)) {
            Ok(Some(event)) => events.push((message.sequence, event)),
            Ok(None) => unreadable.push((place, format!("not a {what}"))),
            Err(error) => unreadable.push((place, error.to_string())),
        }
    }
    (events, unreadable)
}
