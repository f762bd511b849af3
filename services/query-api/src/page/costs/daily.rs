//! What was spent day by day, as a chart and as rows.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};

use crate::page::amount::{Amount, bytes_words, dollars, short_dollars};
use crate::page::chart::{Chart, Plot, Series, Shape, chart};
use crate::page::words::day_words;
use crate::points::number;
use crate::resources::budget::{BudgetAnswer, SpentShare};

/// What a day cost.
pub(super) struct Day {
    pub(super) day: String,
    pub(super) queries: String,
    pub(super) bytes: String,
    pub(super) settled: Amount,
    pub(super) reserved: Amount,
}

/// The days on which anything was spent, newest first, and all days of the
/// month up to today as a chart.
pub(super) fn daily(
    budget: &BudgetAnswer,
    month: NaiveDate,
    today: NaiveDate,
) -> (Vec<Day>, Option<Chart>) {
    let by_day: HashMap<NaiveDate, &SpentShare> = budget
        .by_day
        .iter()
        .filter_map(|share| Some((share.name.parse().ok()?, share)))
        .collect();
    let days: Vec<NaiveDate> = (0..31)
        .filter_map(|offset| month.checked_add_days(Days::new(offset)))
        .filter(|day| chrono::Datelike::month(day) == chrono::Datelike::month(&month))
        .collect();
    let places: Vec<(String, String)> = days
        .iter()
        .map(|day| (day.format("%-d").to_string(), day_words(*day)))
        .collect();
    let values = |of: fn(&SpentShare) -> u64| -> Vec<i64> {
        let value = |day: &NaiveDate| {
            let micros = by_day.get(day).map_or(0, |share| of(share));
            i64::try_from(micros).unwrap_or(i64::MAX)
        };
        days.iter().map(value).collect()
    };
    let series = |name: &str, colour, values| Series {
        name: name.to_owned(),
        colour,
        values,
    };
    let limit = budget.limits.as_ref().map(|limits| {
        let ceiling = i64::try_from(limits.day_micros).unwrap_or(i64::MAX);
        let name = format!("at most {} a day", short_dollars(limits.day_micros));
        (ceiling, name)
    });
    let drawn = chart(&Plot {
        summary: summary(budget, today),
        shape: Shape::Stacked,
        places: &places,
        series: vec![
            series("Spent", "k-settled", values(|share| share.settled_micros)),
            series(
                "Reserved",
                "k-reserved",
                values(|share| share.reserved_micros),
            ),
        ],
        limit,
        scale: |micros| short_dollars(micros.unsigned_abs()),
        words: |micros| dollars(micros.unsigned_abs()),
    });
    let mut rows: Vec<_> = by_day.into_iter().collect();
    rows.sort_by_key(|(day, _)| std::cmp::Reverse(*day));
    let rows = rows.into_iter().map(|(day, share)| Day {
        day: day_words(day),
        queries: number(i64::try_from(share.queries).unwrap_or(i64::MAX)),
        bytes: bytes_words(share.bytes),
        settled: Amount::of(share.settled_micros),
        reserved: Amount::of(share.reserved_micros),
    });
    (rows.collect(), drawn)
}

fn summary(budget: &BudgetAnswer, today: NaiveDate) -> String {
    let spent = &budget.spent;
    let dearest = budget
        .by_day
        .iter()
        .max_by_key(|share| share.settled_micros.saturating_add(share.reserved_micros));
    let dearest = dearest.map_or_else(String::new, |share| {
        let sum = share.settled_micros.saturating_add(share.reserved_micros);
        let day = share
            .name
            .parse()
            .map_or_else(|_| share.name.clone(), |day: NaiveDate| day_words(day));
        format!("; the most, {}, on {day}", dollars(sum))
    });
    let until = match budget.today {
        Some(_) => format!(" up to {}", day_words(today)),
        None => String::new(),
    };
    format!(
        "Spending by day{until}: {} spent, {} reserved{dearest}",
        dollars(spent.settled_micros),
        dollars(spent.reserved_micros)
    )
}
