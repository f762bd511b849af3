//! Limits.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Money;

/// What a limit holds for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Ceiling {
    /// A UTC day: what was reserved on it, whenever it was settled.
    Day,
    /// A UTC month.
    Month,
    /// All that one job reserves in a month.
    Job,
}

impl fmt::Display for Ceiling {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Job => "job",
        })
    }
}

/// The limits, in millionths of a dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ceilings {
    /// Of each UTC day.
    pub day: Money,
    /// Of each UTC month.
    pub month: Money,
    /// Of each job.
    pub job: Money,
}

impl Ceilings {
    /// The limit for something.
    #[must_use]
    pub fn of(&self, ceiling: Ceiling) -> Money {
        match ceiling {
            Ceiling::Day => self.day,
            Ceiling::Month => self.month,
            Ceiling::Job => self.job,
        }
    }
}

/// Parts of a hundred of a day's or a month's limit at which somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Thresholds {
    /// From here on somebody should know.
    pub warning: u8,
    /// From here on somebody should act.
    pub critical: u8,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            warning: 70,
            critical: 90,
        }
    }
}

/// The first day of the month of an instant.
pub(super) fn month_of(instant: DateTime<Utc>) -> NaiveDate {
    use chrono::Datelike;
    let day = instant.date_naive();
    day.with_day(1).unwrap_or(day)
}
