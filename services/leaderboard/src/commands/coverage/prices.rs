//! What filling holes costs, by dry runs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::coverage::{DayToRead, Hole, RepairPlan};
use runtime::{Clock, SystemClock};
use scraper::repair::{RepairRequest, RepairServices, estimate};

use super::sources::{Sources, services};
use crate::cli::Options;
use crate::cli::bigquery::BigQueryOptions;
use crate::commands::tracking::repairable;

/// What days of BigQuery cost at most, by dry runs; none where it is not asked.
pub(super) async fn prices(
    options: &Options,
    bigquery: &BigQueryOptions,
    named: &[String],
    holes: &[Hole],
) -> anyhow::Result<BTreeMap<NaiveDate, u64>> {
    if bigquery.project.is_none() {
        return Ok(BTreeMap::new());
    }
    let log = options.connect_log().await?;
    let repositories = repairable(named, &log).await?;
    let services = services(log, Sources::bigquery_alone(bigquery)).await?;
    let request = RepairRequest {
        repositories,
        ..RepairRequest::default()
    };
    let today = SystemClock.now().date_naive();
    let days: BTreeSet<NaiveDate> = holes
        .iter()
        .flat_map(Hole::hours)
        .map(|hour| hour.date_naive())
        .filter(|day| *day < today)
        .collect();
    let all: Vec<usize> = (0..request.repositories.len()).collect();
    let days = days.into_iter().map(|day| DayToRead {
        day,
        repositories: all.clone(),
    });
    let asked = RepairPlan {
        days: days.collect(),
        ..RepairPlan::default()
    };
    priced(&asked, &services, &request).await
}

/// What the days of a plan cost at most when no free bytes are left, in
/// millionths of a dollar.
pub(super) async fn priced(
    asked: &RepairPlan,
    services: &RepairServices,
    request: &RepairRequest,
) -> anyhow::Result<BTreeMap<NaiveDate, u64>> {
    let Some(passes) = &services.passes else {
        return Ok(BTreeMap::new());
    };
    let ledger = passes.ledger.ledger(passes.clock.now()).await?;
    let price = ledger.definition().map(|defined| defined.price.clone());
    let price = price.unwrap_or_default();
    let estimates = estimate(asked, services, request).await?.into_iter();
    Ok(estimates
        .map(|day| (day.day, price.of(day.bytes).micros()))
        .collect())
}

/// Dollars for the days of a hole; `None` where nobody asked.
pub(super) fn dollars(hole: &Hole, prices: &BTreeMap<NaiveDate, u64>) -> Option<String> {
    let days: BTreeSet<NaiveDate> = hole.hours().map(|hour| hour.date_naive()).collect();
    let known: Vec<u64> = days
        .iter()
        .filter_map(|day| prices.get(day).copied())
        .collect();
    (!known.is_empty()).then(|| dollars_of(known.iter().sum()))
}

pub(super) fn dollars_of(micros: u64) -> String {
    domain::budget::Money::from_micros(micros).to_string()
}
