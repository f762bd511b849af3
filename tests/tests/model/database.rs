//! The projector's own code on a real Postgres, without a log before it.

use anyhow::{Context, ensure};
use postgres::GenerationPool;
use projector::replay::{leave_boards_out, make_boards};
use projector::{Contributions, Decisions, apply_batch};
use sqlx::{PgPool, PgTransaction};
use tests::{Expected, Servers, read_model_dump_in, tally_of};

use super::history::{Batch, History};

/// A migrated database, in which every history is rolled back at its end.
pub(crate) struct Database {
    pool: PgPool,
    _servers: Servers,
}

impl Database {
    /// Starts a server with an empty one.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let servers = Servers::start().await?;
        let (pool, _) = servers.fresh_database().await?;
        Ok(Self {
            pool,
            _servers: servers,
        })
    }

    /// Applies a history in both of its arrivals. After each, the read models
    /// must be what the naive model says, and equal row by row.
    pub(crate) async fn check(&self, history: &History) -> anyhow::Result<()> {
        let expected = Expected::of(&tally_of(&history.envelopes()));
        let mut transaction = self.apply(&history.first_arrival(), None).await?;
        let checked = expected.check(&mut transaction).await;
        checked.context("after the first arrival")?;
        let first = read_model_dump_in(&mut transaction).await?;
        transaction.rollback().await?;
        let batches = history.second_arrival();
        let boards = history.boards_before(batches.len());
        let mut transaction = self.apply(&batches, boards).await?;
        let second = read_model_dump_in(&mut transaction).await?;
        if first != second {
            // Says what the difference means, unless it is in details.
            let checked = expected.check(&mut transaction).await;
            checked.context("after the second arrival")?;
        }
        for (table, rows) in &first {
            let others = &second[table];
            let lacks = |rows: &[String], row: &String| !rows.contains(row);
            ensure!(
                rows == others,
                "{table} has only after the first arrival {:#?}, only after the second {:#?}",
                Vec::from_iter(rows.iter().filter(|row| lacks(others, row))),
                Vec::from_iter(others.iter().filter(|row| lacks(rows, row))),
            );
        }
        Ok(transaction.rollback().await?)
    }

    /// Changes the database itself.
    pub(crate) async fn execute(&self, statements: String) -> anyhow::Result<()> {
        let statements = sqlx::raw_sql(sqlx::AssertSqlSafe(statements));
        statements.execute(&self.pool).await?;
        Ok(())
    }

    /// Applies batches as the runner does, in a transaction that never ends. Boards
    /// follow, or are made from the counts before one of the batches.
    async fn apply(
        &self,
        batches: &[Batch],
        boards_before: Option<usize>,
    ) -> anyhow::Result<PgTransaction<'static>> {
        let mut contributions = Contributions::default();
        let mut decisions = Decisions::default();
        let home = GenerationPool::active(&self.pool).await?;
        let mut transaction = home.begin().await?;
        if boards_before.is_some() {
            leave_boards_out(&mut transaction).await?;
        }
        for (place, batch) in batches.iter().enumerate() {
            if boards_before == Some(place) {
                make_boards(&mut transaction).await?;
            }
            let unreadable = match batch {
                Batch::Contributions(batch) => {
                    apply_batch(&mut contributions, &home, &mut transaction, batch).await?
                }
                Batch::Decisions(batch) => {
                    apply_batch(&mut decisions, &home, &mut transaction, batch).await?
                }
            };
            ensure!(unreadable.is_empty(), "unreadable: {unreadable:?}");
        }
        if boards_before == Some(batches.len()) {
            make_boards(&mut transaction).await?;
        }
        Ok(transaction)
    }
}
