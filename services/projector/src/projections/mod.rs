//! The projections: what the messages of a stream mean for the read models.

mod contributions;
mod coverage;
mod dead_letters;

use std::future::Future;

use event_log::{Delivered, LogStream};
use sqlx::{PgConnection, PgPool};

use crate::ProjectionError;

pub use contributions::Contributions;
pub use coverage::Coverage;
pub use dead_letters::DeadLetters;

/// Messages that are no event this version can read, with the reason.
pub(crate) type Unreadable<'a> = Vec<(&'a Delivered, String)>;

/// A read model, or several that must agree, as a function of one stream.
pub trait Projection: Send {
    /// The projection's name: the key of its checkpoint.
    const NAME: &'static str;
    /// The stream it follows.
    const STREAM: LogStream;

    /// Makes ready what a batch needs outside its transaction. Doing it and
    /// then not committing the batch must do no harm.
    fn prepare(
        &mut self,
        _pool: &PgPool,
        _batch: &[Delivered],
    ) -> impl Future<Output = Result<(), ProjectionError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Applies a batch within its transaction. Applying what was applied
    /// before must change nothing. Returns the messages to be set aside.
    fn apply<'a>(
        &mut self,
        transaction: &mut PgConnection,
        batch: &'a [Delivered],
    ) -> impl Future<Output = Result<Unreadable<'a>, ProjectionError>> + Send;

    /// Forgets whatever it remembered of transactions that may not have been
    /// committed.
    fn forget(&mut self) {}
}
