//! When jobs are due, and when they were last.

use chrono::{DateTime, Utc};
use domain::schedule::{ScheduleDefined, ScheduleFired, ScheduleMissed};
use event_log::{Delivered, LogStream};
use events::Event;
use sqlx::PgConnection;

use super::{Projection, Unreadable, json, read_events};
use crate::ProjectionError;

/// What was said of a job's times.
pub enum Said {
    /// When it is due from now on.
    Defined(Box<ScheduleDefined>),
    /// That it was due, or wanted.
    Fired(ScheduleFired),
    /// That nobody was there when it was due.
    Missed(ScheduleMissed),
}

/// The projection of the schedule.
pub struct Schedule;

impl Projection for Schedule {
    const NAME: &'static str = "schedule";
    const STREAM: LogStream = LogStream::Schedule;
    const TABLES: &'static [&'static str] = &["schedule"];

    type Facts = Vec<(u64, Said)>;

    fn read(batch: &[Delivered]) -> (Self::Facts, Unreadable) {
        read_events(batch, "word of the schedule", |event| match event {
            Event::ScheduleDefined(defined) => Some(Said::Defined(Box::new(defined))),
            Event::ScheduleFired(fired) => Some(Said::Fired(fired)),
            Event::ScheduleMissed(missed) => Some(Said::Missed(missed)),
            _ => None,
        })
    }

    async fn apply(
        &mut self,
        transaction: &mut PgConnection,
        said: Self::Facts,
    ) -> Result<(), ProjectionError> {
        for (_, said) in &said {
            match said {
                Said::Defined(defined) => define(transaction, defined).await?,
                Said::Fired(fired) => fire(transaction, fired).await?,
                Said::Missed(missed) => miss(transaction, missed).await?,
            }
        }
        Ok(())
    }
}

async fn define(
    transaction: &mut PgConnection,
    defined: &ScheduleDefined,
) -> Result<(), sqlx::Error> {
    let job = &defined.schedule.name;
    cover(transaction, job, defined.covered_until, defined.next_due_at).await?;
    sqlx::query!(
        "UPDATE schedule SET definition = $2 WHERE job = $1",
        job,
        json(&defined.schedule)?,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

async fn fire(transaction: &mut PgConnection, fired: &ScheduleFired) -> Result<(), sqlx::Error> {
    let job = &fired.name;
    cover(transaction, job, fired.covered_until, fired.next_due_at).await?;
    sqlx::query!(
        "UPDATE schedule SET last_trigger = $2, last_fired_at = $3 WHERE job = $1",
        job,
        fired.trigger,
        fired.fired_at,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

async fn miss(transaction: &mut PgConnection, missed: &ScheduleMissed) -> Result<(), sqlx::Error> {
    let job = &missed.name;
    cover(transaction, job, missed.covered_until, missed.next_due_at).await?;
    sqlx::query!(
        "UPDATE schedule SET missed = missed + $2 WHERE job = $1",
        job,
        i64::from(missed.missed),
    )
    .execute(transaction)
    .await?;
    Ok(())
}

async fn cover(
    transaction: &mut PgConnection,
    job: &str,
    until: DateTime<Utc>,
    next_due_at: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO schedule (job, covered_until, next_due_at) VALUES ($1, $2, $3)
         ON CONFLICT (job) DO UPDATE
         SET covered_until = excluded.covered_until, next_due_at = excluded.next_due_at",
        job,
        until,
        next_due_at,
    )
    .execute(transaction)
    .await?;
    Ok(())
}
