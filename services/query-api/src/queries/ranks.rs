//! Ranks on boards over all repositories, whatever their size.

use domain::{ClassFilter, Metric, Period, ranges_above};
use sqlx::PgConnection;

use super::board::class_names;

/// The rank of each value on the board of its period: one plus the members
/// above it.
pub(crate) async fn ranks_of(
    connection: &mut PgConnection,
    metric: Metric,
    class: ClassFilter,
    values: &[(Period, i64)],
) -> Result<Vec<u64>, sqlx::Error> {
    let (mut places, mut periods) = (vec![], vec![]);
    let (mut levels, mut lowers, mut uppers) = (vec![], vec![], vec![]);
    for (place, (period, value)) in (0..).zip(values) {
        for range in ranges_above(*value) {
            places.push(place);
            periods.push(period.to_string());
            levels.push(i16::from(range.level));
            lowers.push(range.lower);
            uppers.push(range.upper);
        }
    }
    let rows = sqlx::query_file!(
        "src/queries/members_above.sql",
        metric.as_str(),
        &class_names(class),
        &places,
        &periods,
        &levels,
        &lowers,
        &uppers,
    );
    let mut ranks = vec![1; values.len()];
    for row in rows.fetch_all(connection).await? {
        let place = usize::try_from(row.place).ok();
        if let Some(rank) = place.and_then(|place| ranks.get_mut(place)) {
            *rank += row.members.unsigned_abs();
        }
    }
    Ok(ranks)
}
