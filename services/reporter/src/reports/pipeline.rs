//! What was read, done, and not done on a day.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use event_log::{EventLog, LogError, LogStream, Recorded};
use events::{CoverageObserved, Event};
use serde::Serialize;
use serde_json::json;

use super::markdown::table;
use super::{Made, beginning};

/// Rows of a table at most.
const ROWS: usize = 20;

#[derive(Debug, Default, Serialize)]
struct Read {
    units: u64,
    not_whole: u64,
    events: u64,
    contributions: u64,
    damaged: u64,
}

#[derive(Debug, Default, Serialize)]
struct Runs {
    asked_for: u64,
    completed: u64,
    failed: u64,
    retried: u64,
    skipped: u64,
    left_out: u64,
}

#[derive(Debug, Default)]
struct Day {
    sources: BTreeMap<&'static str, Read>,
    jobs: BTreeMap<String, Runs>,
    failures: Vec<(String, String)>,
    dead_letters: u64,
}

pub(super) async fn make(log: &EventLog, day: NaiveDate) -> Result<Made, LogError> {
    let (begin, end) = (beginning(day), beginning(day + Days::new(1)));
    let mut of = Day::default();
    for event in of_day(log, LogStream::Coverage, "coverage.v1.>", begin, end).await? {
        if let Event::CoverageObserved(observed) = event {
            of.read(&observed);
        }
    }
    of.add_jobs(of_day(log, LogStream::Jobs, "jobs.v1.>", begin, end).await?);
    let letters = of_day(log, LogStream::DeadLetters, "dead-letters.v1.>", begin, end).await?;
    let is_new = |event: &&Event| matches!(event, Event::DeadLetterRecorded(_));
    of.dead_letters = letters.iter().filter(is_new).count() as u64;
    Ok(of.told(day))
}

/// What was said of a day. What happened on it is recorded on it or later.
async fn of_day(
    log: &EventLog,
    stream: LogStream,
    filter: &str,
    begin: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Result<Vec<Event>, LogError> {
    let recorded = log.read_since(stream, filter, begin).await?;
    let events = recorded
        .into_iter()
        .map(|Recorded { envelope, .. }| envelope.event);
    Ok(events
        .filter(|event| (begin..end).contains(&event.time()))
        .collect())
}

impl Day {
    fn read(&mut self, observed: &CoverageObserved) {
        let read = self.sources.entry(observed.source.as_str()).or_default();
        read.units += 1;
        read.not_whole += u64::from(!observed.whole);
        read.events += observed.events;
        read.contributions += observed.contributions;
        read.damaged += observed.damaged;
    }

    fn add_jobs(&mut self, events: Vec<Event>) {
        let mut names = BTreeMap::new();
        for event in events {
            match event {
                Event::JobQueued(queued) => {
                    self.runs(&queued.name).asked_for += 1;
                    names.insert(queued.job, queued.name);
                }
                Event::JobSkipped(skipped) => self.runs(&skipped.name).skipped += 1,
                Event::JobRetrying(retrying) => {
                    let name = names.get(&retrying.job).cloned();
                    self.runs(name.as_deref().unwrap_or(EARLIER)).retried += 1;
                }
                Event::JobCompleted(completed) => {
                    let name = names.get(&completed.job).cloned();
                    let runs = self.runs(name.as_deref().unwrap_or(EARLIER));
                    runs.completed += 1;
                    runs.left_out += completed.left_out.len() as u64;
                }
                Event::JobFailed(failed) => {
                    self.runs(&failed.name).failed += 1;
                    self.failures.push((failed.name, failed.failure.message));
                }
                _ => {}
            }
        }
    }

    fn runs(&mut self, name: &str) -> &mut Runs {
        self.jobs.entry(name.to_owned()).or_default()
    }

    fn told(&self, day: NaiveDate) -> Made {
        let document = json!({
            "sources": self.sources,
            "jobs": self.jobs,
            "failures": self.failures.iter().map(|(job, error)| json!({"job": job, "error": error})).collect::<Vec<_>>(),
            "dead_letters": self.dead_letters,
        });
        let contributions: u64 = self.sources.values().map(|read| read.contributions).sum();
        let failed = self.failures.len();
        let mut markdown = format!(
            "## What was done on {day}\n\n{contributions} contributions were read; \
             {failed} jobs failed, and {} things could not be read.\n",
            self.dead_letters
        );
        markdown.push_str(&self.sources_table());
        markdown.push_str(&self.jobs_table());
        let failures = self.failures.iter().take(ROWS);
        let failures: Vec<_> = failures
            .map(|(job, error)| vec![job.clone(), error.clone()])
            .collect();
        markdown.push_str(&table("Failures", &["job", "error"], &failures));
        Made { document, markdown }
    }

    fn sources_table(&self) -> String {
        let rows: Vec<_> = self
            .sources
            .iter()
            .map(|(source, read)| {
                let numbers = [
                    read.units,
                    read.not_whole,
                    read.events,
                    read.contributions,
                    read.damaged,
                ];
                let mut row = vec![(*source).to_owned()];
                row.extend(numbers.map(|number| number.to_string()));
                row
            })
            .collect();
        let columns = [
            "source",
            "units",
            "not whole",
            "events",
            "contributions",
            "damaged",
        ];
        table("Sources", &columns, &rows)
    }

    fn jobs_table(&self) -> String {
        let rows: Vec<_> = self
            .jobs
            .iter()
            .map(|(name, runs)| {
                let numbers = [
                    runs.asked_for,
                    runs.completed,
                    runs.failed,
                    runs.retried,
                    runs.skipped,
                    runs.left_out,
                ];
                let mut row = vec![name.clone()];
                row.extend(numbers.map(|number| number.to_string()));
                row
            })
            .collect();
        let columns = [
            "job",
            "asked for",
            "completed",
            "failed",
            "retried",
            "skipped",
            "left out",
        ];
        table("Jobs", &columns, &rows)
    }
}

/// Jobs that were asked for before the day.
const EARLIER: &str = "(asked for earlier)";
