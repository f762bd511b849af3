//! Subjects: where on the log an event is published, and how a subscriber
//! filters. No subject is put together anywhere else.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::{Event, RepositorySighting};

/// Number of partitions of contribution subjects. Credit and supersession are
/// local to a repository, so a partition is a unit of parallel work.
const PARTITIONS: u64 = 64;

/// A NATS subject, all tokens lower case and free of dots.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject(String);

impl Subject {
    /// The subject an event is published on.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self(match event {
            Event::ContributionRecorded(event) => {
                contribution_subject(Some(&event.repository), event.kind.as_str())
            }
            Event::ContributionEnriched(event) => {
                contribution_subject(event.repository.as_ref(), "enriched")
            }
            Event::ContributionRetracted(event) => {
                contribution_subject(Some(&event.repository), "retracted")
            }
            Event::CoverageObserved(event) => {
                format!(
                    "coverage.v1.{}.{}",
                    event.source.as_str(),
                    token(&event.unit)
                )
            }
            Event::DeadLetterRecorded(event) => {
                format!("dead-letters.v1.{}", token(&event.service))
            }
            Event::DeadLetterResolved(_) => "dead-letters.v1.resolved".to_owned(),
            Event::BudgetDefined(event) => ledger_subject(event.defined_at),
            Event::BudgetThresholdReached(event) => {
                ledger_subject(event.of.and_time(chrono::NaiveTime::MIN).and_utc())
            }
            Event::CostReserved(event) => ledger_subject(event.reserved_at),
            Event::CostSettled(event) => ledger_subject(event.reserved_at),
            Event::CostReleased(event) => ledger_subject(event.reserved_at),
            Event::CostRefused(event) => ledger_subject(event.refused_at),
        })
    }

    /// The subject of the ledger of the UTC month of an instant.
    #[must_use]
    pub fn of_ledger(instant: DateTime<Utc>) -> Self {
        Self(ledger_subject(instant))
    }

    /// The subject of the coverage of one unit, whose last message tells
    /// whether the unit was read.
    #[must_use]
    pub fn of_coverage(source: domain::Source, unit: &str) -> Self {
        Self(format!("coverage.v1.{}.{}", source.as_str(), token(unit)))
    }

    /// The subject as NATS takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// All that is said of one month's money is on one subject, so that its last
/// sequence stands for the state of the ledger.
fn ledger_subject(instant: DateTime<Utc>) -> String {
    format!("costs.v1.usd.{}", instant.format("%Y-%m"))
}

fn contribution_subject(repository: Option<&RepositorySighting>, kind: &str) -> String {
    let reference = repository.and_then(RepositorySighting::reference);
    let partition = partition_of(
        reference
            .as_ref()
            .map_or("", |reference| reference.as_str()),
    );
    let name = repository.and_then(|repository| repository.name.as_ref());
    let (owner, name) = name.map_or(("", ""), |name| (name.owner(), name.name()));
    format!(
        "contributions.v1.{partition}.{}.{}.{kind}",
        token(owner),
        token(name)
    )
}

/// The partition of a repository reference: FNV-1a modulo 64.
#[must_use]
pub fn partition_of(reference: &str) -> u64 {
    let hash = reference
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    hash % PARTITIONS
}

/// One subject token: lower case; whatever NATS gives a meaning to, and `=`
/// itself, as `=` and two hexadecimal digits; `_` for nothing.
fn token(text: &str) -> String {
    if text.is_empty() {
        return "_".to_owned();
    }
    let mut token = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_lowercase).take(200) {
        let special = matches!(character, '.' | '*' | '>' | '=' | '$');
        if special || character.is_whitespace() || character.is_control() {
            let mut buffer = [0; 4];
            for byte in character.encode_utf8(&mut buffer).bytes() {
                token.push_str(&format!("={byte:02X}"));
            }
        } else {
            token.push(character);
        }
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_cannot_break_out() {
        assert_eq!(token("Next.js"), "next=2Ejs");
        assert_eq!(token("a*b>c d"), "a=2Ab=3Ec=20d");
        assert_eq!(token(""), "_");
        assert_eq!(token("="), "=3D");
    }

    #[test]
    fn partitions_are_pinned() {
        assert_eq!(partition_of(""), 0xcbf2_9ce4_8422_2325 % 64);
        assert!(partition_of("1296269") < 64);
    }
}
