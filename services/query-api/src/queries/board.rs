//! Boards over all repositories: pages, members, and the counts beside them.

use std::collections::{BTreeMap, HashMap};

use domain::{
    AccountClass, AccountReference, ClassFilter, ContributionKind, Metric, Period, RankHistogram,
    Standing,
};
use sqlx::{AssertSqlSafe, PgConnection};

use super::places::places;
use super::stored;

/// One place on a board, and who holds it.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) standing: Standing,
    /// The present login; `None` where the account was never named.
    pub(crate) login: Option<String>,
    pub(crate) class: AccountClass,
}

/// What a member did on a board.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemberCounts {
    pub(crate) score: i64,
    pub(crate) counts: BTreeMap<ContributionKind, i64>,
}

/// The identity of a board over all repositories.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GlobalBoard {
    pub(crate) period: Period,
    pub(crate) metric: Metric,
    pub(crate) class: ClassFilter,
}

#[derive(sqlx::FromRow)]
struct BoardRow {
    contributor: String,
    login: Option<String>,
    class: String,
    value: i64,
    merged: i64,
    reviews: i64,
}

impl TryFrom<BoardRow> for Placed {
    type Error = sqlx::Error;

    fn try_from(row: BoardRow) -> Result<Self, sqlx::Error> {
        let class = AccountClass::from_stored(&row.class);
        Ok(Self {
            class: stored(class, "class", &row.class)?,
            login: row.login,
            standing: Standing {
                contributor: AccountReference::from_stored(row.contributor),
                value: row.value,
                merged: row.merged,
                reviews: row.reviews,
            },
        })
    }
}

/// The classes of a filter as a parameter of a query.
pub(crate) fn class_names(class: ClassFilter) -> Vec<String> {
    let names = class
        .classes()
        .iter()
        .map(|class| class.as_str().to_owned());
    names.collect()
}

/// A place before every other: what comes after it is the first page.
fn top() -> Standing {
    Standing {
        contributor: AccountReference::from_stored(String::new()),
        value: i64::MAX,
        merged: i64::MAX,
        reviews: i64::MAX,
    }
}

/// The rows after a place, in board order; from the top where none is given.
pub(crate) async fn rows_after(
    connection: &mut PgConnection,
    board: GlobalBoard,
    after: Option<&Standing>,
    limit: i64,
) -> Result<Vec<Placed>, sqlx::Error> {
    let top = top();
    let query = include_str!("board_after.sql");
    let rows = rows(connection, board, query, after.unwrap_or(&top), limit).await?;
    rows.into_iter().map(Placed::try_from).collect()
}

/// The rows just before a place, in board order.
pub(crate) async fn rows_before(
    connection: &mut PgConnection,
    board: GlobalBoard,
    before: &Standing,
    limit: i64,
) -> Result<Vec<Placed>, sqlx::Error> {
    let query = include_str!("board_before.sql");
    let rows = rows(connection, board, query, before, limit).await?;
    rows.into_iter().rev().map(Placed::try_from).collect()
}

/// Runs one of the two queries of a board. The metric is a column of its own,
/// with an index of its own, so it is part of the statement's text.
async fn rows(
    connection: &mut PgConnection,
    board: GlobalBoard,
    query: &str,
    place: &Standing,
    limit: i64,
) -> Result<Vec<BoardRow>, sqlx::Error> {
    let Some(number) = board_number(connection, board.period).await? else {
        return Ok(Vec::new());
    };
    // A metric's name is one of ours, never a text that someone sent.
    let query = AssertSqlSafe(query.replace("{metric}", board.metric.as_str()));
    sqlx::query_as(query)
        .bind(number)
        .bind(class_names(board.class))
        .bind(place.value)
        .bind(place.merged)
        .bind(place.reviews)
        .bind(place.contributor.as_str())
        .bind(limit)
        .fetch_all(connection)
        .await
}

/// The number that the board of a period goes by; `None` where nothing ever
/// counted.
pub(super) async fn board_number(
    connection: &mut PgConnection,
    period: Period,
) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT board FROM boards WHERE scope = 'global' AND period = $1",
        period.to_string(),
    )
    .fetch_optional(connection)
    .await
}

