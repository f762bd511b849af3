//! Filling holes from BigQuery, within the budget.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::coverage::{DayToRead, RepairPlan};

use super::report::DayReport;
use super::{RepairError, RepairRequest, RepairServices};
use crate::passes::{
    self, Days, Pass, PassError, PassOptions, PassServices, plan, run, settle_expired,
};
use crate::scrape::Wanted;
use crate::sources::bigquery::Depth;

/// What reading a day would take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EstimatedDay {
    /// The UTC day.
    pub day: NaiveDate,
    /// Bytes that it would read, as a dry run says.
    pub bytes: u64,
}

/// What the days of a plan would read, without reading them. Empty where
/// BigQuery is not asked.
///
/// # Errors
/// [`PassError`] when BigQuery or the log does not answer.
pub async fn estimate(
    repair: &RepairPlan,
    services: &RepairServices,
    request: &RepairRequest,
) -> Result<Vec<EstimatedDay>, PassError> {
    let Some(bigquery) = &services.passes else {
        return Ok(Vec::new());
    };
    let passes = passes_of(repair, bigquery, request).await?;
    let estimates = passes::estimate(&passes, bigquery, Depth::Whole).await?;
    let days = passes.iter().zip(estimates);
    Ok(days
        .map(|(pass, bytes)| EstimatedDay {
            day: pass.day,
            bytes,
        })
        .collect())
}

/// Reads the days of a plan.
pub(super) async fn read_days(
    repair: &RepairPlan,
    services: &RepairServices,
    request: &RepairRequest,
) -> Result<Vec<DayReport>, RepairError> {
    let Some(bigquery) = &services.passes else {
        return Ok(Vec::new());
    };
    if repair.days.is_empty() {
        return Ok(Vec::new());
    }
    if let Err(error) = settle_expired(bigquery).await {
        return Ok(all_failed(repair, &error.to_string()));
    }
    let passes = passes_of(repair, bigquery, request).await?;
    let options = PassOptions {
        depth: Depth::Whole,
        job: services.job.clone(),
    };
    let reports = run(&passes, bigquery, &options).await.into_iter();
    Ok(reports
        .map(|report| DayReport {
            day: report.day,
            repositories: report.repositories,
            billed: report.billed,
            contributions: report.contributions,
            error: report.error.map(|error| error.to_string()),
        })
        .collect())
}

fn all_failed(repair: &RepairPlan, error: &str) -> Vec<DayReport> {
    let days = repair.days.iter();
    days.map(|day| DayReport {
        day: day.day,
        repositories: Vec::new(),
        billed: None,
        contributions: 0,
        error: Some(error.to_owned()),
    })
    .collect()
}

/// The passes over the days of a plan; days that were read meanwhile fall out.
async fn passes_of(
    repair: &RepairPlan,
    bigquery: &PassServices,
    request: &RepairRequest,
) -> Result<Vec<Pass>, event_log::LogError> {
    let ends = repair.days.first().zip(repair.days.last());
    let Some((first, last)) = ends.map(|(first, last)| (first.day, last.day)) else {
        return Ok(Vec::new());
    };
    let wanted = |places: &[usize]| -> Vec<Wanted> {
        let found = places
            .iter()
            .filter_map(|place| request.repositories.get(*place));
        found.map(|repository| repository.wanted.clone()).collect()
    };
    let all: BTreeSet<usize> = repair
        .days
        .iter()
        .flat_map(|day| day.repositories.iter().copied())
        .collect();
    let all: Vec<usize> = all.into_iter().collect();
    let days = Days {
        first: Some(first),
        last,
        floor: first,
        force: false,
    };
    let mut passes = plan(&wanted(&all), days, Depth::Whole, &bigquery.log).await?;
    for pass in &mut passes {
        let asked = repair.days.iter().find(|asked| asked.day == pass.day);
        let asked = asked.map_or(Vec::new(), |asked: &DayToRead| wanted(&asked.repositories));
        pass.repositories
            .retain(|part| asked.contains(&part.wanted));
    }
    passes.retain(|pass| !pass.repositories.is_empty());
    Ok(passes)
}
