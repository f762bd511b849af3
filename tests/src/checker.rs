//! Checking every read model against the naive model of the counting rules.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use chrono::NaiveDate;
use domain::{
    ClassFilter, ContributionKind, DailyCounts, Metric, Period, Resolution, Scope, Tally,
};
use sqlx::{PgConnection, PgPool, Row};
use uuid::Uuid;

/// Compares contributions, daily counts, boards and the rank histogram with
/// what the tally computes from scratch.
///
/// # Errors
/// The first difference, with both sides.
pub async fn check_read_models(pool: &PgPool, tally: &Tally) -> anyhow::Result<()> {
    Expected::of(tally).check(&mut *pool.acquire().await?).await
}

/// What the read models must say: computed once, checked any number of times.
pub struct Expected {
    contributions: BTreeSet<String>,
    daily_counts: BTreeSet<String>,
    boards: BTreeSet<String>,
    affiliations: BTreeSet<String>,
}

impl Expected {
    /// Computes it from everything that was recorded.
    #[must_use]
    pub fn of(tally: &Tally) -> Self {
        let contributions = tally.contributions();
        let mut counts = DailyCounts::default();
        for resolution in contributions.values() {
            counts.apply(resolution, 1);
        }
        Self {
            contributions: contribution_lines(&contributions),
            daily_counts: daily_lines(&counts),
            boards: board_lines(tally, &counts),
            affiliations: affiliation_lines(tally),
        }
    }

    /// Compares the read models with it.
    ///
    /// # Errors
    /// The first difference, with both sides.
    pub async fn check(&self, connection: &mut PgConnection) -> anyhow::Result<()> {
        check_contributions(connection, &self.contributions).await?;
        check_daily_counts(connection, &self.daily_counts).await?;
        check_boards(connection, &self.boards).await?;
        check_affiliations(connection, &self.affiliations).await?;
        check_histogram(connection).await
    }
}

fn affiliation_lines(tally: &Tally) -> BTreeSet<String> {
    let all = tally.decisions.affiliations.iter();
    let all = all.flat_map(|(account, of)| of.iter().map(move |one| (account, one)));
    all.map(|(account, one)| format!("{account} {:?} {:?} {}", one.from, one.until, one.company))
        .collect()
}

async fn check_affiliations(
    connection: &mut PgConnection,
    expected: &BTreeSet<String>,
) -> anyhow::Result<()> {
    let rows = sqlx::query("SELECT account, from_day, until_day, company FROM affiliations");
    let rows = rows.fetch_all(connection).await?;
    let mut actual = BTreeSet::new();
    for row in rows {
        let account: String = row.try_get("account")?;
        let (from, until): (Option<NaiveDate>, Option<NaiveDate>) =
            (row.try_get("from_day")?, row.try_get("until_day")?);
        let company: String = row.try_get("company")?;
        actual.insert(format!("{account} {from:?} {until:?} {company}"));
    }
    compare("affiliations", expected, &actual)
}

/// Fails with the first few differences between two sets of lines.
fn compare(
    what: &str,
    expected: &BTreeSet<String>,
    actual: &BTreeSet<String>,
) -> anyhow::Result<()> {
    let missing: Vec<&String> = expected.difference(actual).take(5).collect();
    let surplus: Vec<&String> = actual.difference(expected).take(5).collect();
    ensure!(
        missing.is_empty() && surplus.is_empty(),
        "{what} differ ({} expected, {} found); expected but not found: {missing:#?}; \
         found but not expected: {surplus:#?}",
        expected.len(),
        actual.len(),
    );
    Ok(())
}

fn contribution_lines(contributions: &BTreeMap<Uuid, Resolution>) -> BTreeSet<String> {
    contributions
        .iter()
        .map(|(id, found)| {
            let lines = found.lines.map(|lines| (lines.additions, lines.deletions));
            format!(
                "{id} {} {} {} {} {:?} {:?} {} {}",
                found.kind,
                found.repository,
                found.contributor.as_ref().map_or("-", |who| who.as_str()),
                found.basis.as_str(),
                found.quantity,
                lines,
                found.superseded,
                found.occurred_at.to_rfc3339(),
            )
        })
        .collect()
}

