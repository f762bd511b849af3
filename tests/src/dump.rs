//! The read models as text, to compare two databases or two moments.

use std::collections::BTreeMap;

use anyhow::Context;
use sqlx::{PgConnection, PgPool};

/// Every row of every read model as text, without what depends on how the log
/// happened to be written (sequences, instants of recording): equal for equal
/// input, whatever happened on the way.
///
/// # Errors
/// When the database cannot be read.
pub async fn read_model_dump(pool: &PgPool) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    read_model_dump_in(&mut *pool.acquire().await?).await
}

/// As [`read_model_dump`], within a transaction.
///
/// # Errors
/// When the database cannot be read.
pub async fn read_model_dump_in(
    connection: &mut PgConnection,
) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
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
            "account_classes",
            "SELECT t::text FROM account_classes t ORDER BY 1",
        ),
        (
            "account_links",
            "SELECT t::text FROM account_links t ORDER BY 1",
        ),
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
        ("push_heads", "SELECT t::text FROM push_heads t ORDER BY 1"),
        (
            "retraction_decisions",
            "SELECT t::text FROM retraction_decisions t ORDER BY 1",
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
            .fetch_all(&mut *connection)
            .await
            .with_context(|| (*name).to_owned())?;
        dump.insert((*name).to_owned(), rows);
    }
    Ok(dump)
}
