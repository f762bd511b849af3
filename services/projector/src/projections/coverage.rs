//! What was read of each unit of each source.

use domain::judge_coverage;
use event_log::{Delivered, LogStream};
use events::{CoverageObserved, Event};
use sqlx::PgConnection;

use super::{Projection, Unreadable, read_events};
use crate::ProjectionError;

/// The projection of coverage. The latest observation of a unit counts.
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
            record_unit(transaction, observed, *sequence).await?;
            record_hours(transaction, observed).await?;
        }
        Ok(())
    }
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
    sqlx::query!(
        "INSERT INTO coverage_units (source, unit, location, observed_at, events, contributions,
                                     damaged, expected, whole, sha256, verdict, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (source, unit) DO UPDATE SET
             location = excluded.location, observed_at = excluded.observed_at,
             events = excluded.events, contributions = excluded.contributions,
             damaged = excluded.damaged, expected = excluded.expected, whole = excluded.whole,
             sha256 = excluded.sha256, verdict = excluded.verdict, sequence = excluded.sequence",
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
