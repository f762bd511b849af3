//! When a cron expression is due in a time zone.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::errors::CronError;
use thiserror::Error;

/// Due times that are counted at most.
const COUNTED: usize = 100_000;

/// Why there is no such calendar.
#[derive(Debug, Error)]
pub enum CalendarError {
    /// The expression is none.
    #[error("{expression:?} is no cron expression (minute hour day month weekday): {source}")]
    Cron {
        /// What was given.
        expression: String,
        /// What is wrong with it.
        source: CronError,
    },
    /// There is no such time zone.
    #[error("there is no time zone {0:?}; use a name such as UTC or Europe/Berlin")]
    TimeZone(String),
}

/// The due times of a cron expression in a time zone.
///
/// A time that does not exist, because clocks are put forward, is due when they
/// have been; one that exists twice, because they are put back, is due the
/// first time. An expression for every hour or minute is due each time.
#[derive(Clone, Debug)]
pub struct Calendar {
    cron: Cron,
    zone: Tz,
}

impl Calendar {
    /// Reads an expression and a time zone.
    ///
    /// # Errors
    /// [`CalendarError`].
    pub fn parse(expression: &str, time_zone: &str) -> Result<Self, CalendarError> {
        let cron = expression.parse().map_err(|source| CalendarError::Cron {
            expression: expression.to_owned(),
            source,
        })?;
        let zone = time_zone
            .parse()
            .map_err(|_| CalendarError::TimeZone(time_zone.to_owned()))?;
        Ok(Self { cron, zone })
    }

    /// The first due time after an instant; `None` when there never is one.
    #[must_use]
    pub fn next_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = instant.with_timezone(&self.zone);
        let found = self.cron.find_next_occurrence(&local, false).ok()?;
        Some(found.with_timezone(&Utc))
    }

    /// The due times after an instant, until another, that one included; so
    /// many at most.
    pub fn between(
        &self,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> impl Iterator<Item = DateTime<Utc>> {
        let first = self.next_after(after);
        std::iter::successors(first, |due| self.next_after(*due))
            .take_while(move |due| *due <= until)
            .take(COUNTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn due(cron: &str, zone: &str, after: &str, until: &str) -> Vec<String> {
        let calendar = Calendar::parse(cron, zone).unwrap();
        let due = calendar.between(at(after), at(until));
        due.map(|due| due.format("%m-%dT%H:%M").to_string())
            .collect()
    }

    #[test]
    fn a_time_that_clocks_skip_is_due_once_they_have() {
        // In Berlin 02:30 does not exist on 2026-03-29: 01:59:59 is followed by 03:00.
        let days = due(
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-27T12:00:00Z",
            "2026-03-30T12:00:00Z",
        );
        assert_eq!(days, ["03-28T01:30", "03-29T01:00", "03-30T00:30"]);
    }

    #[test]
    fn a_time_that_clocks_repeat_is_due_once() {
        // In Berlin 02:30 exists twice on 2026-10-25, at 00:30 and 01:30 UTC.
        let days = due(
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-23T12:00:00Z",
            "2026-10-26T12:00:00Z",
        );
        assert_eq!(days, ["10-24T00:30", "10-25T00:30", "10-26T01:30"]);
        let hours = due(
            "0 * * * *",
            "Europe/Berlin",
            "2026-10-24T23:30:00Z",
            "2026-10-25T03:00:00Z",
        );
        assert_eq!(
            hours,
            ["10-25T00:00", "10-25T01:00", "10-25T02:00", "10-25T03:00"]
        );
    }

    #[test]
    fn months_end_where_they_end() {
        let last = due(
            "0 0 L * *",
            "UTC",
            "2027-12-31T12:00:00Z",
            "2028-03-31T12:00:00Z",
        );
        assert_eq!(last, ["01-31T00:00", "02-29T00:00", "03-31T00:00"]);
        let sundays = due(
            "0 3 * * SUN",
            "UTC",
            "2026-11-26T00:00:00Z",
            "2026-12-07T00:00:00Z",
        );
        assert_eq!(sundays, ["11-29T03:00", "12-06T03:00"]);
        assert_eq!(
            due(
                "0 0 30 2 *",
                "UTC",
                "2026-01-01T00:00:00Z",
                "2027-01-01T00:00:00Z"
            ),
            [""; 0]
        );
    }

    #[test]
    fn what_is_no_calendar_is_refused() {
        assert!(Calendar::parse("every day", "UTC").is_err());
        let error = Calendar::parse("0 0 * * *", "Europe/Bonn").unwrap_err();
        assert!(error.to_string().contains("Europe/Berlin"));
    }
}
