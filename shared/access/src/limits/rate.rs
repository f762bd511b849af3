//! So many in so long.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// So many requests in so long, such as `600/1m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    count: NonZeroU32,
    period: Duration,
}

/// What is no rate.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0:?} is no rate; use so many in so long, such as 600/1m, of at most a day")]
pub struct RateError(String);

/// The longest period: longer, and a restart would be worth more than waiting.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

impl Rate {
    pub(super) fn count(self) -> NonZeroU32 {
        self.count
    }

    pub(super) fn period(self) -> Duration {
        self.period
    }

    /// How long until one more comes back.
    pub(super) fn interval(self) -> Duration {
        self.period / self.count.get()
    }

    pub(super) fn times(self, factor: u32) -> Self {
        let count = self
            .count
            .saturating_mul(NonZeroU32::new(factor).unwrap_or(NonZeroU32::MIN));
        Self { count, ..self }
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let read = || {
            let (count, period) = text.split_once('/')?;
            let count: NonZeroU32 = count.trim().parse().ok()?;
            let period = humantime::parse_duration(period.trim()).ok()?;
            let is_fit = period >= Duration::from_secs(1) && period <= LONGEST;
            // Below that, time is not told.
            let is_told = period.checked_div(count.get())?.as_nanos() > 0;
            (is_fit && is_told).then_some(Self { count, period })
        };
        read().ok_or_else(|| RateError(text.to_owned()))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}/{}",
            self.count,
            humantime::format_duration(self.period)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_so_many_in_so_long() {
        let rate: Rate = "600/1m".parse().unwrap();
        assert_eq!(rate.interval(), Duration::from_millis(100));
        assert_eq!(rate.times(10).to_string(), "6000/1m");
        for wrong in [
            "600",
            "0/1m",
            "-1/1m",
            "600/0s",
            "600/m",
            "1/2days",
            "4294967295/1s/",
        ] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }
}
