//! Periods: all time and the calendar ones, in UTC.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A span of whole UTC days that a board is about.
///
/// The text forms are `all`, `2016`, `2016-Q1`, `2016-01`, `2015-W53` (ISO
/// 8601 week) and `2016-01-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Period {
    /// Everything ever recorded.
    All,
    /// A calendar year.
    Year(i32),
    /// A quarter, 1 to 4, of a year.
    Quarter(i32, u32),
    /// A month, 1 to 12, of a year.
    Month(i32, u32),
    /// An ISO 8601 week of an ISO year.
    Week(i32, u32),
    /// One day.
    Day(NaiveDate),
}

/// The lengths a period may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is named after the period it stands for")]
pub enum PeriodKind {
    All,
    Year,
    Quarter,
    Month,
    Week,
    Day,
}

/// A text that names no period.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "{0:?} is no period; use all, 2016, 2016-Q1, 2016-01, 2015-W53, 2016-01-01, \
     or year, quarter, month, week, day for the current one"
)]
pub struct ParsePeriodError(String);

impl PeriodKind {
    /// Every kind, longest first.
    pub const ALL: [Self; 6] = [
        Self::All,
        Self::Year,
        Self::Quarter,
        Self::Month,
        Self::Week,
        Self::Day,
    ];

    /// The period of this kind that holds the day.
    #[must_use]
    pub fn containing(self, day: NaiveDate) -> Period {
        match self {
            Self::All => Period::All,
            Self::Year => Period::Year(day.year()),
            Self::Quarter => Period::Quarter(day.year(), day.month0() / 3 + 1),
            Self::Month => Period::Month(day.year(), day.month()),
            Self::Week => Period::Week(day.iso_week().year(), day.iso_week().week()),
            Self::Day => Period::Day(day),
        }
    }
}

impl Period {
    /// The six periods that hold a day.
    pub fn containing(day: NaiveDate) -> impl Iterator<Item = Self> {
        PeriodKind::ALL
            .into_iter()
            .map(move |kind| kind.containing(day))
    }

    /// Reads a period, taking `year`, `quarter`, `month`, `week` and `day` to
    /// mean the one that holds `today`.
    ///
    /// # Errors
    /// When the text is in no form of [`Period`].
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, ParsePeriodError> {
        let current = match text {
            "year" => PeriodKind::Year,
            "quarter" => PeriodKind::Quarter,
            "month" => PeriodKind::Month,
            "week" => PeriodKind::Week,
            "day" => PeriodKind::Day,
            _ => return text.parse(),
        };
        Ok(current.containing(today))
    }

    /// How long the period is.
    #[must_use]
    pub fn kind(self) -> PeriodKind {
        match self {
            Self::All => PeriodKind::All,
            Self::Year(_) => PeriodKind::Year,
            Self::Quarter(..) => PeriodKind::Quarter,
            Self::Month(..) => PeriodKind::Month,
            Self::Week(..) => PeriodKind::Week,
            Self::Day(_) => PeriodKind::Day,
        }
    }

    /// First day, and the day after the last; `None` for all time.
    #[must_use]
    pub fn days(self) -> Option<(NaiveDate, NaiveDate)> {
        let month_span = |year, month, length| {
            let first = NaiveDate::from_ymd_opt(year, month, 1)?;
            Some((first, first.checked_add_months(Months::new(length))?))
        };
        match self {
            Self::All => None,
            Self::Year(year) => month_span(year, 1, 12),
            Self::Quarter(year, quarter) => month_span(year, quarter * 3 - 2, 3),
            Self::Month(year, month) => month_span(year, month, 1),
            Self::Week(year, week) => {
                let monday = NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)?;
                Some((monday, monday.checked_add_days(Days::new(7))?))
            }
            Self::Day(day) => Some((day, day.succ_opt()?)),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => out.write_str("all"),
            Self::Year(year) => write!(out, "{year:04}"),
            Self::Quarter(year, quarter) => write!(out, "{year:04}-Q{quarter}"),
            Self::Month(year, month) => write!(out, "{year:04}-{month:02}"),
            Self::Week(year, week) => write!(out, "{year:04}-W{week:02}"),
            Self::Day(day) => write!(out, "{day}"),
        }
    }
}

impl FromStr for Period {
    type Err = ParsePeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_period(text)
            .filter(|period| *period == Self::All || period.days().is_some())
            .ok_or_else(|| ParsePeriodError(text.chars().take(40).collect()))
    }
}

fn parse_period(text: &str) -> Option<Period> {
    if text == "all" {
        return Some(Period::All);
    }
    if !text.is_ascii() || text.len() < 4 {
        return None;
    }
    let (year, rest) = text.split_at(4);
    if !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: i32 = year.parse().ok()?;
    let number = |digits: &str, length: usize| {
        let whole = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
        whole.then(|| digits.parse::<u32>().ok()).flatten()
    };
    match rest.as_bytes() {
        [] => Some(Period::Year(year)),
        [b'-', b'Q', ..] => number(&rest[2..], 1)
            .filter(|n| (1..=4).contains(n))
            .map(|n| Period::Quarter(year, n)),
        [b'-', b'W', ..] => number(&rest[2..], 2).map(|week| Period::Week(year, week)),
        [b'-', _, _] => number(&rest[1..], 2).map(|month| Period::Month(year, month)),
        [b'-', _, _, b'-', _, _] => {
            NaiveDate::from_ymd_opt(year, number(&rest[1..3], 2)?, number(&rest[4..], 2)?)
                .map(Period::Day)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_lies_in_six_periods_and_each_reads_back() {
        let periods: Vec<String> = Period::containing(day("2016-01-01"))
            .map(|period| period.to_string())
            .collect();
        assert_eq!(
            periods,
            [
                "all",
                "2016",
                "2016-Q1",
                "2016-01",
                "2015-W53",
                "2016-01-01"
            ]
        );
        for text in periods {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn spans_are_half_open() {
        assert_eq!(
            Period::Month(2024, 2).days(),
            Some((day("2024-02-01"), day("2024-03-01")))
        );
        assert_eq!(
            Period::Week(2015, 53).days(),
            Some((day("2015-12-28"), day("2016-01-04")))
        );
        assert_eq!(
            Period::Quarter(2015, 4).days(),
            Some((day("2015-10-01"), day("2016-01-01")))
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "2016-13",
            "2016-Q5",
            "2016-W54",
            "2016-02-30",
            "last",
            "２０１６",
            "2016-+1",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
        assert_eq!(
            Period::parse("week", day("2016-01-01")),
            Ok(Period::Week(2015, 53))
        );
    }
}
