//! Sums of money.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

const MICROS: u64 = 1_000_000;

/// A sum of US dollars in millionths. Whole numbers, because sums must be the
/// same in whatever order they are added up; millionths, because a query of
/// ten megabytes costs 60 of them. It holds 18 billion times a thousand
/// dollars; what goes beyond stays at the largest, and below nothing is
/// nothing.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Money(u64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A sum in millionths of a dollar.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The sum in millionths of a dollar.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// This part of a hundred of it, rounded up.
    #[must_use]
    pub fn percent(self, percent: u8) -> Self {
        let part = (u128::from(self.0) * u128::from(percent)).div_ceil(100);
        Self(u64::try_from(part).unwrap_or(u64::MAX))
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

/// Dollars with at least two decimals and as many as there are.
impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:06}", self.0 % MICROS);
        let kept = decimals.trim_end_matches('0').len().max(2);
        write!(out, "{}.{}", self.0 / MICROS, &decimals[..kept])
    }
}

/// Why a text is no sum of money.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{text:?} is no sum of dollars; write it as 25 or 0.75, with six decimals at most")]
pub struct ParseMoneyError {
    /// What was given.
    pub text: String,
}

impl FromStr for Money {
    type Err = ParseMoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let failed = || ParseMoneyError {
            text: text.to_owned(),
        };
        let (dollars, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if dollars.is_empty() || decimals.len() > 6 || !digits(dollars) || !digits(decimals) {
            return Err(failed());
        }
        let dollars: u64 = dollars.parse().map_err(|_| failed())?;
        let micros: u64 = format!("{decimals:0<6}").parse().map_err(|_| failed())?;
        let sum = dollars
            .checked_mul(MICROS)
            .and_then(|whole| whole.checked_add(micros));
        sum.map(Self).ok_or_else(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_read_as_they_are_written() {
        for (text, micros) in [
            ("0.00", 0),
            ("25.00", 25_000_000),
            ("0.75", 750_000),
            ("0.00006", 60),
            ("6.25", 6_250_000),
        ] {
            assert_eq!(text.parse(), Ok(Money(micros)));
            assert_eq!(Money(micros).to_string(), text);
        }
        assert_eq!("25".parse(), Ok(Money(25_000_000)));
        for text in [
            "",
            "-1",
            "1.0000001",
            "1e3",
            "a",
            ".5",
            "99999999999999999999",
        ] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
    }
}
