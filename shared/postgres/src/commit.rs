//! Committing to the end.

use std::convert::Infallible;
use std::pin::pin;

use sqlx::{Postgres, Transaction};
use tokio::sync::oneshot;

use crate::pool::{ANSWER_LIMIT, within};

/// Commits, and goes on with it when whoever waits for it is told to stop. Given up
/// half way, a transaction that is committed would be rolled back next: Postgres warns
/// of that, and nobody knew whether it holds.
///
/// A database that says nothing any more keeps the connection for a moment longer than
/// somebody waits, so that connections do not get fewer.
///
/// # Errors
/// What the database answers.
pub async fn commit(transaction: Transaction<'static, Postgres>) -> Result<(), sqlx::Error> {
    let (_waiting, left) = oneshot::channel::<Infallible>();
    let committing = tokio::spawn(async move {
        let mut commit = pin!(transaction.commit());
        tokio::select! {
            outcome = &mut commit => outcome,
            _ = left => within(ANSWER_LIMIT, commit).await,
        }
    });
    committing.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
}
