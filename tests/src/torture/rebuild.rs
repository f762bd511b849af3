//! The same log, projected in peace, must come to the same rows: of the tables
//! that the naive model does not cover, too.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use event_log::EventLog;
use sqlx::PgPool;

use super::stage::Stage;
use crate::{project_until, projector_settings, read_model_dump};

/// The database of the undisturbed projector.
const REBUILT: &str = "rebuilt";

/// Tables that the dump of read models leaves out.
const FURTHER: [(&str, &str); 9] = [
    (
        "coverage_units",
        "SELECT t::text FROM coverage_units t ORDER BY 1",
    ),
    (
        "coverage_hours",
        "SELECT t::text FROM coverage_hours t ORDER BY 1",
    ),
    (
        "ledger_entries",
        "SELECT t::text FROM ledger_entries t ORDER BY 1",
    ),
    (
        "dead_letter_resolutions",
        "SELECT t::text FROM dead_letter_resolutions t ORDER BY 1",
    ),
    (
        "dead_letters",
        "SELECT t::text FROM dead_letters t ORDER BY 1",
    ),
    (
        "retraction_decisions",
        "SELECT t::text FROM retraction_decisions t ORDER BY 1",
    ),
    (
        "pull_request_contributions",
        "SELECT t::text FROM pull_request_contributions t ORDER BY 1",
    ),
    (
        "references_by_name",
        "SELECT t::text FROM references_by_name t ORDER BY 1",
    ),
    ("input_chain", "SELECT t::text FROM input_chain t"),
];

/// Projects the log into another database, undisturbed, and compares all rows.
///
/// # Errors
/// The first table that differs, with some rows.
pub async fn check_rebuild(stage: &Stage, log: &EventLog) -> anyhow::Result<()> {
    let url = {
        let postgres = stage.servers.postgres.lock().await;
        postgres.ensure_database(REBUILT).await?;
        postgres.url(REBUILT)
    };
    let pool = postgres::connect(&postgres::PoolSettings {
        url,
        max_connections: 8,
        application_name: "torture".to_owned(),
    })?;
    postgres::migrate(&pool).await?;
    project_until(&pool, log, projector_settings("undisturbed", 3_000))
        .await
        .context("projecting the same log in peace")?;
    let (tortured, peaceful) = (rows_of(&stage.pool).await?, rows_of(&pool).await?);
    for (table, expected) in &peaceful {
        let found = tortured.get(table).context("a table is missing")?;
        let missing: Vec<_> = expected
            .iter()
            .filter(|row| !found.contains(row))
            .take(3)
            .collect();
        let surplus: Vec<_> = found
            .iter()
            .filter(|row| !expected.contains(row))
            .take(3)
            .collect();
        ensure!(
            found == expected,
            "{table} differs from what the same log comes to in peace ({} rows, {} there); \
             missing: {missing:#?}; surplus: {surplus:#?}",
            found.len(),
            expected.len(),
        );
    }
    Ok(())
}

async fn rows_of(pool: &PgPool) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let mut rows = read_model_dump(pool).await?;
    for (table, query) in FURTHER {
        let found = sqlx::query_scalar(query).fetch_all(pool).await;
        rows.insert(table.to_owned(), found.context(table)?);
    }
    Ok(rows)
}
