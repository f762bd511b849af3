//! The rank histogram: how many stand at each value, as a sparse radix tree.

use domain::{AccountClass, Metric};
use sqlx::PgConnection;

use crate::ProjectionError;

/// Levels of the tree, and bits of the value that each resolves: values up to
/// 2⁴², some four thousand million points.
const LEVELS: i16 = 7;
const BITS: i16 = 6;

/// The values of one metric of a board, of one class.
type Order = (i32, Metric, AccountClass);

/// Changes of the histogram: where members came to stand, and where they stood
/// before. They are summed up when they are written.
#[derive(Debug, Default)]
pub(super) struct Histogram(Vec<(Order, i64, i64)>);

/// A change of one row: the order, level, prefix, and members added.
type Change = (Order, i16, i64, i64);

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
        self.0.push(((board, metric, class), value, members));
    }

    /// The rows that change, in the order of their key. Sorted values are
    /// sorted on every level, so that each level is one pass over them.
    fn changes(mut self) -> Vec<Change> {
        self.0.sort_unstable();
        let mut changes: Vec<Change> = Vec::new();
        for of_order in self.0.chunk_by(|(one, ..), (other, ..)| one == other) {
            for level in 0..LEVELS {
                let prefix = |value: i64| value >> (BITS * (LEVELS - 1 - level));
                for of_row in of_order.chunk_by(|one, other| prefix(one.1) == prefix(other.1)) {
                    let members = of_row.iter().map(|(_, _, members)| members).sum();
                    if let Some((order, value, _)) = of_row.first()
                        && members != 0
                    {
                        changes.push((*order, level, prefix(*value), members));
                    }
                }
            }
        }
        changes
    }

    /// Writes the changes.
    pub(super) async fn write(self, transaction: &mut PgConnection) -> Result<(), ProjectionError> {
        let changes = self.changes();
        if changes.is_empty() {
            return Ok(());
        }
        let orders = || changes.iter().map(|(order, ..)| order);
        let boards: Vec<i32> = orders().map(|(board, ..)| *board).collect();
        let metrics: Vec<String> = orders().map(|(_, metric, _)| metric.to_string()).collect();
        let classes: Vec<String> = orders().map(|(.., class)| class.to_string()).collect();
        let levels: Vec<i16> = changes.iter().map(|(_, level, ..)| *level).collect();
        let prefixes: Vec<i64> = changes.iter().map(|(_, _, prefix, _)| *prefix).collect();
        let members: Vec<i64> = changes.iter().map(|(.., members)| *members).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_counts_who_came_and_who_went() {
        let mut histogram = Histogram::default();
        let mut add = |value, members| {
            histogram.add(1, Metric::Score, AccountClass::Human, value, members);
        };
        add(70, 1);
        add(3, -1);
        add(70, 1);
        add(4_096, 1);
        add(5, 1);
        let changes = histogram.changes();
        let rows: Vec<(i16, i64, i64)> = changes
            .iter()
            .map(|(_, level, prefix, members)| (*level, *prefix, *members))
            .collect();
        let above: Vec<(i16, i64, i64)> = (0..4).map(|level| (level, 0, 3)).collect();
        let below = [
            (4, 0, 2),
            (4, 1, 1),
            (5, 1, 2),
            (5, 64, 1),
            (6, 3, -1),
            (6, 5, 1),
            (6, 70, 2),
            (6, 4_096, 1),
        ];
        assert_eq!(rows, [&above[..], &below[..]].concat());
    }
}
