//! The values of one metric on a board over all repositories.

use domain::{AccountClass, AccountReference, ClassFilter, Metric, Period};
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::board::{board_number, members as members_of};
use super::stored;

/// A contributor's value; 0 where there is none.
pub(crate) struct RankRow {
    pub(crate) contributor: AccountReference,
    pub(crate) class: AccountClass,
    pub(crate) value: i64,
}

/// A board of every class.
type BoardName = (Period, Metric);

/// How many have a value.
pub(crate) async fn members(
    connection: &mut PgConnection,
    (period, metric): BoardName,
) -> Result<u64, sqlx::Error> {
    let counted = members_of(connection, metric, ClassFilter::Everyone, &[period]).await?;
    Ok(counted.into_values().sum::<i64>().unsigned_abs())
}

/// Tells everyone who has a value, in no order. The board is never in memory
/// as a whole.
pub(crate) async fn each(
    connection: &mut PgConnection,
    (period, metric): BoardName,
    mut tell: impl FnMut(RankRow),
) -> Result<(), sqlx::Error> {
    let Some(number) = board_number(connection, period).await? else {
        return Ok(());
    };
    let query = "SELECT contributor, class::text, {metric} AS value FROM board_rows
                 WHERE board = $1 AND {metric} <> 0";
    // A metric's name is one of ours, never a text that someone sent.
    let query = AssertSqlSafe(query.replace("{metric}", metric.as_str()));
    let mut rows = sqlx::query(query).bind(number).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let class: &str = row.try_get("class")?;
        let contributor: &str = row.try_get("contributor")?;
        tell(RankRow {
            contributor: AccountReference::from_stored(contributor),
            class: stored(AccountClass::from_stored(class), "class", class)?,
            value: row.try_get("value")?,
        });
    }
    Ok(())
}

/// The values of some contributors, also of those who have none.
pub(crate) async fn of(
    connection: &mut PgConnection,
    (period, metric): BoardName,
    contributors: &[String],
) -> Result<Vec<RankRow>, sqlx::Error> {
    let number = board_number(connection, period).await?;
    let query = "SELECT wanted.contributor, place.class, coalesce(place.value, 0) AS value
                 FROM unnest($2::text[]) AS wanted (contributor)
                 LEFT JOIN LATERAL (
                     SELECT class::text, {metric} AS value FROM board_rows AS stored
                     WHERE stored.board = $1 AND stored.contributor = wanted.contributor
                     OFFSET 0) AS place ON true";
    let query = AssertSqlSafe(query.replace("{metric}", metric.as_str()));
    let rows = sqlx::query(query).bind(number).bind(contributors);
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter()
        .map(|row| {
            let contributor: &str = row.try_get("contributor")?;
            let class: Option<&str> = row.try_get("class")?;
            let class = class.map(|class| stored(AccountClass::from_stored(class), "class", class));
            Ok(RankRow {
                contributor: AccountReference::from_stored(contributor),
                class: class.transpose()?.unwrap_or_default(),
                value: row.try_get("value")?,
            })
        })
        .collect()
}
