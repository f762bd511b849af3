//! The boards over all repositories: a row for each contributor of a period,
//! with the value of every metric.

mod directory;
mod histogram;
mod rows;
mod values;

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use domain::{AccountClass, AccountReference, Metric, Period};
use sqlx::PgConnection;

use super::daily::ScoreChanges;
use super::names::Classes;
use crate::ProjectionError;
pub(super) use directory::Directory;
use histogram::Histogram;
use rows::{Row, Seat};
pub(super) use values::Values;

/// Applies changes of scores, and of the classes of accounts.
pub(super) async fn apply(
    transaction: &mut PgConnection,
    directory: &mut Directory,
    scores: ScoreChanges,
    classes: &Classes,
) -> Result<(), ProjectionError> {
    let mut places = scores;
    for place in reclassified(transaction, classes).await? {
        places.entry(place).or_default();
    }
    if places.is_empty() {
        return Ok(());
    }
    let periods = places.keys().map(|(period, _)| *period);
    directory.ensure(transaction, periods).await?;
    let mut changes: Vec<(Seat, Values)> = places
        .into_iter()
        .filter_map(|((period, contributor), change)| {
            Some(((directory.number(period)?, contributor), change))
        })
        .collect();
    // In the order of the primary key, for the sake of its pages and of locks.
    changes.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let (seats, changes): (Vec<Seat>, Vec<Values>) = changes.into_iter().unzip();
    let classes = classes_of(transaction, &seats, classes).await?;
    let before = rows::read(transaction, &seats).await?;
    let mut histogram = Histogram::default();
    let mut after: BTreeMap<&Seat, Row> = BTreeMap::new();
    for (seat, change) in seats.iter().zip(changes) {
        let old = before.get(seat).copied().unwrap_or_default();
        let class = classes.get(&seat.1).copied().unwrap_or_default();
        let mut new = Row { class, ..old };
        new.values += change;
        if new == old {
            continue;
        }
        for metric in Metric::ALL {
            move_member(&mut histogram, seat.0, metric, &old, &new);
        }
        after.insert(seat, new);
    }
    let written_before = after.keys().copied().filter(|seat| before.contains_key(*seat));
    rows::delete(transaction, written_before).await?;
    after.retain(|_, row| !row.values.is_zero());
    rows::insert(transaction, after.iter().map(|(seat, row)| (*seat, row))).await?;
    histogram.write(transaction).await
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
async fn reclassified(
    transaction: &mut PgConnection,
    classes: &Classes,
) -> Result<Vec<(Period, AccountReference)>, sqlx::Error> {
    let contributors: Vec<String> = classes
        .iter()
        .filter(|(_, (before, now))| before.is_some_and(|before| before != *now))
        .map(|(account, _)| account.to_string())
        .collect();
    if contributors.is_empty() {
        return Ok(Vec::new());
    }
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

/// The present classes of the contributors.
async fn classes_of(
    transaction: &mut PgConnection,
    seats: &[Seat],
    of_batch: &Classes,
) -> Result<HashMap<AccountReference, AccountClass>, sqlx::Error> {
    let mut classes: HashMap<AccountReference, AccountClass> = of_batch
        .iter()
        .map(|(account, (_, now))| (account.clone(), *now))
        .collect();
    let mut missing: Vec<String> = seats
        .iter()
        .filter(|(_, contributor)| !classes.contains_key(contributor))
        .map(|(_, contributor)| contributor.to_string())
        .collect();
    if missing.is_empty() {
        return Ok(classes);
    }
    missing.sort_unstable();
    missing.dedup();
    let rows = sqlx::query!(
        r#"SELECT account, class::text AS "class!" FROM accounts WHERE account = ANY($1)"#,
        &missing,
    )
    .fetch_all(transaction)
    .await?;
    classes.extend(rows.into_iter().filter_map(|row| {
        let class = AccountClass::from_stored(&row.class)?;
        Some((AccountReference::from_stored(row.account), class))
    }));
    Ok(classes)
}
