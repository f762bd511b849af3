//! The boards over all repositories: a row for each contributor of a period,
//! with the value of every metric.

mod changes;
mod directory;
mod histogram;
mod rows;
mod values;

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{AccountClass, AccountReference, Metric, Period};
use sqlx::PgConnection;

use super::classes;
use super::daily::ScoreChanges;
use crate::ProjectionError;
pub(super) use changes::forget as forget_changes;
pub(super) use directory::Directory;
use histogram::Histogram;
use rows::{Row, Seat};
pub(super) use values::Values;

/// Applies changes of scores, and of the classes of accounts.
pub(super) async fn apply(
    transaction: &mut PgConnection,
    directory: &mut Directory,
    scores: ScoreChanges,
    reclassified: &[AccountReference],
) -> Result<(), ProjectionError> {
    let mut places = scores;
    let also = places_of(transaction, reclassified).await?.into_iter();
    places.extend(also.map(|place| (place, Values::default())));
    if places.is_empty() {
        return Ok(());
    }
    directory.ensure(transaction, &places).await?;
    let (seats, changes) = seats_of(places, directory);
    changes::remember(transaction, seats.iter()).await?;
    let before = rows::take(transaction, &seats).await?;
    write(transaction, &seats, changes, before).await
}

/// Writes boards that are empty so far.
pub(super) async fn fill(
    transaction: &mut PgConnection,
    directory: &mut Directory,
    places: ScoreChanges,
) -> Result<(), ProjectionError> {
    directory.ensure(transaction, &places).await?;
    let (seats, values) = seats_of(places, directory);
    write(transaction, &seats, values, std::iter::empty()).await
}

/// Takes everybody off all boards.
pub(super) async fn clear(transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM board_rows")
        .execute(&mut *transaction)
        .await?;
    sqlx::query!("DELETE FROM rank_histogram")
        .execute(transaction)
        .await?;
    Ok(())
}

/// Writes what stands at seats after a change of what stood there before; none of
/// their rows is there.
async fn write(
    transaction: &mut PgConnection,
    seats: &[Seat],
    changes: Vec<Values>,
    before: impl IntoIterator<Item = Option<Row>>,
) -> Result<(), ProjectionError> {
    let classes = classes_of(transaction, seats).await?;
    let before = before.into_iter().chain(std::iter::repeat(None));
    let mut histogram = Histogram::default();
    let mut rows = Vec::with_capacity(seats.len());
    for ((seat, change), old) in seats.iter().zip(changes).zip(before) {
        let old = old.unwrap_or_default();
        let class = classes.get(&seat.1).copied().unwrap_or_default();
        let mut new = Row { class, ..old };
        new.values += change;
        for metric in Metric::ALL {
            move_member(&mut histogram, seat.0, metric, &old, &new);
        }
        if !new.values.is_zero() {
            rows.push((seat, new));
        }
    }
    rows::insert(transaction, &rows).await?;
    histogram.write(transaction).await
}

/// What is added at each seat, in the order of the primary key, for the sake of
/// its pages and of locks.
fn seats_of(places: ScoreChanges, directory: &Directory) -> (Vec<Seat>, Vec<Values>) {
    let mut added: Vec<(Seat, Values)> = places
        .into_iter()
        .filter_map(|((period, contributor), values)| {
            Some(((directory.number(period)?, contributor), values))
        })
        .collect();
    added.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    added.dedup_by(|(seat, later), (before, values)| {
        let is_same = seat == before;
        if is_same {
            *values += *later;
        }
        is_same
    });
    added.into_iter().unzip()
}

/// Moves a contributor in the histogram. Who has no value in a metric is not
/// on its board.
fn move_member(histogram: &mut Histogram, board: i32, metric: Metric, old: &Row, new: &Row) {
    let (before, now) = (old.values[metric], new.values[metric]);
    if before == now && old.class == new.class {
        return;
    }
    if before != 0 {
        histogram.add(board, metric, old.class, before, -1);
    }
    if now != 0 {
        histogram.add(board, metric, new.class, now, 1);
    }
}

/// All places of the accounts that turned out to be of another class.
async fn places_of(
    transaction: &mut PgConnection,
    reclassified: &[AccountReference],
) -> Result<Vec<(Period, AccountReference)>, sqlx::Error> {
    if reclassified.is_empty() {
        return Ok(Vec::new());
    }
    let contributors: Vec<String> = reclassified.iter().map(ToString::to_string).collect();
    let rows = sqlx::query!(
        "SELECT DISTINCT contributor, day FROM daily_counts WHERE contributor = ANY($1)",
        &contributors,
    )
    .fetch_all(transaction)
    .await?;
    let places = |contributor: String, day: NaiveDate| {
        let contributor = AccountReference::from_stored(contributor);
        Period::containing(day).map(move |period| (period, contributor.clone()))
    };
    Ok(rows
        .into_iter()
        .flat_map(|row| places(row.contributor, row.day))
        .collect())
}

/// The present classes of those contributors who are not people.
async fn classes_of(
    transaction: &mut PgConnection,
    seats: &[Seat],
) -> Result<HashMap<AccountReference, AccountClass>, ProjectionError> {
    let mut contributors: Vec<&AccountReference> = seats.iter().map(|(_, who)| who).collect();
    contributors.sort_unstable();
    contributors.dedup();
    let contributors: Vec<String> = contributors.into_iter().map(ToString::to_string).collect();
    classes::of(transaction, &contributors).await
}
