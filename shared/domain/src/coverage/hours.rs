//! Hours, which are named by their first instants, in UTC.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

/// The hour that an instant lies in.
#[must_use]
pub fn hour_of(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant
        .duration_trunc(TimeDelta::hours(1))
        .unwrap_or(instant)
}

/// The hour so many later, or earlier where that is below zero.
#[must_use]
pub fn hour_after(hour: DateTime<Utc>, later: i64) -> DateTime<Utc> {
    hour.checked_add_signed(TimeDelta::hours(later))
        .unwrap_or(hour)
}

/// The hours that a span has a part of, its end excluded.
pub fn hours_between(
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> impl Iterator<Item = DateTime<Utc>> {
    let first = hour_of(from);
    let minutes = (until - first).num_minutes().max(0);
    // Seconds of the last hour are a part of it, too.
    let seconds = i64::from(first + TimeDelta::minutes(minutes) < until);
    let count = (minutes + seconds + 59) / 60;
    (0..count).map(move |later| hour_after(first, later))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_the_hours_it_touches() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let count = |from, until| hours_between(at(from), at(until)).count();
        assert_eq!(count("2016-01-01T05:00:00Z", "2016-01-01T06:00:00Z"), 1);
        assert_eq!(count("2016-01-01T05:59:59Z", "2016-01-01T06:00:01Z"), 2);
        assert_eq!(count("2016-01-01T05:30:00Z", "2016-01-01T05:30:00Z"), 1);
        assert_eq!(count("2016-01-01T05:00:00Z", "2016-01-01T05:00:00Z"), 0);
        assert_eq!(count("2016-01-02T00:00:00Z", "2016-01-01T00:00:00Z"), 0);
    }
}
