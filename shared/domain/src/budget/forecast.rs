//! What a month will have cost.

use chrono::{DateTime, Months, NaiveTime, Utc};

use super::ceiling::month_of;
use super::{Ledger, Money};

/// What the month will have cost at its end if it goes on as it did: the
/// month's spending so far, drawn out in proportion to the time gone by. The
/// first day counts as gone by from its beginning, for a query at five past
/// midnight says little about a month.
#[must_use]
pub fn forecast(ledger: &Ledger, now: DateTime<Utc>) -> Money {
    let first = month_of(now);
    let begin = first.and_time(NaiveTime::MIN).and_utc();
    let Some(end) = begin.checked_add_months(Months::new(1)) else {
        return Money::ZERO;
    };
    let whole = u128::from((end - begin).num_seconds().unsigned_abs());
    let day = u128::from(chrono::TimeDelta::days(1).num_seconds().unsigned_abs());
    let gone = u128::from((now - begin).num_seconds().unsigned_abs()).max(day);
    let spent = u128::from(ledger.of_month_until_now(now).total().micros());
    Money::from_micros(u64::try_from(spent * whole / gone).unwrap_or(u64::MAX))
}
