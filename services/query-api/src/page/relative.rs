//! Instants beside the present one: `3 minutes ago`, and exactly on hover.

use chrono::{DateTime, TimeDelta, Utc};

use super::words::{counted, day_words, instant_words};

/// An instant in words, with what it is exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relative {
    pub(crate) shown: String,
    pub(crate) exact: String,
    /// For the `datetime` attribute.
    pub(crate) instant: String,
}

impl Relative {
    pub(crate) fn of(at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            shown: relative_words(at, now),
            exact: instant_words(at),
            instant: at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        }
    }
}

fn relative_words(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    /// From here on the day says more than how many of them.
    const FAR: TimeDelta = TimeDelta::days(45);
    let distance = (now - at).abs();
    if distance < TimeDelta::seconds(10) {
        return "just now".to_owned();
    }
    if distance > FAR {
        return day_words(at.date_naive());
    }
    let span = span_words(distance.num_seconds());
    if at > now {
        format!("in {span}")
    } else {
        format!("{span} ago")
    }
}

/// Seconds as people say them, in one unit: `3 minutes`.
pub(crate) fn span_words(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    // Each unit is kept until two of the next are full: 100 minutes say more
    // than an hour.
    match seconds {
        ..100 => counted(seconds, "second", "seconds"),
        100..7_200 => counted(seconds / MINUTE, "minute", "minutes"),
        7_200..172_800 => counted(seconds / HOUR, "hour", "hours"),
        _ => counted(seconds / DAY, "day", "days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(seconds: i64) -> String {
        let now: DateTime<Utc> = "2026-11-26T12:00:00Z".parse().unwrap();
        Relative::of(now + TimeDelta::seconds(seconds), now).shown
    }

    #[test]
    fn instants_are_told_by_their_distance() {
        assert_eq!(words(-3), "just now");
        assert_eq!(words(-59), "59 seconds ago");
        assert_eq!(words(-180), "3 minutes ago");
        assert_eq!(words(7_300), "in 2 hours");
        assert_eq!(words(-3 * 86_400), "3 days ago");
        assert_eq!(words(-100 * 86_400), "18 Aug 2026");
    }

    #[test]
    fn the_exact_instant_is_kept() {
        let now: DateTime<Utc> = "2026-11-26T12:00:00Z".parse().unwrap();
        let told = Relative::of(now, now);
        assert_eq!(told.exact, "26 Nov 2026, 12:00 UTC");
        assert_eq!(told.instant, "2026-11-26T12:00:00Z");
    }
}
