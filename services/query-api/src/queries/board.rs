//! Boards over all repositories: pages, members, and the counts beside them.

use std::collections::{BTreeMap, HashMap};

use domain::{
    AccountClass, AccountReference, ClassFilter, ContributionKind, Metric, Period, Standing,
};
use sqlx::PgConnection;

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
    let after = after.unwrap_or(&top);
    let rows = sqlx::query_file_as!(
        BoardRow,
        "src/queries/board_after.sql",
        board.period.to_string(),
        board.metric.as_str(),
        &class_names(board.class),
        after.value,
        after.merged,
        after.reviews,
        after.contributor.as_str(),
        limit,
    );
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter().map(Placed::try_from).collect()
}

/// The rows just before a place, in board order.
pub(crate) async fn rows_before(
    connection: &mut PgConnection,
    board: GlobalBoard,
    before: &Standing,
    limit: i64,
) -> Result<Vec<Placed>, sqlx::Error> {
    let rows = sqlx::query_file_as!(
        BoardRow,
        "src/queries/board_before.sql",
        board.period.to_string(),
        board.metric.as_str(),
        &class_names(board.class),
        before.value,
        before.merged,
        before.reviews,
        before.contributor.as_str(),
        limit,
    );
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter().rev().map(Placed::try_from).collect()
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
        FROM rank_histogram
        WHERE scope = 'global' AND period = ANY ($1) AND metric = $2
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
    let rows = sqlx::query!(
        r#"
        SELECT contributor, metric, value
        FROM board_rows
        WHERE scope = 'global' AND period = $1 AND contributor = ANY ($2)
        "#,
        period.to_string(),
        contributors,
    );
    let mut found: HashMap<String, MemberCounts> = HashMap::new();
    for row in rows.fetch_all(connection).await? {
        let member = found.entry(row.contributor).or_default();
        match row.metric.parse().ok() {
            Some(Metric::Score) => member.score = row.value,
            Some(Metric::Kind(kind)) => {
                member.counts.insert(kind, row.value);
            }
            None => return stored(None, "metric", &row.metric),
        }
    }
    Ok(found)
}

/// The places of one contributor on the boards of some periods, by period.
pub(crate) async fn standings_of(
    connection: &mut PgConnection,
    contributor: &AccountReference,
    metric: Metric,
    periods: &[Period],
) -> Result<HashMap<String, Standing>, sqlx::Error> {
    let periods: Vec<String> = periods.iter().map(Period::to_string).collect();
    let rows = sqlx::query!(
        r#"
        SELECT period, value, merged, reviews
        FROM board_rows
        WHERE scope = 'global' AND period = ANY ($1) AND contributor = $2 AND metric = $3
        "#,
        &periods,
        contributor.as_str(),
        metric.as_str(),
    );
    let rows = rows.fetch_all(connection).await?;
    let standing = |value, merged, reviews| Standing {
        contributor: contributor.clone(),
        value,
        merged,
        reviews,
    };
    Ok(rows
        .into_iter()
        .map(|row| (row.period, standing(row.value, row.merged, row.reviews)))
        .collect())
}
