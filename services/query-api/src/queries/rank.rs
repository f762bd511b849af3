//! The rank of one contributor on a board over all repositories, by one
//! statement.

use domain::{AccountClass, AccountReference, ClassFilter, Metric, Period};
use sqlx::{AssertSqlSafe, PgConnection};

use super::board::class_names;
use super::stored;
use crate::ranks::Rank;

/// How a contributor is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Login(String),
    /// A reference, which may stand for another.
    Reference(AccountReference),
}

#[derive(sqlx::FromRow)]
struct RankRow {
    account: String,
    class: String,
    value: i64,
    above: i64,
    members: i64,
}

/// Who was found, and where they stand; nobody where nothing is known of them.
pub(crate) async fn rank_of(
    connection: &mut PgConnection,
    asked: &Asked,
    (period, metric, class): (Period, Metric, ClassFilter),
) -> Result<Option<(AccountReference, Rank)>, sqlx::Error> {
    let (login, reference) = match asked {
        Asked::Login(login) => (Some(login.as_str()), None),
        Asked::Reference(reference) => (None, Some(reference.as_str())),
    };
    // A metric's name is one of ours, never a text that someone sent.
    let query = include_str!("rank.sql").replace("{metric}", metric.as_str());
    let row: Option<RankRow> = sqlx::query_as(AssertSqlSafe(query))
        .bind(login)
        .bind(reference)
        .bind(period.to_string())
        .bind(class_names(class))
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let own = stored(AccountClass::from_stored(&row.class), "class", &row.class)?;
    let is_member = row.value > 0 && class.classes().contains(&own);
    let rank = Rank {
        class: own,
        value: row.value,
        rank: is_member.then(|| row.above.unsigned_abs() + 1),
        members: row.members.unsigned_abs(),
    };
    Ok(Some((AccountReference::from_stored(row.account), rank)))
}
