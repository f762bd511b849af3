//! Periods: all time, the calendar ones, and any span of days, in UTC.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A span of whole UTC days that a board is about.
///
/// The text forms are `all`, `2016`, `2016-Q1`, `2016-01`, `2015-W53` (ISO
/// 8601 week), `2016-01-01` and `2016-01-04..2016-02-15`.
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
    /// From a day to another, both included; no span that another of these
    /// names, see [`Period::spanning`].
    Range(NaiveDate, NaiveDate),
}

/// The lengths, in days, of windows that end today and move at midnight.
pub const ROLLING_DAYS: [u16; 4] = [7, 28, 90, 365];

/// The sorts of periods there are.
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
    Range,
}

/// A text that names no period.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "{0:?} is no period; use all, 2016, 2016-Q1, 2016-01, 2015-W53, 2016-01-01, \
     2016-01-04..2016-02-15, year, quarter, month, week, day for the current one, \
     or 7d, 28d, 90d, 365d for the days up to today"
)]
pub struct ParsePeriodError(String);

impl PeriodKind {
    /// The sorts of which one period holds each day, longest first.
    pub const CALENDAR: [Self; 6] = [
        Self::All,
        Self::Year,
        Self::Quarter,
        Self::Month,
        Self::Week,
        Self::Day,
    ];
}

impl Period {
    /// All time, and the five calendar periods that hold a day, longest first.
    pub fn containing(day: NaiveDate) -> impl Iterator<Item = Self> {
        let week = day.iso_week();
        [
            Self::All,
            Self::Year(day.year()),
            Self::Quarter(day.year(), day.month0() / 3 + 1),
            Self::Month(day.year(), day.month()),
            Self::Week(week.year(), week.week()),
            Self::Day(day),
        ]
        .into_iter()
    }

    /// The calendar period of a kind that holds a day.
    fn of_kind(kind: PeriodKind, day: NaiveDate) -> Option<Self> {
        Self::containing(day).find(|period| period.kind() == kind)
    }

    /// The period of these days, both included: a calendar period where they
    /// are one, so that equal spans are equal. `None` for days in no order.
    #[must_use]
    pub fn spanning(first: NaiveDate, last: NaiveDate) -> Option<Self> {
        let end = last.succ_opt().filter(|_| first <= last)?;
        let calendar = Self::containing(first).find(|period| period.days() == Some((first, end)));
        Some(calendar.unwrap_or(Self::Range(first, last)))
    }

    /// The window of so many days whose last is `last`.
    #[must_use]
    pub fn rolling(days: u16, last: NaiveDate) -> Option<Self> {
        let before = Days::new(u64::from(days.checked_sub(1)?));
        Self::spanning(last.checked_sub_days(before)?, last)
    }

    /// Reads a period, taking `year`, `quarter`, `month`, `week` and `day` to
    /// mean the one that holds `today`, and `7d`, `28d`, `90d` and `365d` the
    /// days up to it.
    ///
    /// # Errors
    /// When the text is in no form of [`Period`].
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, ParsePeriodError> {
        let kind = match text {
            "year" => PeriodKind::Year,
            "quarter" => PeriodKind::Quarter,
            "month" => PeriodKind::Month,
            "week" => PeriodKind::Week,
            "day" => PeriodKind::Day,
            _ => {
                let mut lengths = ROLLING_DAYS.into_iter();
                let length = lengths.find(|length| text == format!("{length}d"));
                let rolling = length.and_then(|length| Self::rolling(length, today));
                return rolling.map_or_else(|| text.parse(), Ok);
            }
        };
        Self::of_kind(kind, today).ok_or_else(|| ParsePeriodError(text.to_owned()))
    }

    /// The period of the same sort, or of as many days, that ends where this
    /// one begins; none before all time.
    #[must_use]
    pub fn previous(self) -> Option<Self> {
        let (first, end) = self.days()?;
        match self {
            Self::Range(..) => {
                let length = end.signed_duration_since(first);
                Self::spanning(first.checked_sub_signed(length)?, first.pred_opt()?)
            }
            _ => Self::of_kind(self.kind(), first.pred_opt()?),
        }
    }

