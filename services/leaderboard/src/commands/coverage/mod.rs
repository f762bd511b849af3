//! `coverage`: what was read, what is missing, and filling that.

mod prices;
mod repair;
mod show;
mod sources;

use anyhow::Context;
use chrono::{DateTime, Utc};
use domain::coverage::Hole;
use serde_json::Value;

use crate::cli::Options;
use crate::cli::coverage::{Coverage, CoverageAction, Hours};

pub(super) async fn coverage(options: &Options, asked: &Coverage) -> anyhow::Result<()> {
    match (&asked.action, &asked.repository) {
        (Some(CoverageAction::Repair(wanted)), _) => repair::repair_coverage(options, wanted).await,
        (None, _) if asked.holes => show::show_holes(options, asked).await,
        (None, Some(repository)) => show::show_hours(options, asked, repository).await,
        (None, None) => super::ask::coverage(options, &asked.page, span_query(&asked.hours)).await,
    }
}

/// The span as the API takes it.
fn span_query(hours: &Hours) -> Vec<(&'static str, String)> {
    let instant = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let from = hours.first().map(|at| ("from", instant(at)));
    let to = hours.end().map(|at| ("to", instant(at)));
    from.into_iter().chain(to).collect()
}

fn holes_of(answer: &Value) -> anyhow::Result<Vec<Hole>> {
    let holes = serde_json::from_value(answer["holes"].clone());
    holes.context("the API is of another version: its holes cannot be read")
}
