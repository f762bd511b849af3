//! What data costs: what may be spent, what was, and what the month comes to.

mod daily;
mod gauge;
mod shares;

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};

use self::daily::{Day, daily};
use self::gauge::{Gauge, gauges};
use self::shares::{ShareTable, share_tables};
use super::amount::{Amount, bytes_words};
use super::chart::Chart;
use super::choices::Choice;
use super::relative::Relative;
use super::{Layout, respond_unkept};
use crate::handlers::SharedApi;
use crate::handlers::budget::read_month;
use crate::parameters::{MonthParameters, Parameters};
use crate::problem::Problem;
use crate::resources::budget::{
    BudgetAnswer, BudgetLimits, BudgetRefusal, OutstandingReservation, load_budget,
};

/// Something that counts as spent until it is known what was.
struct OutstandingView {
    job: String,
    source: &'static str,
    reference: String,
    amount: Amount,
    reserved: Relative,
    expires: Relative,
}

/// Something that may not be spent.
struct RefusalView {
    job: String,
    amount: Amount,
    limit: String,
    left: Amount,
    when: Relative,
}

/// Who said how much may be spent.
struct LimitsView {
    per_job: Amount,
    tebibyte: Amount,
    free: String,
    actor: String,
    reason: String,
    defined: Relative,
}

#[derive(Template)]
#[template(path = "costs.html")]
struct CostsPage {
    layout: Layout,
    month: String,
    month_value: String,
    previous: Option<Choice>,
    next: Option<Choice>,
    limits: Option<LimitsView>,
    gauges: Vec<Gauge>,
    settled: Amount,
    reserved: Amount,
    assumed: Option<Amount>,
    forecast: Option<Amount>,
    /// Whether the forecast is more than may be spent.
    is_above: bool,
    nothing: bool,
    chart: Option<Chart>,
    days: Vec<Day>,
    shares: Vec<ShareTable>,
    outstanding: Vec<OutstandingView>,
    refusals: Vec<RefusalView>,
    thresholds: Vec<(String, Relative)>,
}

pub(crate) async fn show_costs(
    api: SharedApi,
    Parameters(given): Parameters<MonthParameters>,
) -> Result<Response, Problem> {
    let now = api.now();
    let month = read_month(&given.month, now.date_naive())?;
    let mut snapshot = api.snapshot().await?;
    let budget = load_budget(&mut snapshot, month, now).await?;
    let description = "What may be spent on data, what was, and what the month comes to.";
    let mut layout = Layout::new(&api, "Costs", description);
    layout.active = "costs";
    layout.json = Some(format!("/api/v1/budget?month={}", budget.month));
    respond_unkept(&costs_page(layout, budget, month, now))
}

fn costs_page(
    layout: Layout,
    budget: BudgetAnswer,
    month: NaiveDate,
    now: DateTime<Utc>,
) -> CostsPage {
    let is_present = budget.today.is_some();
    let days = daily(&budget, month, now.date_naive());
    let limit = budget.limits.as_ref().map(|limits| limits.month_micros);
    let forecast = budget.forecast_micros;
    let thresholds = budget.thresholds.iter().map(|reached| {
        let what = format!("{} % of the {}", reached.percent, reached.limit);
        (what, Relative::of(reached.reached_at, now))
    });
    CostsPage {
        layout,
        month: month.format("%B %Y").to_string(),
        month_value: budget.month.clone(),
        previous: other_month(month.checked_sub_months(Months::new(1))),
        next: other_month(month.checked_add_months(Months::new(1))).filter(|_| !is_present),
        gauges: gauges(&budget),
        settled: Amount::of(budget.spent.settled_micros),
        reserved: Amount::of(budget.spent.reserved_micros),
        assumed: Some(budget.spent.assumed_micros)
            .filter(|assumed| *assumed > 0)
            .map(Amount::of),
        forecast: forecast.map(Amount::of),
        is_above: forecast.zip(limit).is_some_and(|(sum, limit)| sum > limit),
        nothing: budget.by_day.is_empty(),
        chart: days.1,
        days: days.0,
        thresholds: thresholds.collect(),
        limits: budget.limits.map(|limits| LimitsView::of(limits, now)),
        shares: share_tables(budget.by_source, budget.by_repository, budget.by_job),
        outstanding: budget
            .outstanding
            .into_iter()
            .map(|one| OutstandingView::of(one, now))
            .collect(),
        refusals: budget
            .refusals
            .into_iter()
            .map(|one| RefusalView::of(one, now))
            .collect(),
    }
}

fn other_month(month: Option<NaiveDate>) -> Option<Choice> {
    let month = month.filter(|month| month.year() >= 2000)?;
    let value = month.format("%Y-%m").to_string();
    Some(Choice {
        label: month.format("%B %Y").to_string(),
        title: month.format("%B %Y").to_string(),
        address: format!("/costs?month={value}"),
        value,
        selected: false,
    })
}

impl LimitsView {
    fn of(limits: BudgetLimits, now: DateTime<Utc>) -> Self {
        Self {
            per_job: Amount::of(limits.job_micros),
            tebibyte: Amount::of(limits.tebibyte_micros),
            free: bytes_words(limits.free_bytes),
            actor: limits.actor,
            reason: limits.reason,
            defined: Relative::of(limits.defined_at, now),
        }
    }
}

impl OutstandingView {
    fn of(one: OutstandingReservation, now: DateTime<Utc>) -> Self {
        Self {
            job: one.job,
            source: one.source,
            reference: one.reference,
            amount: Amount::of(one.micros),
            reserved: Relative::of(one.reserved_at, now),
            expires: Relative::of(one.expires_at, now),
        }
    }
}

impl RefusalView {
    fn of(one: BudgetRefusal, now: DateTime<Utc>) -> Self {
        Self {
            job: one.job,
            amount: Amount::of(one.micros),
            limit: one.limit,
            left: Amount::of(one.left_micros),
            when: Relative::of(one.refused_at, now),
        }
    }
}

impl CostsPage {
    /// The sentence under the heading.
    fn lede(&self) -> String {
        let settled = &self.settled.shown;
        match self.gauges.first() {
            None if self.nothing => "Nothing was spent, and nothing may be.".to_owned(),
            None => format!("{settled} was spent, and nothing more may be."),
            Some(gauge) => format!(
                "{} of {} is spent or reserved.",
                gauge.taken.shown, gauge.limit.shown
            ),
        }
    }
}
