//! What was read of each unit of each source.

use chrono::{DateTime, Utc};
use domain::coverage::{FileSpread, UnitRead, UnitScope};
use domain::{Source, judge_coverage};
use event_log::{Delivered, LogStream};
use events::{CoverageObserved, Event};
use sqlx::PgConnection;

use super::{Projection, Unreadable, read_events};
use crate::ProjectionError;

/// The projection of coverage. The best observation of a unit counts, of equal
/// ones the latest.
pub struct Coverage;

impl Projection for Coverage {
    const NAME: &'static str = "coverage";
    const STREAM: LogStream = LogStream::Coverage;
    const TABLES: &'static [&'static str] = &["coverage_units", "coverage_hours"];

    type Facts = Vec<(u64, CoverageObserved)>;

    fn read(batch: &[Delivered]) -> (Self::Facts, Unreadable) {
        read_events(batch, "coverage event", |event| match event {
            Event::CoverageObserved(observed) => Some(observed),
            _ => None,
        })
    }

    async fn apply(
        &mut self,
        transaction: &mut PgConnection,
        observations: Self::Facts,
    ) -> Result<(), ProjectionError> {
        for (sequence, observed) in &observations {
            if is_better(transaction, observed).await? {
                record_unit(transaction, observed, *sequence).await?;
                record_hours(transaction, observed).await?;
            }
        }
        Ok(())
    }
}

/// Whether an observation is at least as good as what is stored of its unit.
async fn is_better(
    transaction: &mut PgConnection,
    observed: &CoverageObserved,
) -> Result<bool, sqlx::Error> {
    let stored = sqlx::query!(
        "SELECT observed_at, events, damaged, expected, whole
         FROM coverage_units WHERE source = $1 AND unit = $2",
        observed.source.as_str(),
        observed.unit,
    )
    .fetch_optional(transaction)
    .await?;
    let stored = stored.map(|stored| UnitRead {
        observed_at: stored.observed_at,
        events: stored.events.cast_unsigned(),
        damaged: stored.damaged.cast_unsigned(),
        expected: stored.expected.map(i64::cast_unsigned),
        whole: stored.whole,
        ..observed.unit_read()
    });
    Ok(stored.is_none_or(|stored| observed.unit_read().replaces(&stored)))
}

/// Where the events of a file lie that is named after an hour.
fn spread(observed: &CoverageObserved) -> (Option<DateTime<Utc>>, Option<i16>) {
    let scope = UnitScope::of(observed.source, &observed.unit);
    let is_file = observed.source == Source::Archive && matches!(scope, UnitScope::File(_));
    let spread: Option<FileSpread> = is_file.then(|| observed.unit_read().spread).flatten();
    spread
        .map(|spread| (spread.main, i16::from(spread.lag)))
        .unzip()
}

async fn record_unit(
    transaction: &mut PgConnection,
    observed: &CoverageObserved,
    sequence: u64,
) -> Result<(), sqlx::Error> {
    let verdict = judge_coverage(
        observed.events,
        observed.expected,
        observed.damaged,
        observed.whole,
    );
    let (main_hour, lag) = spread(observed);
    sqlx::query!(
        "INSERT INTO coverage_units (source, unit, location, observed_at, events, contributions,
                                     damaged, expected, whole, sha256, verdict, sequence,
                                     main_hour, lag)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (source, unit) DO UPDATE SET
             location = excluded.location, observed_at = excluded.observed_at,
             events = excluded.events, contributions = excluded.contributions,
             damaged = excluded.damaged, expected = excluded.expected, whole = excluded.whole,
             sha256 = excluded.sha256, verdict = excluded.verdict, sequence = excluded.sequence,
             main_hour = excluded.main_hour, lag = excluded.lag",
        observed.source.as_str(),
        observed.unit,
        observed.location,
        observed.observed_at,
        observed.events.cast_signed(),
        observed.contributions.cast_signed(),
        observed.damaged.cast_signed(),
        observed.expected.map(u64::cast_signed),
        observed.whole,
        observed.sha256,
        verdict.as_str(),
        sequence.cast_signed(),
        main_hour,
        lag,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

async fn record_hours(
    transaction: &mut PgConnection,
    observed: &CoverageObserved,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM coverage_hours WHERE source = $1 AND unit = $2",
        observed.source.as_str(),
        observed.unit,
    )
    .execute(&mut *transaction)
    .await?;
    let hours: Vec<_> = observed.hours.iter().map(|hour| hour.hour).collect();
    let events: Vec<_> = observed
        .hours
        .iter()
        .map(|hour| hour.events.cast_signed())
        .collect();
    let contributions: Vec<_> = observed
        .hours
        .iter()
        .map(|hour| hour.contributions.cast_signed())
        .collect();
    sqlx::query!(
        "INSERT INTO coverage_hours (source, unit, hour, events, contributions)
         SELECT $1, $2, * FROM unnest($3::timestamptz[], $4::bigint[], $5::bigint[])",
        observed.source.as_str(),
        observed.unit,
        &hours,
        &events,
        &contributions,
    )
    .execute(transaction)
    .await?;
    Ok(())
}
