//! Instants that nothing can have happened at.
//!
//! Sources hold events with broken clocks. Such an event would make a partition of its
//! own, stand on the board of a year that is not there, and outlive every other name of
//! an account.

use chrono::{DateTime, TimeDelta, Utc};
use domain::Fact;

/// The first second of 2008, since 1970: GitHub was opened to people in that year.
const FIRST: i64 = 1_199_145_600;

/// How far a clock may be fast: a day, so that no time zone matters.
const FAST: TimeDelta = TimeDelta::days(1);

/// Why an event cannot have happened when it says so. It hangs on nothing but the event
/// and when the log took it, so every generation decides alike.
pub(super) fn objection(facts: &[Fact], recorded_at: DateTime<Utc>) -> Option<String> {
    let latest = recorded_at.checked_add_signed(FAST)?;
    let at = facts.iter().filter_map(instant);
    let mut wrong = at.filter(|at| at.timestamp() < FIRST || *at > latest);
    let at = wrong.next()?;
    let said = at.to_rfc3339();
    Some(if at < latest {
        format!("it says that it happened at {said}: GitHub was not there before 2008")
    } else {
        format!(
            "it says that it happened at {said}, more than a day after the log took it at {}",
            recorded_at.to_rfc3339()
        )
    })
}

fn instant(fact: &Fact) -> Option<DateTime<Utc>> {
    match fact {
        Fact::Sighting(sighting) => Some(sighting.occurred_at),
        Fact::AccountNamed { at, .. } | Fact::RepositoryNamed { at, .. } => {
            // An account that no event shows under a login has borne its id since ever.
            Some(*at).filter(|at| *at != DateTime::UNIX_EPOCH)
        }
        Fact::PullRequestAuthor { evidence, .. } => Some(evidence.at),
        // One of next year would outlast every later one.
        Fact::Retraction(retraction) => Some(retraction.decided_at),
        Fact::MergeCommit { .. } | Fact::PushCommit { .. } | Fact::PushHead { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::{AccountReference, Fact};

    use super::*;

    fn named(at: DateTime<Utc>) -> [Fact; 1] {
        [Fact::AccountNamed {
            account: AccountReference::from_stored("7"),
            login: "ann".to_owned(),
            called_bot: false,
            at,
        }]
    }

    #[test]
    fn what_happened_between_the_first_year_and_tomorrow_is_let_through() {
        let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = instant("2026-11-26T12:00:00Z");
        for (at, said) in [
            ("2007-12-31T23:59:59Z", Some("GitHub was not there")),
            ("0001-01-01T00:00:00Z", Some("GitHub was not there")),
            ("2008-01-01T00:00:00Z", None),
            ("2026-11-26T12:00:00Z", None),
            ("2026-11-27T12:00:00Z", None),
            ("2026-11-27T12:00:01Z", Some("more than a day after")),
            ("9999-01-01T00:00:00Z", Some("more than a day after")),
            ("1970-01-01T00:00:00Z", None),
        ] {
            let told = objection(&named(instant(at)), now);
            assert_eq!(told.is_some(), said.is_some(), "{at}: {told:?}");
            let told = told.unwrap_or_default();
            assert!(told.contains(said.unwrap_or_default()), "{at}: {told}");
        }
    }
}
