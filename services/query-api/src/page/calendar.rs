//! The calendar of a contributor: a year of days, darker where more was done.

use std::collections::HashMap;

use chrono::{Datelike, Days, NaiveDate};

use super::words::{counted, day_words};
use crate::resources::contributor::DayActivity;

/// Weeks shown.
const WEEKS: u64 = 53;

/// Pixels from one square to the next.
const STEP: u64 = 13;

/// Room for the names of months and weekdays.
const TOP: u64 = 18;
const LEFT: u64 = 30;

/// A calendar, ready to be drawn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calendar {
    pub(crate) squares: Vec<Square>,
    pub(crate) months: Vec<MonthName>,
    pub(crate) width: u64,
    pub(crate) height: u64,
    /// What it shows, for those who do not see it.
    pub(crate) summary: String,
}

/// One day.
#[derive(Clone, Debug)]
pub(crate) struct Square {
    pub(crate) x: u64,
    pub(crate) y: u64,
    /// How dark, 0 to 4.
    pub(crate) level: u8,
    pub(crate) title: String,
}

/// Where a month begins.
#[derive(Clone, Debug)]
pub(crate) struct MonthName {
    pub(crate) x: u64,
    pub(crate) name: String,
}

/// Lays out the year that ends with the last active day's week.
pub(crate) fn calendar(activity: &[DayActivity]) -> Option<Calendar> {
    let last = activity.last()?.day;
    let monday =
        last.checked_sub_days(Days::new(u64::from(last.weekday().num_days_from_monday())))?;
    let first = monday.checked_sub_days(Days::new(7 * (WEEKS - 1)))?;
    let by_day: HashMap<NaiveDate, i64> = activity
        .iter()
        .map(|day| (day.day, day.contributions))
        .collect();
    let most = by_day.values().copied().max().unwrap_or(0);
    let days = (0..WEEKS * 7).filter_map(|offset| {
        let day = first.checked_add_days(Days::new(offset))?;
        Some((offset, day))
    });
    let squares = days
        .filter(|(_, day)| *day <= last)
        .map(|(offset, day)| square(offset, day, by_day.get(&day).copied().unwrap_or(0), most))
        .collect();
    let total: i64 = by_day.values().sum();
    Some(Calendar {
        squares,
        months: months(first),
        width: LEFT + WEEKS * STEP,
        height: TOP + 7 * STEP,
        summary: format!(
            "{} on {} between {} and {}; at most {} on one day",
            counted(total, "contribution", "contributions"),
            counted(i64::try_from(by_day.len()).unwrap_or(0), "day", "days"),
            day_words(first),
            day_words(last),
            crate::points::number(most),
        ),
    })
}

fn square(offset: u64, day: NaiveDate, contributions: i64, most: i64) -> Square {
    Square {
        x: LEFT + offset / 7 * STEP,
        y: TOP + offset % 7 * STEP,
        level: level(contributions, most),
        title: format!(
            "{}: {}",
            day_words(day),
            counted(contributions, "contribution", "contributions")
        ),
    }
}

/// Shades by the square root, so that one enormous day does not bleach the
/// others.
fn level(contributions: i64, most: i64) -> u8 {
    let is_above = |quarters: i64| contributions * 16 > most * quarters * quarters;
    match contributions {
        ..=0 => 0,
        _ if is_above(3) => 4,
        _ if is_above(2) => 3,
        _ if is_above(1) => 2,
        _ => 1,
    }
}

/// The names of the months, above the week that holds their first day.
fn months(first: NaiveDate) -> Vec<MonthName> {
    (0..WEEKS - 2)
        .filter_map(|week| {
            let sunday = first.checked_add_days(Days::new(week * 7 + 6))?;
            (sunday.day() <= 7).then(|| MonthName {
                x: LEFT + week * STEP,
                name: sunday.format("%b").to_string(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active(day: &str, contributions: i64) -> DayActivity {
        DayActivity {
            day: day.parse().unwrap(),
            contributions,
        }
    }

    #[test]
    fn a_year_ends_with_the_last_active_day() {
        let calendar = calendar(&[active("2015-12-30", 4), active("2016-01-01", 100)]).unwrap();
        // 52 whole weeks and Monday to Friday.
        assert_eq!(calendar.squares.len(), 52 * 7 + 5);
        let last = calendar.squares.last().unwrap();
        assert_eq!(last.level, 4);
        assert_eq!(last.title, "1 Jan 2016: 100 contributions");
        assert!(calendar.summary.starts_with("104 contributions on 2 days"));
        assert_eq!(calendar.months.len(), 12);
    }

    #[test]
    fn nothing_done_is_no_calendar() {
        assert!(calendar(&[]).is_none());
    }

    #[test]
    fn shades_grow_with_the_root() {
        let levels = [0, 1, 6, 7, 25, 26, 56, 57, 100].map(|count| level(count, 100));
        assert_eq!(levels, [0, 1, 1, 2, 2, 3, 3, 4, 4]);
        assert_eq!(level(1, 1), 4);
    }
}
