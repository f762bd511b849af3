//! Dead rows and statistics.

use async_trait::async_trait;
use domain::jobs::{Failure, JobQueued};
use jobs::{Done, Handler, Run};
use sqlx::AssertSqlSafe;

use super::{MaintenanceParts, of_database};

/// Vacuums and analyses every table that changed since it last was.
pub struct Vacuum(pub MaintenanceParts);

#[async_trait]
impl Handler for Vacuum {
    fn name(&self) -> &'static str {
        "vacuum"
    }

    async fn run(&self, _: &JobQueued, run: &Run) -> Result<Done, Failure> {
        let tables = self.changed().await.map_err(|error| of_database(&error))?;
        let total = tables.len() as u64;
        for (done, table) in tables.iter().enumerate() {
            if run.cancellation().is_cancelled() {
                return Err(Failure::new(
                    domain::jobs::Severity::Low,
                    "it was broken off",
                ));
            }
            run.progress(done as u64, Some(total), table);
            // The name is the catalog's own, quoted by the catalog.
            let statement = AssertSqlSafe(format!("VACUUM (ANALYZE) {table}"));
            let vacuum = sqlx::raw_sql(statement).execute(&self.0.pool);
            vacuum
                .await
                .map_err(|error| of_database(&error).at("table", table))?;
        }
        Ok(Done::new(format!("{total} tables were vacuumed")))
    }
}

impl Vacuum {
    /// Tables with rows that changed since they were last vacuumed or analysed.
    async fn changed(&self) -> Result<Vec<String>, sqlx::Error> {
        sqlx::query_scalar!(
            r#"SELECT format('%I.%I', schemaname, relname) AS "table!"
               FROM pg_stat_user_tables
               WHERE n_dead_tup > 0 OR n_mod_since_analyze > 0 OR n_ins_since_vacuum > 0
               ORDER BY 1"#
        )
        .fetch_all(&self.0.pool)
        .await
    }
}
