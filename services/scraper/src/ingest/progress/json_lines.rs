//! Lines of JSON, for programs and for logs.

use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;

use super::meter::{Meter, Sums};
use super::{Advance, Progress, lock};
use crate::ingest::{UnitOutcome, UnitReport};

/// How far apart lines are at least, but for those about a unit's end.
const BETWEEN_LINES: Duration = Duration::from_secs(1);

/// One line of JSON a second, and one for each unit done with.
pub struct JsonLines<W> {
    output: Mutex<W>,
    meter: Mutex<Meter>,
    /// When the last line was written.
    written: Mutex<Option<Instant>>,
}

impl<W: Write + Send> JsonLines<W> {
    /// Lines written to an output.
    pub fn new(output: W) -> Self {
        Self {
            output: Mutex::new(output),
            meter: Mutex::new(Meter::new()),
            written: Mutex::new(None),
        }
    }

    fn write(&self, line: &serde_json::Value) {
        // Progress that nobody can read must not stop the job.
        let _ = writeln!(lock(&self.output), "{line}");
    }

    fn is_due(&self) -> bool {
        let mut written = lock(&self.written);
        let is_due = written.is_none_or(|written| written.elapsed() >= BETWEEN_LINES);
        if is_due {
            *written = Some(Instant::now());
        }
        is_due
    }
}

impl<W: Write + Send> Progress for JsonLines<W> {
    fn job_started(&self, units: usize) {
        lock(&self.meter).units = units as u64;
        self.write(&json!({"progress": "started", "units": units}));
    }

    fn unit_started(&self, _: &str, length: Option<u64>) {
        lock(&self.meter).open(length);
    }

    fn advanced(&self, advance: &Advance<'_>) {
        let mut meter = lock(&self.meter);
        meter.advance(advance);
        if !self.is_due() {
            return;
        }
        let Sums {
            read,
            events,
            contributions,
        } = meter.sums();
        let elapsed = meter.started.elapsed().as_secs_f64();
        self.write(&json!({
            "progress": "reading",
            "unit": advance.unit,
            "units": meter.units,
            "units_finished": meter.finished,
            "bytes": read,
            "bytes_expected": meter.length(),
            "events": events,
            "contributions": contributions,
            "events_per_second": (events as f64 / elapsed.max(0.001)).round(),
            "seconds_left": meter.seconds_left(elapsed).map(f64::round),
        }));
    }

    fn unit_finished(&self, report: &UnitReport) {
        lock(&self.meter).finish(&report.name);
        let mut line = json!({"progress": report.outcome.status(), "unit": report.name});
        match &report.outcome {
            UnitOutcome::Completed(summary) => {
                line["events"] = summary.coverage.events.into();
                line["contributions"] = summary.coverage.contributions.into();
                line["damaged"] = summary.coverage.damaged.into();
            }
            UnitOutcome::Failed(reason) | UnitOutcome::Absent(reason) => {
                line["error"] = reason.as_str().into();
            }
            UnitOutcome::Skipped | UnitOutcome::Cancelled => {}
        }
        self.write(&line);
    }

    fn job_finished(&self) {
        let meter = lock(&self.meter);
        let Sums {
            events,
            contributions,
            ..
        } = meter.sums();
        self.write(&json!({
            "progress": "finished",
            "units": meter.units,
            "events": events,
            "contributions": contributions,
            "seconds": meter.started.elapsed().as_secs_f64(),
        }));
    }
}
