//! Reports of a day.

mod budget;
mod markdown;
mod pipeline;

use async_trait::async_trait;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use domain::jobs::{Cause, Failure, JobQueued, Severity};
use event_log::{Appended, LogError, LogStream};
use events::{Envelope, Event, ReportPublished, Subject};
use jobs::{Done, Handler, Run};
use serde_json::Value;
use uuid::Uuid;

use crate::ReporterParts;

/// What reports say they come from.
const ORIGIN: &str = "/reporter";

/// The money of a day.
pub struct BudgetReport(pub ReporterParts);

/// What was read, done and not done on a day.
pub struct PipelineSummary(pub ReporterParts);

#[async_trait]
impl Handler for BudgetReport {
    fn name(&self) -> &'static str {
        "budget-report"
    }

    async fn run(&self, job: &JobQueued, _: &Run) -> Result<Done, Failure> {
        let parts = &self.0;
        let day = day_of(job, parts.clock.now())?;
        let made = budget::make(&parts.log, day).await;
        publish(parts, "budget", day, made.map_err(|error| of_log(&error))?).await
    }
}

#[async_trait]
impl Handler for PipelineSummary {
    fn name(&self) -> &'static str {
        "pipeline-summary"
    }

    async fn run(&self, job: &JobQueued, _: &Run) -> Result<Done, Failure> {
        let parts = &self.0;
        let day = day_of(job, parts.clock.now())?;
        let made = pipeline::make(&parts.log, day).await;
        publish(
            parts,
            "pipeline",
            day,
            made.map_err(|error| of_log(&error))?,
        )
        .await
    }
}

/// What a report says, for programs and for people.
struct Made {
    document: Value,
    markdown: String,
}

/// The day a report is of: that before it was due, or the one named `day`.
fn day_of(job: &JobQueued, now: DateTime<Utc>) -> Result<NaiveDate, Failure> {
    if let Some(text) = job.arguments.get("day") {
        return text.parse().map_err(|_| {
            let message = format!("day must be a day such as 2026-11-01, not {text:?}");
            Failure::new(Severity::High, message)
        });
    }
    let due = match &job.cause {
        Cause::Schedule { due_at, .. } => *due_at,
        Cause::Hand { .. } | Cause::Redrive { .. } => now,
    };
    Ok(due.date_naive() - Days::new(1))
}

fn beginning(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Puts a report on the log, unless it is there, and sends it to whoever wants it.
async fn publish(
    parts: &ReporterParts,
    report: &str,
    day: NaiveDate,
    made: Made,
) -> Result<Done, Failure> {
    let published = ReportPublished {
        report: report.to_owned(),
        of: day,
        document: made.document,
        markdown: made.markdown,
        published_at: parts.clock.now(),
    };
    let (id, published) = put(parts, published)
        .await
        .map_err(|error| of_log(&error))?;
    if let Some(webhook) = &parts.webhook {
        webhook.post(id, &published).await?;
    }
    tracing::info!(report, %day, "report_published");
    Ok(Done::new(format!(
        "the {report} report of {day} is published"
    )))
}

/// A day's report is made once: what is on the log is what was told.
async fn put(
    parts: &ReporterParts,
    published: ReportPublished,
) -> Result<(Uuid, ReportPublished), LogError> {
    let subject = Subject::of_report(&published.report, published.of);
    let envelope = Envelope::wrap(ORIGIN, Event::ReportPublished(published.clone()))?;
    if let Appended::At(_) = parts.log.append(&envelope, 0).await? {
        return Ok((envelope.id, published));
    }
    let known = parts.log.last_on(LogStream::Reports, &subject).await?;
    Ok(match known.map(|known| known.envelope) {
        Some(Envelope {
            id,
            event: Event::ReportPublished(known),
            ..
        }) => (id, known),
        _ => (envelope.id, published),
    })
}

pub(crate) fn of_log(error: &LogError) -> Failure {
    let severity = if error.is_transient() {
        Severity::Low
    } else {
        Severity::High
    };
    Failure::new(severity, error)
}
