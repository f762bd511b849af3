//! Money: what may be spent, and what was.

use axum::response::Response;
use chrono::{Datelike, NaiveDate};

use super::{SharedApi, json_unkept};
use crate::parameters::{MonthParameters, Parameters};
use crate::problem::Problem;
use crate::resources::budget::{BudgetAnswer, load_budget};

/// A month's money
///
/// What may be spent on data, what was, what is reserved, for which job,
/// source, repository and day, and what was refused.
#[utoipa::path(
    get, path = "/api/v1/budget", tag = "operations",
    operation_id = "getBudget", params(MonthParameters),
    responses(
        (status = 200, description = "The month's money.", body = BudgetAnswer),
    )
)]
pub(crate) async fn get_budget(
    api: SharedApi,
    Parameters(given): Parameters<MonthParameters>,
) -> Result<Response, Problem> {
    let now = api.now();
    let month = read_month(&given.month, now.date_naive())?;
    let mut snapshot = api.snapshot().await?;
    json_unkept(&load_budget(&mut snapshot, month, now).await?)
}

/// The first day of a month; the present one where none is given.
pub(crate) fn read_month(given: &str, today: NaiveDate) -> Result<NaiveDate, Problem> {
    let month = match given {
        "" => today.with_day(1),
        // Exactly as it is named elsewhere: 2026-11, not 2026-1 or +2026-11.
        text if text.len() == 7 => format!("{text}-01").parse::<NaiveDate>().ok(),
        _ => None,
    };
    month.ok_or_else(|| Problem::parameter("month", given, "use a UTC month such as 2026-11"))
}
