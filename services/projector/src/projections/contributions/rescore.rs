//! Scoring all stored boards by another policy, from the counts: the log is not
//! read, and readers see the old scores until the new ones are committed.

use domain::{Metric, Policy};
use postgres::NewRows;
use sqlx::PgConnection;

use super::boards::{self, Directory};
use super::daily::ScoreChanges;
use super::scoring::Scoring;
use crate::ProjectionError;

/// Scores every place on the stored boards by a policy.
pub(super) async fn rescore(
    transaction: &mut PgConnection,
    policy: &Policy,
    directory: &mut Directory,
) -> Result<(), ProjectionError> {
    sqlx::raw_sql(
        "CREATE TEMPORARY TABLE new_scores (
             board integer NOT NULL, contributor text COLLATE \"C\" NOT NULL, score bigint NOT NULL
         )",
    )
    .execute(&mut *transaction)
    .await?;
    let mut scoring = Scoring::begin(transaction, policy).await?;
    while let Some(places) = scoring.next(transaction).await? {
        write(transaction, directory, places).await?;
    }
    sqlx::raw_sql(include_str!("rescore.sql"))
        .execute(&mut *transaction)
        .await?;
    boards::forget_changes(transaction).await?;
    Ok(())
}

async fn write(
    transaction: &mut PgConnection,
    directory: &mut Directory,
    places: ScoreChanges,
) -> Result<(), ProjectionError> {
    directory.ensure(transaction, &places).await?;
    let mut new = NewRows::new(
        transaction,
        "new_scores",
        &["board", "contributor", "score"],
    );
    for ((period, contributor), values) in places {
        if let Some(board) = directory.number(period) {
            new.row()
                .await?
                .field(board)
                .field(contributor.as_str())
                .field(values[Metric::Score]);
        }
    }
    Ok(new.insert().await?)
}
