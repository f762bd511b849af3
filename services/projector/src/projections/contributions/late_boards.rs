//! Boards of a generation that is being built: made when it has nearly caught up.
//!
//! A contributor's rows on boards are written anew with each batch that they are in,
//! at random places. Nobody reads a generation that is being built, so what was done
//! is only counted there, and when little of the log is left all boards are made from
//! the counts, each row once.

use sqlx::PgConnection;

use super::boards::{self, Directory};
use super::rules;
use super::scoring::Scoring;
use crate::ProjectionError;

/// Lets the boards of a generation that holds nothing yet be made later.
///
/// # Errors
/// What the database answers.
pub async fn leave_boards_out(transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE counting SET boards_follow = false")
        .execute(transaction)
        .await?;
    Ok(())
}

/// Makes the boards from the counts, unless they follow contributions already, and
/// lets them follow from then on. Whoever changes contributions waits meanwhile.
///
/// # Errors
/// What the database answers, and what is stored there that this version cannot read.
pub async fn make_boards(transaction: &mut PgConnection) -> Result<(), ProjectionError> {
    if rules::lock(transaction).await?.boards_follow {
        return Ok(());
    }
    // A version of the program that knows nothing of this may have written some.
    boards::clear(transaction).await?;
    let policies = rules::policies(transaction).await?;
    let mut directory = Directory::default();
    let mut scoring = Scoring::begin(transaction, policies.general()).await?;
    while let Some(places) = scoring.next(transaction).await? {
        boards::fill(transaction, &mut directory, places).await?;
    }
    boards::forget_changes(transaction).await?;
    sqlx::query!("UPDATE counting SET boards_follow = true")
        .execute(transaction)
        .await?;
    Ok(())
}