async fn check_contributions(
    connection: &mut PgConnection,
    expected: &BTreeSet<String>,
) -> anyhow::Result<()> {
    let rows = sqlx::query("SELECT *, kind::text AS kind_name FROM contribution_events")
        .fetch_all(&mut *connection)
        .await?;
    let unsigned = |value: Option<i32>| value.map(i32::cast_unsigned);
    let actual = rows
        .iter()
        .map(|row| {
            let lines = unsigned(row.get("additions")).zip(unsigned(row.get("deletions")));
            let occurred_at: chrono::DateTime<chrono::Utc> = row.get("occurred_at");
            format!(
                "{} {} {} {} {} {:?} {:?} {} {}",
                row.get::<Uuid, _>("id"),
                row.get::<String, _>("kind_name"),
                row.get::<String, _>("repository"),
                row.get::<Option<String>, _>("contributor")
                    .as_deref()
                    .unwrap_or("-"),
                row.get::<String, _>("basis"),
                unsigned(row.get("quantity")),
                lines,
                row.get::<bool, _>("superseded"),
                occurred_at.to_rfc3339(),
            )
        })
        .collect();
    compare("contributions", expected, &actual)?;
    let identities: i64 = sqlx::query_scalar("SELECT count(*) FROM contribution_identities")
        .fetch_one(connection)
        .await?;
    ensure!(
        identities.cast_unsigned() == expected.len() as u64,
        "{identities} identities"
    );
    Ok(())
}

fn daily_lines(counts: &DailyCounts) -> BTreeSet<String> {
    counts
        .iter()
        .map(|(key, count)| {
            format!(
                "{} {} {} {} {} {} {}",
                key.repository,
                key.contributor,
                key.day,
                key.kind,
                count.quantity,
                count.additions,
                count.deletions
            )
        })
        .collect()
}

async fn check_daily_counts(
    connection: &mut PgConnection,
    expected: &BTreeSet<String>,
) -> anyhow::Result<()> {
    let actual = sqlx::query_scalar::<_, String>(
        "SELECT concat_ws(' ', repository, contributor, day, kind, quantity, additions, deletions)
         FROM daily_counts",
    )
    .fetch_all(connection)
    .await?
    .into_iter()
    .collect();
    compare("daily counts", expected, &actual)
}

/// The rows of all boards. A board of a kind of which nothing was counted has
/// none.
fn board_lines(tally: &Tally, counts: &DailyCounts) -> BTreeSet<String> {
    let policy = tally.decisions.policies.general();
    let kinds: BTreeSet<ContributionKind> = counts.iter().map(|(key, _)| key.kind).collect();
    let metrics = kinds.into_iter().map(Metric::Kind).chain([Metric::Score]);
    let metrics: Vec<Metric> = metrics.collect();
    let days: BTreeSet<_> = counts.iter().map(|(key, _)| key.day).collect();
    let periods: BTreeSet<Period> = days.into_iter().flat_map(Period::containing).collect();
    let mut lines = BTreeSet::new();
    for period in periods {
        for metric in &metrics {
            let board = tally.board(
                counts,
                policy,
                &Scope::Global,
                period,
                *metric,
                ClassFilter::Everyone,
            );
            for (_, standing) in board {
                lines.insert(format!(
                    "{period} {metric} {} {} {} {} {}",
                    standing.contributor,
                    tally.class(&standing.contributor),
                    standing.value,
                    standing.merged,
                    standing.reviews,
                ));
            }
        }
    }
    lines
}

async fn check_boards(
    connection: &mut PgConnection,
    expected: &BTreeSet<String>,
) -> anyhow::Result<()> {
    let actual = sqlx::query_scalar::<_, String>(
        "SELECT concat_ws(' ', period, metric, contributor, class, value,
                          pull_request_merged, pull_request_reviewed)
         FROM boards JOIN board_values USING (board)
         WHERE scope = 'global' AND class <> 'hidden'",
    )
    .fetch_all(connection)
    .await?
    .into_iter()
    .collect();
    compare("board rows", expected, &actual)
}

/// The histogram must say of every level what counting the rows says.
async fn check_histogram(connection: &mut PgConnection) -> anyhow::Result<()> {
    let differing: Vec<String> = sqlx::query_scalar(
        "WITH counted AS (
             SELECT board, metric, class, level::smallint AS level,
                    value >> (6 * (6 - level)) AS prefix, count(*) AS members
             FROM board_values CROSS JOIN generate_series(0, 6) AS level
             GROUP BY 1, 2, 3, 4, 5)
         SELECT concat_ws(' ', board, metric, class, level, prefix, counted.members,
                          kept.members)
         FROM counted FULL JOIN rank_histogram AS kept
              USING (board, metric, class, level, prefix)
         WHERE counted.members IS DISTINCT FROM kept.members LIMIT 5",
    )
    .fetch_all(&mut *connection)
    .await
    .context("comparing the histogram with the rows")?;
    ensure!(
        differing.is_empty(),
        "the rank histogram differs from the rows: {differing:#?}"
    );
    Ok(())
}
