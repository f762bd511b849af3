//! How much of a limit is taken.

use crate::page::amount::Amount;
use crate::points::number;
use crate::resources::budget::{BudgetAnswer, SpentSums};

/// How much of a limit is taken, as a bar.
pub(super) struct Gauge {
    pub(super) name: &'static str,
    pub(super) taken: Amount,
    pub(super) left: Amount,
    pub(super) limit: Amount,
    pub(super) percent: String,
    /// Thousandths of the bar that are settled, and that are reserved besides.
    pub(super) settled: u64,
    pub(super) reserved: u64,
    /// Where on the bar the month will end, as far as it is on it.
    pub(super) forecast: Option<u64>,
    /// The class of the colour in the style sheet.
    pub(super) colour: &'static str,
}

/// The gauges of the month and of today.
pub(super) fn gauges(budget: &BudgetAnswer) -> Vec<Gauge> {
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
}
