//! Checking every read model against the naive model of the counting rules.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use domain::{ClassFilter, ContributionKind, Metric, Period, Policy, Scope, Tally};
use sqlx::{PgPool, Row};
use uuid::Uuid;

/// Compares contributions, daily counts, boards and the rank histogram with
/// what the tally computes from scratch.
///
/// # Errors
/// The first difference, with both sides.
pub async fn check_read_models(pool: &PgPool, tally: &Tally) -> anyhow::Result<()> {
    check_contributions(pool, tally).await?;
    check_daily_counts(pool, tally).await?;
    check_boards(pool, tally).await?;
    check_histogram(pool).await
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

async fn check_contributions(pool: &PgPool, tally: &Tally) -> anyhow::Result<()> {
    let expected = tally
        .contributions()
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
        .collect();
    let rows = sqlx::query("SELECT *, kind::text AS kind_name FROM contribution_events")
        .fetch_all(pool)
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
    compare("contributions", &expected, &actual)?;
    let identities: i64 = sqlx::query_scalar("SELECT count(*) FROM contribution_identities")
        .fetch_one(pool)
        .await?;
    ensure!(
        identities.cast_unsigned() == expected.len() as u64,
        "{identities} identities"
    );
    Ok(())
}

async fn check_daily_counts(pool: &PgPool, tally: &Tally) -> anyhow::Result<()> {
    let expected = tally
        .daily_counts()
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
        .collect();
    let actual = sqlx::query_scalar::<_, String>(
        "SELECT concat_ws(' ', repository, contributor, day, kind, quantity, additions, deletions)
         FROM daily_counts",
    )
    .fetch_all(pool)
    .await?
    .into_iter()
    .collect();
    compare("daily counts", &expected, &actual)
}

async fn check_boards(pool: &PgPool, tally: &Tally) -> anyhow::Result<()> {
    let counts = tally.daily_counts();
    let policy = Policy::default();
    let days: BTreeSet<_> = counts.iter().map(|(key, _)| key.day).collect();
    let periods: BTreeSet<Period> = days.into_iter().flat_map(Period::containing).collect();
    let metrics = ContributionKind::ALL
        .map(Metric::Kind)
        .into_iter()
        .chain([Metric::Score]);
    let metrics: Vec<Metric> = metrics.collect();
    let mut expected = BTreeSet::new();
    for period in periods {
        for metric in &metrics {
            let board = tally.board(
                &counts,
                &policy,
                &Scope::Global,
                period,
                *metric,
                ClassFilter::Everyone,
            );
            for (_, standing) in board {
                expected.insert(format!(
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
    let actual = sqlx::query_scalar::<_, String>(
        "SELECT concat_ws(' ', period, metric, contributor, class, value,
                          pull_request_merged, pull_request_reviewed)
         FROM boards JOIN board_values USING (board) WHERE scope = 'global'",
    )
    .fetch_all(pool)
    .await?
    .into_iter()
    .collect();
    compare("board rows", &expected, &actual)
}

/// The histogram must say of every level what counting the rows says.
async fn check_histogram(pool: &PgPool) -> anyhow::Result<()> {
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
    .fetch_all(pool)
    .await
    .context("comparing the histogram with the rows")?;
    ensure!(
        differing.is_empty(),
        "the rank histogram differs from the rows: {differing:#?}"
    );
    Ok(())
}

/// Every row of every read model as text, without what depends on how the log
/// happened to be written (sequences, instants of recording): equal for equal
/// input, whatever happened on the way.
///
/// # Errors
/// When the database cannot be read.
pub async fn read_model_dump(pool: &PgPool) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    const TABLES: &[(&str, &str)] = &[
        (
            "contribution_events",
            "SELECT concat_ws('|', id, occurred_at, kind, semantic_key, repository, contributor,
                    basis, quantity, additions, deletions, counted, superseded,
                    (SELECT string_agg((said - 'sequence' - 'recorded_at')::text, ' ' ORDER BY
                            (said - 'sequence' - 'recorded_at')::text)
                     FROM jsonb_array_elements(sightings) AS said))
             FROM contribution_events ORDER BY id",
        ),
        (
            "identities",
            "SELECT t::text FROM contribution_identities t ORDER BY 1",
        ),
        (
            "references",
            "SELECT t::text FROM reference_links t ORDER BY 1",
        ),
        ("accounts", "SELECT t::text FROM accounts t ORDER BY 1"),
        (
            "account_names",
            "SELECT t::text FROM account_names t ORDER BY 1",
        ),
        (
            "repositories",
            "SELECT t::text FROM repositories t ORDER BY 1",
        ),
        (
            "repository_names",
            "SELECT t::text FROM repository_names t ORDER BY 1",
        ),
        (
            "pull_requests",
            "SELECT t::text FROM pull_requests t ORDER BY 1",
        ),
        (
            "merge_commits",
            "SELECT t::text FROM merge_commits t ORDER BY 1",
        ),
        ("pushes", "SELECT t::text FROM pushes t ORDER BY 1"),
        (
            "other_commits",
            "SELECT t::text FROM other_commits t ORDER BY 1",
        ),
        (
            "daily_counts",
            "SELECT t::text FROM daily_counts t ORDER BY 1",
        ),
        (
            "period_lines",
            "SELECT t::text FROM period_lines t ORDER BY 1",
        ),
        // The numbers of boards depend on which was made first.
        (
            "board_rows",
            "SELECT concat_ws(' ', scope, period, contributor, class, metric, value)
             FROM boards JOIN board_values USING (board) ORDER BY 1",
        ),
        (
            "rank_histogram",
            "SELECT concat_ws(' ', scope, period, metric, class, level, prefix, members)
             FROM boards JOIN rank_histogram USING (board) ORDER BY 1",
        ),
    ];
    let mut dump = BTreeMap::new();
    for (name, query) in TABLES {
        let rows: Vec<String> = sqlx::query_scalar(*query)
            .fetch_all(pool)
            .await
            .with_context(|| (*name).to_owned())?;
        dump.insert((*name).to_owned(), rows);
    }
    Ok(dump)
}
