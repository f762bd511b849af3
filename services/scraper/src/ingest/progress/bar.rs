//! A bar on a terminal.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::meter::{Meter, Sums};
use super::{Advance, Progress, lock};
use crate::ingest::{UnitOutcome, UnitReport};

/// A bar with rate and time left.
pub struct Bar {
    bar: ProgressBar,
    meter: Mutex<Meter>,
}

impl Bar {
    /// A bar drawn on a target.
    #[must_use]
    pub fn new(target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        let template = "{bar:24} {bytes}/{total_bytes} {binary_bytes_per_sec}, {eta} left  {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let meter = Mutex::new(Meter::new());
        Self { bar, meter }
    }

    fn draw(&self, meter: &Meter) {
        let Sums {
            read,
            events,
            contributions,
        } = meter.sums();
        if let Some(length) = meter.length() {
            self.bar.set_length(length.max(read));
        }
        self.bar.set_position(read);
        self.bar.set_message(format!(
            "{}/{} files, {events} events, {contributions} contributions",
            meter.finished, meter.units
        ));
    }
}

impl Progress for Bar {
    fn job_started(&self, units: usize) {
        lock(&self.meter).units = units as u64;
    }

    fn unit_started(&self, _: &str, length: Option<u64>) {
        lock(&self.meter).open(length);
    }

    fn advanced(&self, advance: &Advance<'_>) {
        let mut meter = lock(&self.meter);
        meter.advance(advance);
        self.draw(&meter);
    }

    fn unit_finished(&self, report: &UnitReport) {
        let mut meter = lock(&self.meter);
        meter.finish(&report.name);
        self.draw(&meter);
        if let UnitOutcome::Failed(reason) = &report.outcome {
            self.bar.println(format!("{}: {reason}", report.name));
        }
    }

    fn job_finished(&self) {
        self.bar.finish();
    }
}
