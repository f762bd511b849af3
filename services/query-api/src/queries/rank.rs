//! The rank of one contributor on a board over all repositories, by one
//! statement.

use domain::{AccountClass, AccountReference, ClassFilter, Metric, Period};
use sqlx::{AssertSqlSafe, PgPool};

use super::board::class_names;
use super::stored;
use crate::ranks::Rank;
use crate::version::DataVersion;

/// How a contributor is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Login(String),
    /// A reference, which may stand for another.
    Reference(AccountReference),
}

#[derive(sqlx::FromRow)]
struct RankRow {
    account: Option<String>,
    class: Option<String>,
    value: i64,
    above: Option<i64>,
    members: Option<i64>,
    contributions: i64,
    others: i64,
}

/// Who was found, where they stand, and the version of the data that says so;
/// nobody where nothing is known of them.
pub(crate) async fn rank_of(
    pool: &PgPool,
    asked: &Asked,
    (period, metric, class): (Period, Metric, ClassFilter),
) -> Result<(DataVersion, Option<(AccountReference, Rank)>), sqlx::Error> {
    let (login, reference) = match asked {
        Asked::Login(login) => (Some(login.as_str()), None),
        Asked::Reference(reference) => (None, Some(reference.as_str())),
    };
    // A metric's name is one of ours, never a text that someone sent.
    let query = include_str!("rank.sql").replace("{metric}", metric.as_str());
    let row: RankRow = sqlx::query_as(AssertSqlSafe(query))
        .bind(login)
        .bind(reference)
        .bind(period.to_string())
        .bind(class_names(class))
        .fetch_one(pool)
        .await?;
    let version = DataVersion {
        contributions: row.contributions,
        others: row.others,
    };
    let Some((account, own)) = row.account.zip(row.class) else {
        return Ok((version, None));
    };
    let own = stored(AccountClass::from_stored(&own), "class", &own)?;
    let is_member = row.value > 0 && class.classes().contains(&own);
    let rank = Rank {
        class: own,
        value: row.value,
        rank: row
            .above
            .filter(|_| is_member)
            .map(|above| above.unsigned_abs() + 1),
        members: row.members.unwrap_or(0).unsigned_abs(),
    };
    let account = AccountReference::from_stored(account);
    Ok((version, Some((account, rank))))
}
