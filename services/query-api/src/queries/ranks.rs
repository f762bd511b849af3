//! Ranks on boards over all repositories, whatever their size.

use std::collections::HashMap;

use domain::{ClassFilter, Metric, Period};
use sqlx::PgConnection;

use super::board::class_names;

/// Bits of a value that one level of the histogram tells apart.
const BITS: u32 = 6;

/// The last level, whose prefixes are whole values.
const LAST_LEVEL: u32 = 6;

/// The prefixes of one level that stand above a value but share all that the
/// levels before could tell: greater than `lower`, up to `upper`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LevelRange {
    level: i16,
    lower: i64,
    upper: i64,
}

fn ranges_above(value: i64) -> impl Iterator<Item = LevelRange> {
    (0i16..).zip(0..=LAST_LEVEL).map(move |(level, step)| {
        let lower = value >> (BITS * (LAST_LEVEL - step));
        // Nothing is above the first level, so it is open-ended.
        let upper = match level {
            0 => i64::MAX,
            _ => lower | ((1 << BITS) - 1),
        };
        LevelRange {
            level,
            lower,
            upper,
        }
    })
}

/// The rank of a value on the board of each period, by period: one plus the
/// members above it.
pub(crate) async fn ranks_of(
    connection: &mut PgConnection,
    metric: Metric,
    class: ClassFilter,
    values: &[(Period, i64)],
) -> Result<HashMap<String, u64>, sqlx::Error> {
    let (mut periods, mut levels, mut lowers, mut uppers) = (vec![], vec![], vec![], vec![]);
    for (period, value) in values {
        for range in ranges_above(*value) {
            periods.push(period.to_string());
            levels.push(range.level);
            lowers.push(range.lower);
            uppers.push(range.upper);
        }
    }
    let rows = sqlx::query_file!(
        "src/queries/members_above.sql",
        metric.as_str(),
        &class_names(class),
        &periods,
        &levels,
        &lowers,
        &uppers,
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.period, row.members.unsigned_abs() + 1))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts what the histogram would count, from the values themselves.
    fn members_above(members: &[i64], value: i64) -> usize {
        ranges_above(value)
            .map(|range| {
                let shift = BITS * (LAST_LEVEL - u32::from(range.level.unsigned_abs()));
                members
                    .iter()
                    .map(|member| member >> shift)
                    .filter(|prefix| (range.lower + 1..=range.upper).contains(prefix))
                    .count()
            })
            .sum()
    }

    #[test]
    fn seven_ranges_count_exactly_what_is_greater() {
        let members = [
            1,
            2,
            63,
            64,
            65,
            3_000,
            3_000,
            4_095,
            4_096,
            262_144,
            1 << 40,
            1 << 50,
        ];
        for value in members.into_iter().chain([0, 3_001, 1 << 41]) {
            let greater = members.iter().filter(|member| **member > value).count();
            assert_eq!(members_above(&members, value), greater, "{value}");
        }
    }
}
