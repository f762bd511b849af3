//! What reading costs.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Money;

/// Bytes of a tebibyte, which BigQuery is charged by.
pub const TEBIBYTE: u64 = 1 << 40;

/// Bytes that each table counts for at least.
const SMALLEST_TABLE: u64 = 10 * 1024 * 1024;

/// The price of reading, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Price {
    /// The first day (UTC) on which this was known to be the price.
    pub since: NaiveDate,
    /// Millionths of a dollar for a tebibyte.
    pub of_a_tebibyte: Money,
    /// Bytes of each month that cost nothing.
    pub free_bytes: u64,
}

impl Default for Price {
    /// BigQuery on demand in the United States, and a tebibyte of each month
    /// free: <https://cloud.google.com/bigquery/pricing>, November 2026.
    fn default() -> Self {
        Self {
            since: NaiveDate::from_ymd_opt(2026, 11, 1).unwrap_or_default(),
            of_a_tebibyte: Money::from_micros(6_250_000),
            free_bytes: TEBIBYTE,
        }
    }
}

impl Price {
    /// What bytes cost that are not free, rounded up.
    #[must_use]
    pub fn of(&self, bytes: u64) -> Money {
        cost(bytes, self.of_a_tebibyte)
    }

    /// The bytes a query is charged for that reads so many from so many
    /// tables.
    #[must_use]
    pub fn charged(&self, bytes: u64, tables: u64) -> u64 {
        bytes.max(tables.saturating_mul(SMALLEST_TABLE))
    }
}

/// What bytes cost at a price of a tebibyte, rounded up.
pub(super) fn cost(bytes: u64, of_a_tebibyte: Money) -> Money {
    let micros = u128::from(bytes) * u128::from(of_a_tebibyte.micros());
    let micros = micros.div_ceil(u128::from(TEBIBYTE));
    Money::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_costs_what_the_list_says() {
        let price = Price::default();
        assert_eq!(price.of(TEBIBYTE).to_string(), "6.25");
        assert_eq!(price.of(0), Money::ZERO);
        assert_eq!(price.of(1), Money::from_micros(1), "rounded up");
        assert_eq!(price.charged(5, 3), 30 * 1024 * 1024);
        assert_eq!(price.charged(TEBIBYTE, 3), TEBIBYTE);
    }
}
