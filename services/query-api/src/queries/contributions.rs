//! Single contributions: what a score is made of, and where each comes from.

use std::collections::HashMap;

use chrono::{DateTime, NaiveTime, Utc};
use domain::{
    AccountReference, ContributionKind, Lines, Period, RepositoryReference, Scorable,
    SightingRecord,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::stored;

/// A contribution as far as the rules look at it.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    pub(crate) id: Uuid,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) scorable: Scorable,
}

/// Where a contribution comes from.
#[derive(Clone, Debug)]
pub(crate) struct ContributionDetails {
    pub(crate) id: Uuid,
    pub(crate) semantic_key: String,
    pub(crate) basis: String,
    pub(crate) quantity: Option<i32>,
    pub(crate) additions: Option<i32>,
    pub(crate) deletions: Option<i32>,
    pub(crate) sightings: sqlx::types::Json<Vec<SightingRecord>>,
    pub(crate) repository: String,
    pub(crate) repository_name: Option<String>,
}

/// The instants a period begins and ends at; `None` for all time.
pub(crate) fn instants(period: Period) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let days = period.days().unzip();
    let instant = |day: chrono::NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    (days.0.map(instant), days.1.map(instant))
}

/// Everything that counts for a contributor in a period and in the given
/// repositories (`None`: all), in the order that fills the caps.
pub(crate) async fn counted_contributions(
    connection: &mut PgConnection,
    contributor: &AccountReference,
    repositories: Option<&[String]>,
    period: Period,
) -> Result<Vec<Counted>, sqlx::Error> {
    let (first, end) = instants(period);
    let rows = sqlx::query_file!(
        "src/queries/explained_contributions.sql",
        contributor.as_str(),
        repositories,
        first,
        end,
    );
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter()
        .map(|row| {
            let kind: ContributionKind = stored(row.kind.parse().ok(), "kind", &row.kind)?;
            Ok(Counted {
                id: row.id,
                occurred_at: row.occurred_at,
                scorable: Scorable {
                    repository: RepositoryReference::from_stored(row.repository),
                    kind,
                    day: row.occurred_at.date_naive(),
                    quantity: row.counted.unsigned_abs(),
                    lines: lines(row.additions, row.deletions),
                },
            })
        })
        .collect()
}

/// Lines, unknown only where neither number is known.
fn lines(additions: Option<i32>, deletions: Option<i32>) -> Option<Lines> {
    (additions.is_some() || deletions.is_some()).then(|| Lines {
        additions: additions.unwrap_or(0).unsigned_abs(),
        deletions: deletions.unwrap_or(0).unsigned_abs(),
    })
}

/// Where some contributions come from, in no particular order.
pub(crate) async fn details_of(
    connection: &mut PgConnection,
    ids: &[Uuid],
    instants: &[DateTime<Utc>],
) -> Result<Vec<ContributionDetails>, sqlx::Error> {
    sqlx::query_file_as!(
        ContributionDetails,
        "src/queries/contribution_details.sql",
        ids,
        instants,
    )
    .fetch_all(connection)
    .await
}

/// Contributions nobody is credited for yet in the repositories a contributor
/// works in: some of them may turn out to be theirs.
pub(crate) async fn pending_near(
    connection: &mut PgConnection,
    contributor: &AccountReference,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "pending!"
        FROM contribution_events
        WHERE contributor IS NULL AND NOT superseded
          AND repository IN (SELECT repository FROM daily_counts WHERE contributor = $1)
        "#,
        contributor.as_str(),
    )
    .fetch_one(connection)
    .await
}

/// Contributions to a repository that nobody is credited for yet.
pub(crate) async fn pending_in(
    connection: &mut PgConnection,
    repository: &RepositoryReference,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "pending!"
        FROM contribution_events
        WHERE contributor IS NULL AND NOT superseded AND repository = $1
        "#,
        repository.as_str(),
    )
    .fetch_one(connection)
    .await
}

/// Who some contributions are credited to: nobody yet where the credit is
/// pending, and nothing is said of those that are not known.
pub(crate) async fn credited_to(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Option<AccountReference>>, sqlx::Error> {
    let rows = sqlx::query_file!("src/queries/credited.sql", ids);
    let rows = rows.fetch_all(connection).await?.into_iter();
    Ok(rows
        .map(|row| (row.id, row.contributor.map(AccountReference::from_stored)))
        .collect())
}
