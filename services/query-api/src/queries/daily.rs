//! Daily counts, as boards of few repositories and calendars need them.

use chrono::NaiveDate;
use domain::{
    AccountReference, ContributionKind, DailyCount, DailyCounts, DailyKey, Period,
    RepositoryReference,
};
use sqlx::PgConnection;

use super::stored;

/// What is done on no day in particular is put on this one.
const ANY_DAY: NaiveDate = NaiveDate::MIN;

/// What everybody did in some repositories and a period.
///
/// Days are kept only where a rule depends on them, so the result is to be
/// scored over all time.
pub(crate) async fn counts_of_repositories(
    connection: &mut PgConnection,
    repositories: &[String],
    period: Period,
) -> Result<DailyCounts, sqlx::Error> {
    let (first, end) = period.days().unzip();
    let rows = sqlx::query_file!("src/queries/scoped_counts.sql", repositories, first, end);
    let mut counts = DailyCounts::default();
    for row in rows.fetch_all(connection).await? {
        let kind = stored(row.kind.parse().ok(), "kind", &row.kind)?;
        let key = DailyKey {
            repository: RepositoryReference::from_stored(row.repository),
            contributor: AccountReference::from_stored(row.contributor),
            day: row.day.unwrap_or(ANY_DAY),
            kind,
        };
        counts.add(key, count(row.quantity, row.additions, row.deletions));
    }
    Ok(counts)
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
