//! The numbers of boards: rows and indexes bear a number, not scope and period.

use std::collections::{BTreeSet, HashMap};

use domain::Period;
use sqlx::PgConnection;

use super::super::daily::ScoreChanges;

/// The only scope whose boards are kept; those of one repository or
/// organisation are computed from the daily counts.
const GLOBAL: &str = "global";

/// The numbers of boards that are known, by period.
#[derive(Debug, Default)]
pub(in super::super) struct Directory(HashMap<Period, i32>);

impl Directory {
    /// Finds the boards that these places are on, or makes them.
    pub(in super::super) async fn ensure(
        &mut self,
        transaction: &mut PgConnection,
        places: &ScoreChanges,
    ) -> Result<(), sqlx::Error> {
        let periods = places.iter().map(|((period, _), _)| *period);
        let missing: BTreeSet<Period> = periods
            .filter(|period| !self.0.contains_key(period))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let missing: Vec<Period> = missing.into_iter().collect();
        let names: Vec<String> = missing.iter().map(Period::to_string).collect();
        sqlx::query!(
            "INSERT INTO boards (scope, period) SELECT $1, * FROM unnest($2::text[])
             ON CONFLICT DO NOTHING",
            GLOBAL,
            &names,
        )
        .execute(&mut *transaction)
        .await?;
        let rows = sqlx::query!(
            "SELECT period, board FROM boards WHERE scope = $1 AND period = ANY($2)",
            GLOBAL,
            &names,
        )
        .fetch_all(transaction)
        .await?;
        let numbers: HashMap<String, i32> = rows
            .into_iter()
            .map(|row| (row.period, row.board))
            .collect();
        self.0.extend(
            missing
                .into_iter()
                .zip(names)
                .filter_map(|(period, name)| Some((period, *numbers.get(&name)?))),
        );
        Ok(())
    }

    /// The number of a period's board, once ensured.
    pub(in super::super) fn number(&self, period: Period) -> Option<i32> {
        self.0.get(&period).copied()
    }

    /// Forgets boards that may never have been committed.
    pub(in super::super) fn forget(&mut self) {
        self.0.clear();
    }
}
