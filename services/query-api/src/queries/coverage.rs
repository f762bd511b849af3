//! Coverage: what was read of the sources.

use chrono::{DateTime, Utc};
use domain::Source;
use domain::coverage::{FileSpread, UnitRead};
use sqlx::PgConnection;

use super::stored;
use crate::cursor::UnitCursor;

/// A span of instants, open where an end is not given.
pub(crate) type Span = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// All that was read of a span.
#[derive(Clone, Debug)]
pub(crate) struct SummaryRow {
    pub(crate) observed_events: i64,
    pub(crate) damaged: i64,
    pub(crate) units: i64,
    pub(crate) complete: i64,
    pub(crate) unknown: i64,
    pub(crate) partial: i64,
    pub(crate) missing: i64,
    pub(crate) first_hour: Option<DateTime<Utc>>,
    pub(crate) last_hour: Option<DateTime<Utc>>,
    pub(crate) hours: i64,
}

/// One unit of one source.
#[derive(Clone, Debug)]
pub(crate) struct UnitRow {
    pub(crate) source: String,
    pub(crate) unit: String,
    pub(crate) location: String,
    pub(crate) observed_at: DateTime<Utc>,
    pub(crate) events: i64,
    pub(crate) contributions: i64,
    pub(crate) damaged: i64,
    pub(crate) expected: Option<i64>,
    pub(crate) whole: bool,
    pub(crate) sha256: String,
    pub(crate) verdict: String,
    pub(crate) sequence: i64,
    /// As in its place.
    pub(crate) hour: String,
}

/// One hour, over all units that hold events of it.
#[derive(Clone, Debug)]
pub(crate) struct HourRow {
    pub(crate) hour: DateTime<Utc>,
    pub(crate) events: i64,
    pub(crate) contributions: i64,
    pub(crate) units: i64,
    pub(crate) missing: bool,
    pub(crate) partial: bool,
    pub(crate) unknown: bool,
}

pub(crate) async fn summary(
    connection: &mut PgConnection,
    (first, end): Span,
) -> Result<SummaryRow, sqlx::Error> {
    sqlx::query_file_as!(SummaryRow, "src/queries/coverage_summary.sql", first, end)
        .fetch_one(connection)
        .await
}

/// The units of a span after a place, newest first.
pub(crate) async fn units(
    connection: &mut PgConnection,
    (first, end): Span,
    after: Option<&UnitCursor>,
    limit: i64,
) -> Result<Vec<UnitRow>, sqlx::Error> {
    let hour = after.map(|cursor| cursor.hour.as_str());
    let source = after.map(|cursor| cursor.source.as_str());
    let unit = after.map(|cursor| cursor.unit.as_str());
    if first.is_none() && end.is_none() {
        let all = sqlx::query_file_as!(
            UnitRow,
            "src/queries/coverage_units.sql",
            hour,
            source,
            unit,
            limit
        );
        return all.fetch_all(connection).await;
    }
    sqlx::query_file_as!(
        UnitRow,
        "src/queries/coverage_units_of_span.sql",
        hour,
        source,
        unit,
        first,
        end,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// The hours that some units hold, newest first.
pub(crate) async fn hours_of(
    connection: &mut PgConnection,
    units: &[UnitRow],
) -> Result<Vec<HourRow>, sqlx::Error> {
    let sources: Vec<String> = units.iter().map(|unit| unit.source.clone()).collect();
    let names: Vec<String> = units.iter().map(|unit| unit.unit.clone()).collect();
    sqlx::query_file_as!(HourRow, "src/queries/coverage_hours.sql", &sources, &names)
        .fetch_all(connection)
        .await
}

/// The last hour anything is known of, but none of the future: archives hold
/// events with broken clocks.
pub(crate) async fn newest_hour(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!("SELECT max(hour) FROM coverage_hours WHERE hour <= $1", now)
        .fetch_one(connection)
        .await
}

/// How far the projection of coverage has come.
pub(crate) async fn coverage_sequence(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    let sequence =
        sqlx::query_scalar!("SELECT sequence FROM projections WHERE projection = 'coverage'",);
    Ok(sequence.fetch_optional(connection).await?.unwrap_or(0))
}

/// What was read of units that came to be known after a sequence, in order.
pub(crate) async fn units_since(
    connection: &mut PgConnection,
    sequence: i64,
) -> Result<Vec<UnitRead>, sqlx::Error> {
    let rows = sqlx::query_file!("src/queries/coverage_since.sql", sequence);
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter()
        .map(|row| {
            let spread = row.main_hour.zip(row.lag);
            Ok(UnitRead {
                source: stored(Source::from_stored(&row.source), "source", &row.source)?,
                unit: row.unit,
                observed_at: row.observed_at,
                events: row.events.cast_unsigned(),
                damaged: row.damaged.cast_unsigned(),
                expected: row.expected.map(i64::cast_unsigned),
                whole: row.whole,
                spread: spread.map(|(main, lag)| FileSpread {
                    main,
                    lag: u8::try_from(lag).unwrap_or(0),
                }),
                hours: row.hours.unwrap_or_default(),
            })
        })
        .collect()
}