/// Number of members of each period's board.
pub(crate) async fn members(
    connection: &mut PgConnection,
    metric: Metric,
    class: ClassFilter,
    periods: &[Period],
) -> Result<HashMap<String, i64>, sqlx::Error> {
    let periods: Vec<String> = periods.iter().map(Period::to_string).collect();
    let rows = sqlx::query!(
        r#"
        SELECT period, sum(members)::bigint AS "members!"
        FROM boards JOIN rank_histogram USING (board)
        WHERE scope = 'global' AND period = ANY ($1) AND metric = $2::text::board_metric
          AND class = ANY ($3::text[]::account_class[]) AND level = 0
        GROUP BY period
        "#,
        &periods,
        metric.as_str(),
        &class_names(class),
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.period, row.members))
        .collect())
}

/// What some contributors did on the board of a period, by contributor.
pub(crate) async fn member_counts(
    connection: &mut PgConnection,
    period: Period,
    contributors: &[String],
) -> Result<HashMap<String, MemberCounts>, sqlx::Error> {
    let rows = places(connection, contributors, &[period]).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let counts = MemberCounts {
                score: row.value(Metric::Score),
                counts: row.counts(),
            };
            (row.contributor, counts)
        })
        .collect())
}

/// What some contributors did on the board of a period, with their classes;
/// those who are not on it are left out.
pub(crate) async fn members_of(
    connection: &mut PgConnection,
    period: Period,
    contributors: &[String],
) -> Result<Vec<(AccountReference, AccountClass, MemberCounts)>, sqlx::Error> {
    let rows = places(connection, contributors, &[period]).await?;
    let members = rows.into_iter().map(|row| {
        let class = stored(AccountClass::from_stored(&row.class), "class", &row.class)?;
        let counts = MemberCounts {
            score: row.value(Metric::Score),
            counts: row.counts(),
        };
        let contributor = AccountReference::from_stored(row.contributor);
        Ok((contributor, class, counts))
    });
    members.collect()
}

/// What a whole board comes to in a metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Total {
    pub(crate) members: i64,
    pub(crate) value: i64,
}

/// What the board of a period comes to, in every metric that anybody has a
/// value in. The last level of the histogram holds the values themselves, so
/// no row of a contributor is read.
pub(crate) async fn totals(
    connection: &mut PgConnection,
    period: Period,
    class: ClassFilter,
) -> Result<HashMap<Metric, Total>, sqlx::Error> {
    let Some(number) = board_number(connection, period).await? else {
        return Ok(HashMap::new());
    };
    let rows = sqlx::query!(
        r#"
        SELECT metric::text AS "metric!", sum(members)::bigint AS "members!",
               sum(members * prefix)::bigint AS "value!"
        FROM rank_histogram
        WHERE board = $1 AND metric = ANY (enum_range(NULL::board_metric))
          AND class = ANY ($2::text[]::account_class[]) AND level = $3
        GROUP BY metric
        "#,
        number,
        &class_names(class),
        i16::from(RankHistogram::WHOLE_VALUES),
    );
    let rows = rows.fetch_all(connection).await?.into_iter();
    let totals = rows.map(|row| {
        let metric = stored(row.metric.parse().ok(), "metric", &row.metric)?;
        let total = Total {
            members: row.members,
            value: row.value,
        };
        Ok((metric, total))
    });
    totals.collect()
}

/// The places of one contributor on the boards of some periods, by period;
/// none where there is no value in the metric.
pub(crate) async fn standings_of(
    connection: &mut PgConnection,
    contributor: &AccountReference,
    metric: Metric,
    periods: &[Period],
) -> Result<HashMap<String, Standing>, sqlx::Error> {
    let rows = places(connection, &[contributor.to_string()], periods).await?;
    let standings = rows.into_iter().filter_map(|row| {
        let standing = row.standing(metric)?;
        Some((row.period, standing))
    });
    Ok(standings.collect())
}

/// The places of some contributors on the board of a period, of those who have
/// a value in the metric.
pub(crate) async fn standings_of_all(
    connection: &mut PgConnection,
    contributors: &[AccountReference],
    metric: Metric,
    period: Period,
) -> Result<Vec<Standing>, sqlx::Error> {
    let contributors: Vec<String> = contributors.iter().map(ToString::to_string).collect();
    let rows = places(connection, &contributors, &[period]).await?;
    Ok(rows.iter().filter_map(|row| row.standing(metric)).collect())
}
