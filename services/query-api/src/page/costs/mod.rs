//! What data costs: what may be spent, what was, and what the month comes to.

mod daily;

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use domain::Source;

use self::daily::{Day, daily};
use super::amount::{Amount, bytes_words};
use super::chart::Chart;
use super::choices::Choice;
use super::relative::Relative;
use super::words::source_words;
use super::{Layout, respond_unkept};
use crate::addresses::repository_path;
use crate::handlers::SharedApi;
use crate::handlers::budget::read_month;
use crate::parameters::{MonthParameters, Parameters};
use crate::points::number;
use crate::problem::Problem;
use crate::resources::budget::{
    BudgetAnswer, BudgetLimits, BudgetRefusal, OutstandingReservation, SpentShare, SpentSums,
    load_budget,
};

/// How much of a limit is taken, as a bar.
struct Gauge {
    name: &'static str,
    taken: Amount,
    left: Amount,
    limit: Amount,
    percent: String,
    /// Thousandths of the bar that are settled, and that are reserved besides.
    settled: u64,
    reserved: u64,
    /// Where on the bar the month will end, as far as it is on it.
    forecast: Option<u64>,
    /// The class of the colour in the style sheet.
    colour: &'static str,
}

/// What was spent for one thing.
struct ShareView {
    name: String,
    page: Option<String>,
    queries: String,
    bytes: String,
    settled: Amount,
    reserved: Amount,
    /// Thousandths of the largest.
    length: u64,
}

/// A table of shares.
struct ShareTable {
    id: &'static str,
    heading: &'static str,
    /// What stands above the names.
    of: &'static str,
    rows: Vec<ShareView>,
}

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

/// The gauges of the month and of today.
fn gauges(budget: &BudgetAnswer) -> Vec<Gauge> {
    let Some(limits) = &budget.limits else {
        return Vec::new();
    };
    let month = gauge(
        "The month",
        &budget.spent,
        limits.month_micros,
        budget.forecast_micros,
    );
    let today = budget.today.as_ref();
    let today = today.map(|spent| gauge("Today", spent, limits.day_micros, None));
    std::iter::once(month).chain(today).collect()
}

fn gauge(name: &'static str, spent: &SpentSums, limit: u64, forecast: Option<u64>) -> Gauge {
    let taken = spent.settled_micros.saturating_add(spent.reserved_micros);
    let part = |sum: u64, of: u64| {
        let part = u128::from(sum) * u128::from(of) / u128::from(limit.max(1));
        u64::try_from(part).unwrap_or(u64::MAX)
    };
    let settled = part(spent.settled_micros, 1_000).min(1_000);
    let percent = part(taken, 100);
    Gauge {
        name,
        taken: Amount::of(taken),
        left: Amount::of(limit.saturating_sub(taken)),
        limit: Amount::of(limit),
        percent: number(i64::try_from(percent).unwrap_or(i64::MAX)),
        settled,
        reserved: part(taken, 1_000).min(1_000) - settled,
        forecast: forecast
            .map(|forecast| part(forecast, 1_000))
            .filter(|place| (1..=1_000).contains(place)),
        colour: match percent {
            90.. => "missing",
            70..90 => "partial",
            _ => "complete",
        },
    }
}

fn share_tables(
    sources: Vec<SpentShare>,
    repositories: Vec<SpentShare>,
    jobs: Vec<SpentShare>,
) -> Vec<ShareTable> {
    let table = |id, heading, of, rows| ShareTable {
        id,
        heading,
        of,
        rows,
    };
    let source = |name: &str| {
        let known = [
            Source::Archive,
            Source::Api,
            Source::Webhook,
            Source::Bigquery,
        ];
        let known = known.into_iter().find(|source| source.as_str() == name);
        let words = known.map(|source| source_words(source).to_owned());
        (words.unwrap_or_else(|| name.to_owned()), None)
    };
    let repository = |name: &str| match name {
        "all" => ("All repositories at once".to_owned(), None),
        name => {
            let page = format!("/repositories/{}", repository_path(name));
            (name.to_owned(), Some(page))
        }
    };
    let job = |name: &str| {
        let page = format!("/operations?name={name}#jobs");
        (name.to_owned(), Some(page))
    };
    vec![
        table(
            "by-source",
            "By source",
            "Source",
            share_views(sources, source),
        ),
        table(
            "by-repository",
            "By repository",
            "Repository",
            share_views(repositories, repository),
        ),
        table("by-job", "By job", "Job", share_views(jobs, job)),
    ]
}

/// The dearest first.
fn share_views(
    mut shares: Vec<SpentShare>,
    named: impl Fn(&str) -> (String, Option<String>),
) -> Vec<ShareView> {
    let sum = |share: &SpentShare| share.settled_micros.saturating_add(share.reserved_micros);
    shares.sort_by_key(|share| std::cmp::Reverse(sum(share)));
    let most = shares.first().map_or(0, sum).max(1);
    shares
        .into_iter()
        .map(|share| {
            let (name, page) = named(&share.name);
            let length = u128::from(sum(&share)) * 1_000 / u128::from(most);
            ShareView {
                name,
                page,
                queries: number(i64::try_from(share.queries).unwrap_or(i64::MAX)),
                bytes: bytes_words(share.bytes),
                settled: Amount::of(share.settled_micros),
                reserved: Amount::of(share.reserved_micros),
                length: u64::try_from(length).unwrap_or(1_000),
            }
        })
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(settled: u64, reserved: u64) -> SpentSums {
        SpentSums {
            settled_micros: settled,
            reserved_micros: reserved,
            assumed_micros: 0,
        }
    }

    #[test]
    fn a_gauge_is_full_at_its_limit_and_no_fuller() {
        let half = gauge("The month", &spent(250, 250), 1_000, Some(900));
        assert_eq!((half.settled, half.reserved), (250, 250));
        assert_eq!((half.percent.as_str(), half.colour), ("50", "complete"));
        assert_eq!(half.forecast, Some(900));
        let over = gauge("Today", &spent(900, 900), 1_000, Some(1_001));
        assert_eq!(over.settled + over.reserved, 1_000);
        assert_eq!((over.percent.as_str(), over.colour), ("180", "missing"));
        assert_eq!(over.forecast, None);
        assert_eq!(gauge("Today", &spent(0, 0), 0, None).percent, "0");
    }

    #[test]
    fn the_dearest_come_first() {
        let share = |name: &str, settled_micros| SpentShare {
            name: name.to_owned(),
            queries: 1,
            bytes: 1,
            settled_micros,
            reserved_micros: 0,
        };
        let shares = vec![share("a", 1), share("b", 4)];
        let views = share_views(shares, |name| (name.to_owned(), None));
        let told: Vec<(&str, u64)> = views
            .iter()
            .map(|view| (view.name.as_str(), view.length))
            .collect();
        assert_eq!(told, [("b", 1_000), ("a", 250)]);
    }
}