    /// The period of the same sort, or of as many days, that begins where this
    /// one ends.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        let (first, end) = self.days()?;
        match self {
            Self::Range(..) => {
                let length = end.signed_duration_since(first);
                Self::spanning(end, end.checked_add_signed(length)?.pred_opt()?)
            }
            _ => Self::of_kind(self.kind(), end),
        }
    }

    /// What sort of period it is.
    #[must_use]
    pub fn kind(self) -> PeriodKind {
        match self {
            Self::All => PeriodKind::All,
            Self::Year(_) => PeriodKind::Year,
            Self::Quarter(..) => PeriodKind::Quarter,
            Self::Month(..) => PeriodKind::Month,
            Self::Week(..) => PeriodKind::Week,
            Self::Day(_) => PeriodKind::Day,
            Self::Range(..) => PeriodKind::Range,
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
            Self::Range(first, last) => Some((first, last.succ_opt()?)),
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
            Self::Range(first, last) => write!(out, "{first}..{last}"),
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
    if let Some((first, last)) = text.split_once("..") {
        return Period::spanning(parse_day(first)?, parse_day(last)?);
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

fn parse_day(text: &str) -> Option<NaiveDate> {
    match parse_period(text)? {
        Period::Day(day) => Some(day),
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
    fn spans_that_the_calendar_names_go_by_that_name() {
        for (text, period) in [
            ("2016-01-01..2016-12-31", Period::Year(2016)),
            ("2024-01-01..2024-03-31", Period::Quarter(2024, 1)),
            ("2024-02-01..2024-02-29", Period::Month(2024, 2)),
            ("2015-12-28..2016-01-03", Period::Week(2015, 53)),
            ("2016-01-01..2016-01-01", Period::Day(day("2016-01-01"))),
            (
                "2024-02-01..2024-02-28",
                Period::Range(day("2024-02-01"), day("2024-02-28")),
            ),
        ] {
            assert_eq!(text.parse(), Ok(period), "{text}");
            assert_eq!(period.to_string().parse(), Ok(period), "{text}");
        }
    }

    #[test]
    fn windows_end_today_and_are_as_long_as_they_say() {
        let window = |text| Period::parse(text, day("2024-03-01")).unwrap().days();
        assert_eq!(window("7d"), Some((day("2024-02-24"), day("2024-03-02"))));
        assert_eq!(window("28d"), Some((day("2024-02-03"), day("2024-03-02"))));
        assert_eq!(window("90d"), Some((day("2023-12-03"), day("2024-03-02"))));
        assert_eq!(window("365d"), Some((day("2023-03-03"), day("2024-03-02"))));
        assert!(Period::parse("8d", day("2024-03-01")).is_err());
    }

    #[test]
    fn periods_follow_each_other_without_gap() {
        let neighbours = |text: &str| {
            let period: Period = text.parse().unwrap();
            [period.previous(), period.next()].map(|found| found.map(|period| period.to_string()))
        };
        let some = |texts: [&str; 2]| texts.map(|text| Some(text.to_owned()));
        for (text, expected) in [
            ("2016", ["2015", "2017"]),
            ("2016-Q1", ["2015-Q4", "2016-Q2"]),
            ("2016-01", ["2015-12", "2016-02"]),
            ("2016-W01", ["2015-W53", "2016-W02"]),
            ("2024-02-29", ["2024-02-28", "2024-03-01"]),
            (
                "2024-02-28..2024-03-01",
                ["2024-02-25..2024-02-27", "2024-03-02..2024-03-04"],
            ),
        ] {
            assert_eq!(neighbours(text), some(expected), "{text}");
        }
        assert_eq!(neighbours("all"), [None, None]);
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
            "2016-01-02..2016-01-01",
            "2016-01..2016-02",
            "2016-01-01..",
            "all..all",
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
