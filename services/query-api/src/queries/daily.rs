//! Daily counts, as boards of few repositories and calendars need them.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    AccountClass, AccountReference, ContributionKind, DailyCount, DailyCounts, DailyKey, Period,
    RepositoryReference,
};
use futures_util::TryStreamExt;
use sqlx::PgConnection;

use super::stored;

/// What somebody did of one kind in a repository; on one day, where a rule
/// depends on it.
#[derive(Clone, Debug)]
pub(crate) struct ScopedCount {
    pub(crate) contributor: AccountReference,
    pub(crate) class: AccountClass,
    pub(crate) repository: RepositoryReference,
    pub(crate) kind: ContributionKind,
    pub(crate) day: Option<NaiveDate>,
    pub(crate) count: DailyCount,
}

/// A row of the two statements below.
struct Row {
    contributor: String,
    repository: String,
    kind: String,
    day: Option<NaiveDate>,
    quantity: i64,
    additions: i64,
    deletions: i64,
    class: String,
}

impl TryFrom<Row> for ScopedCount {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let class = AccountClass::from_stored(&row.class);
        Ok(Self {
            class: stored(class, "class", &row.class)?,
            kind: stored(row.kind.parse().ok(), "kind", &row.kind)?,
            contributor: AccountReference::from_stored(row.contributor),
            repository: RepositoryReference::from_stored(row.repository),
            day: row.day,
            count: count(row.quantity, row.additions, row.deletions),
        })
    }
}

/// Which counts are wanted: of these repositories, or of all, and these days.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) repositories: Option<&'a [String]>,
    pub(crate) period: Period,
}

/// Tells what everybody did, contributor by contributor and repository by
/// repository, in the order of days; of these kinds day by day, of others all
/// together.
pub(crate) async fn each_count(
    connection: &mut PgConnection,
    wanted: Wanted<'_>,
    by_day: &[String],
    mut tell: impl FnMut(ScopedCount),
) -> Result<(), sqlx::Error> {
    let (first, end) = wanted.period.days().unzip();
    let rows = sqlx::query_file_as!(
        Row,
        "src/queries/scoped_counts.sql",
        wanted.repositories,
        first,
        end,
        by_day,
    );
    let mut rows = rows.fetch(connection);
    while let Some(row) = rows.try_next().await? {
        tell(row.try_into()?);
    }
    Ok(())
}

/// As [`each_count`], of some contributors only.
pub(crate) async fn each_count_of(
    connection: &mut PgConnection,
    wanted: Wanted<'_>,
    by_day: &[String],
    contributors: &[String],
    mut tell: impl FnMut(ScopedCount),
) -> Result<(), sqlx::Error> {
    let (first, end) = wanted.period.days().unzip();
    let rows = sqlx::query_file_as!(
        Row,
        "src/queries/counts_of_some.sql",
        wanted.repositories,
        first,
        end,
        contributors,
        by_day,
    );
    let mut rows = rows.fetch(connection);
    while let Some(row) = rows.try_next().await? {
        tell(row.try_into()?);
    }
    Ok(())
}

/// The first and the last day in a period on which some contributors did
/// anything, whichever repository it was in.
pub(crate) async fn active_days(
    connection: &mut PgConnection,
    period: Period,
    contributors: &[String],
) -> Result<HashMap<AccountReference, (NaiveDate, NaiveDate)>, sqlx::Error> {
    let (first, end) = period.days().unzip();
    let rows = sqlx::query_file!("src/queries/active_days.sql", contributors, first, end);
    let rows = rows.fetch_all(connection).await?.into_iter();
    let days = rows.map(|row| {
        let contributor = AccountReference::from_stored(row.contributor);
        (contributor, (row.first, row.last))
    });
    Ok(days.collect())
}

/// What one contributor did in a period, by repository.
pub(crate) async fn counts_of_contributor(
    connection: &mut PgConnection,
    contributor: &AccountReference,
    period: Period,
) -> Result<DailyCounts, sqlx::Error> {
    let (first, end) = period.days().unzip();
    let rows = sqlx::query!(
        r#"
        SELECT repository, day, kind::text AS "kind!", quantity, additions, deletions
        FROM daily_counts
        WHERE contributor = $1
          AND ($2::date IS NULL OR day >= $2) AND ($3::date IS NULL OR day < $3)
        "#,
        contributor.as_str(),
        first,
        end,
    );
    let mut counts = DailyCounts::default();
    for row in rows.fetch_all(connection).await? {
        let kind: ContributionKind = stored(row.kind.parse().ok(), "kind", &row.kind)?;
        let key = DailyKey {
            repository: RepositoryReference::from_stored(row.repository),
            contributor: contributor.clone(),
            day: row.day,
            kind,
        };
        counts.add(key, count(row.quantity, row.additions, row.deletions));
    }
    Ok(counts)
}

fn count(quantity: i64, additions: i64, deletions: i64) -> DailyCount {
    DailyCount {
        quantity,
        additions,
        deletions,
    }
}

/// How much a contributor did on each day of a span, both ends included.
pub(crate) async fn activity(
    connection: &mut PgConnection,
    contributor: &AccountReference,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<(NaiveDate, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT day, sum(quantity)::bigint AS "quantity!"
        FROM daily_counts
        WHERE contributor = $1 AND day BETWEEN $2 AND $3
        GROUP BY day
        ORDER BY day
        "#,
        contributor.as_str(),
        first,
        last,
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.day, row.quantity))
        .collect())
}

/// Days in spans of equal length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DaySpans {
    pub(crate) first: NaiveDate,
    /// The first day after all of them.
    pub(crate) end: NaiveDate,
    /// Days in a span; the last may have fewer.
    pub(crate) length: i32,
}

/// How much of some kinds these contributors did, span by span: who, the
/// number of the span, and how much.
pub(crate) async fn counts_by_span(
    connection: &mut PgConnection,
    repositories: Option<&[String]>,
    contributors: &[String],
    kinds: &[String],
    spans: DaySpans,
) -> Result<Vec<(String, i32, i64)>, sqlx::Error> {
    let rows = sqlx::query_file!(
        "src/queries/counts_by_span.sql",
        repositories,
        contributors,
        spans.first,
        spans.end,
        spans.length,
        kinds,
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.contributor, row.span, row.quantity))
        .collect())
}

/// The last day a contributor did anything before the end of a period.
pub(crate) async fn last_active_day(
    connection: &mut PgConnection,
    contributor: &AccountReference,
    period: Period,
) -> Result<Option<NaiveDate>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT max(day) FROM daily_counts WHERE contributor = $1 AND ($2::date IS NULL OR day < $2)",
        contributor.as_str(),
        period.days().map(|(_, end)| end),
    )
    .fetch_one(connection)
    .await
}
