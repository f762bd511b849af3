//! The rank histogram: how many stand at each value, as a sparse radix tree.

use std::collections::BTreeMap;

use domain::{AccountClass, Metric};
use sqlx::PgConnection;

use crate::ProjectionError;

/// Levels of the tree, and bits of the value that each resolves: values up to
/// 2⁴², some four thousand million points.
const LEVELS: i16 = 7;
const BITS: i16 = 6;

/// Changes of the histogram, summed up before they are written.
#[derive(Debug, Default)]
pub(super) struct Histogram(BTreeMap<(i32, Metric, AccountClass, i16, i64), i64>);

impl Histogram {
    /// Adds members at a value of a board, or takes them away.
    pub(super) fn add(
        &mut self,
        board: i32,
        metric: Metric,
        class: AccountClass,
        value: i64,
        members: i64,
    ) {
        for level in 0..LEVELS {
            let prefix = value >> (BITS * (LEVELS - 1 - level));
            *self
                .0
                .entry((board, metric, class, level, prefix))
                .or_default() += members;
        }
    }

    /// Writes the changes.
    pub(super) async fn write(
        mut self,
        transaction: &mut PgConnection,
    ) -> Result<(), ProjectionError> {
        self.0.retain(|_, members| *members != 0);
        if self.0.is_empty() {
            return Ok(());
        }
        let keys = || self.0.keys();
        let boards: Vec<i32> = keys().map(|(board, ..)| *board).collect();
        let metrics: Vec<String> = keys().map(|(_, metric, ..)| metric.to_string()).collect();
        let classes: Vec<String> = keys().map(|(_, _, class, ..)| class.to_string()).collect();
        let levels: Vec<i16> = keys().map(|(.., level, _)| *level).collect();
        let prefixes: Vec<i64> = keys().map(|(.., prefix)| *prefix).collect();
        let members: Vec<i64> = self.0.values().copied().collect();
        sqlx::query!(
            "INSERT INTO rank_histogram AS known (board, metric, class, level, prefix, members)
             SELECT board, metric::board_metric, class::account_class, level, prefix, members
             FROM unnest($1::integer[], $2::text[], $3::text[], $4::smallint[],
                         $5::bigint[], $6::bigint[])
                  AS new (board, metric, class, level, prefix, members)
             ON CONFLICT (board, metric, class, level, prefix) DO UPDATE
             SET members = known.members + excluded.members",
            &boards,
            &metrics,
            &classes,
            &levels,
            &prefixes,
            &members,
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!("DELETE FROM rank_histogram WHERE members = 0")
            .execute(transaction)
            .await?;
        Ok(())
    }
}
