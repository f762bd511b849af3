//! What was measured, as a table and as JSON.

use std::time::{Duration, Instant};

use anyhow::Context;
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde::Serialize;

/// Where the figures go besides the terminal.
const RESULTS: &str = "target/bench/results.json";

/// One comparison.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) what: String,
    /// Median seconds of ours and of the reference, for the same work; of
    /// memory, bytes of ours and how many there are.
    pub(crate) ours: f64,
    pub(crate) reference: f64,
    /// What is compared: time or memory (lower is better), or rate (higher is
    /// better).
    pub(crate) measure: Measure,
    pub(crate) goal: f64,
}

/// How a ratio is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Measure {
    /// Ours divided by the reference's time; at most the goal.
    Time,
    /// Our rate divided by the reference's; at least the goal.
    Rate,
    /// Bytes divided by how many there are; at most the goal.
    Memory,
    /// Bytes divided by the bytes of a smaller case; at most the goal.
    Growth,
    /// How many there are, divided by as many as before; at most the goal.
    Count,
}

impl Row {
    fn ratio(&self) -> f64 {
        match self.measure {
            Measure::Time | Measure::Memory | Measure::Growth | Measure::Count => {
                self.ours / self.reference
            }
            Measure::Rate => self.reference / self.ours,
        }
    }

    fn is_reached(&self) -> bool {
        match self.measure {
            Measure::Time | Measure::Memory | Measure::Growth | Measure::Count => {
                self.ratio() <= self.goal
            }
            Measure::Rate => self.ratio() >= self.goal,
        }
    }

    fn goal_text(&self) -> String {
        match self.measure {
            Measure::Time => format!("≤ {} × time", self.goal),
            Measure::Rate => format!("≥ {} × rate", self.goal),
            Measure::Memory => format!("≤ {} bytes each", self.goal),
            Measure::Growth => format!("≤ {} × bytes", self.goal),
            Measure::Count => format!("≤ {} × as many", self.goal),
        }
    }

    /// Ours and the reference, with units.
    fn values(&self) -> [String; 2] {
        match self.measure {
            Measure::Time | Measure::Rate => [self.ours, self.reference].map(time_text),
            Measure::Memory => [
                format!("{:.1} MB", self.ours / 1e6),
                format!("{:.0}", self.reference),
            ],
            Measure::Count => [self.ours, self.reference].map(|count| format!("{count:.0}")),
            Measure::Growth => {
                [self.ours, self.reference].map(|bytes| format!("{:.1} MB", bytes / 1e6))
            }
        }
    }
}

/// A time in seconds, or in milliseconds when it is short.
fn time_text(seconds: f64) -> String {
    if seconds < 0.1 {
        return format!("{:.2} ms", seconds * 1e3);
    }
    format!("{seconds:.3} s")
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<Row>);

impl Report {
    pub(crate) fn add(&mut self, row: Row) {
        let [ours, reference] = row.values();
        println!("{} {}: {ours}, {reference}", row.name, row.what);
        self.0.push(row);
    }

    pub(crate) fn add_all(&mut self, rows: Vec<Row>) {
        rows.into_iter().for_each(|row| self.add(row));
    }

    /// Adds a row whose reference may not be available here.
    pub(crate) fn add_or_skip(&mut self, name: &str, row: anyhow::Result<Row>) {
        match row {
            Ok(row) => self.add(row),
            Err(error) => println!("{name} not measured: {error:#}"),
        }
    }

    pub(crate) fn print(&self) {
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_header([
            "name",
            "what",
            "ours",
            "reference",
            "ratio",
            "goal",
            "verdict",
        ]);
        for row in &self.0 {
            let [ours, reference] = row.values();
            table.add_row([
                row.name.to_owned(),
                row.what.clone(),
                ours,
                reference,
                format!("{:.2}", row.ratio()),
                row.goal_text(),
                if row.is_reached() {
                    "reached"
                } else {
                    "missed"
                }
                .to_owned(),
            ]);
        }
        println!("\n{table}");
    }

    pub(crate) fn write(&self) -> anyhow::Result<()> {
        let path = std::path::Path::new(RESULTS);
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        std::fs::write(path, serde_json::to_vec_pretty(&self.0)?)
            .with_context(|| format!("cannot write {RESULTS}"))
    }
}

/// The time a piece of work takes, in seconds.
pub(crate) fn seconds<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<f64> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed().as_secs_f64())
}

/// The middle of several measurements.
pub(crate) fn median(mut measured: Vec<f64>) -> f64 {
    measured.sort_by(f64::total_cmp);
    measured
        .get(measured.len() / 2)
        .copied()
        .unwrap_or(f64::NAN)
}

/// Measures ours and the reference by turns.
pub(crate) fn by_turns(
    runs: usize,
    mut ours: impl FnMut() -> anyhow::Result<f64>,
    mut reference: impl FnMut() -> anyhow::Result<f64>,
) -> anyhow::Result<(f64, f64)> {
    let (mut of_ours, mut of_reference) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        of_reference.push(reference()?);
        of_ours.push(ours()?);
    }
    Ok((median(of_ours), median(of_reference)))
}

/// Seconds of a duration.
pub(crate) fn as_seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
