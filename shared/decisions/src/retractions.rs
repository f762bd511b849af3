//! Taking contributions back that were recorded in error, and giving them back.
//!
//! What is decided is on the stream of contributions, among what it is about:
//! whoever follows that hears of it. A contribution is named by its key, as the
//! read models tell it, so nothing is decided about what nobody has seen.

use chrono::TimeDelta;
use domain::{RepositoryName, Retraction, contribution_id, references_in_key};
use event_log::{Appended, EventLog, LogStream};
use events::{
    ContributionReinstated, ContributionRetracted, Envelope, Event, RepositorySighting, Subject,
};
use uuid::Uuid;

use crate::{Author, Decision, DecisionError, SOURCE};

/// The longest semantic key that is taken, in bytes: those there are have fewer
/// than half as many.
pub const LONGEST_KEY: usize = 500;

/// Tries after which somebody else is plainly deciding the opposite.
const TRIES: usize = 20;

/// A contribution that is decided about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    key: String,
    name: RepositoryName,
    repository: RepositorySighting,
}

impl Contribution {
    /// A contribution by its id, its semantic key, and the name of its
    /// repository, all as the query API tells them.
    ///
    /// # Errors
    /// [`DecisionError::Contribution`] when these do not belong together.
    pub fn named(id: Uuid, key: &str, name: RepositoryName) -> Result<Self, DecisionError> {
        if key.len() > LONGEST_KEY || key.chars().any(char::is_control) {
            return Err(DecisionError::Contribution("there are no such keys"));
        }
        if contribution_id(key) != id {
            let fault = "the key is another one's; take both from /api/v1/contributions";
            return Err(DecisionError::Contribution(fault));
        }
        let named = references_in_key(key).map(|named| named.repository);
        let number = match &named {
            Some(by_name) if by_name.is_by_name() => {
                let meant = domain::RepositoryReference::from_name(&name);
                if meant != *by_name {
                    let fault = "the key is of a repository of another name";
                    return Err(DecisionError::Contribution(fault));
                }
                None
            }
            Some(by_id) => by_id.as_str().parse().ok(),
            None => None,
        };
        Ok(Self {
            key: key.to_owned(),
            repository: RepositorySighting {
                id: number,
                name: Some(name.clone()),
            },
            name,
        })
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        contribution_id(&self.key)
    }

    /// Its semantic key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Decides that a contribution counts no more.
///
/// # Errors
/// [`DecisionError::Unexplained`] without a reason; [`DecisionError`] when the
/// log cannot be read or written, or others keep deciding about the same.
pub async fn retract(
    log: &EventLog,
    contribution: &Contribution,
    author: &Author,
) -> Result<Decision, DecisionError> {
    decide(log, contribution, true, author).await
}

/// Decides that a contribution that was retracted counts again.
///
/// # Errors
/// As [`retract`].
pub async fn reinstate(
    log: &EventLog,
    contribution: &Contribution,
    author: &Author,
) -> Result<Decision, DecisionError> {
    decide(log, contribution, false, author).await
}

async fn decide(
    log: &EventLog,
    contribution: &Contribution,
    retract: bool,
    author: &Author,
) -> Result<Decision, DecisionError> {
    author.check()?;
    if author.reason.trim().is_empty() {
        let what = if retract {
            "a retraction"
        } else {
            "a reinstatement"
        };
        return Err(DecisionError::Unexplained(what));
    }
    let subject = Subject::of(&event(contribution, retract, author));
    for _ in 0..TRIES {
        // Asked for before the log is read: what is said in between outruns the
        // decision, and so is never overlooked.
        let last = log.last_on(LogStream::Contributions, &subject).await?;
        let last = last.map_or(0, |recorded| recorded.sequence);
        let before = latest(log, contribution).await?;
        if is_so_already(before.as_ref(), contribution, retract) {
            return Ok(Decision::Unchanged);
        }
        let author = after(before.as_ref(), author);
        let envelope = Envelope::wrap(SOURCE, event(contribution, retract, &author))?;
        if let Appended::At(_) = log.append(&envelope, last).await? {
            return Ok(Decision::Made);
        }
    }
    Err(DecisionError::Contested)
}

/// The latest decision that may be about the contribution: under its key, or
/// under one that differs in how it refers to the repository.
async fn latest(
    log: &EventLog,
    contribution: &Contribution,
) -> Result<Option<Retraction>, DecisionError> {
    let mut latest: Option<Retraction> = None;
    for kind in ["retracted", "reinstated"] {
        let filter = Subject::of_contributions(&contribution.name, kind);
        let stream = LogStream::Contributions;
        for recorded in log.read_all(stream, filter.as_str(), 0).await? {
            let decision = match &recorded.envelope.event {
                Event::ContributionRetracted(event) => event.decision(),
                Event::ContributionReinstated(event) => event.decision(),
                _ => continue,
            };
            if is_about_the_same(&decision.key, &contribution.key) {
                latest = latest.max(Some(decision));
            }
        }
    }
    Ok(latest)
}

/// Whether two keys to repositories of one name may be of one thing.
fn is_about_the_same(one: &str, other: &str) -> bool {
    without_references(one) == without_references(other)
}

/// A key without what it refers to: what the thing is, and its own name.
fn without_references(key: &str) -> (&str, &str) {
    let (rule, rest) = key.split_once(':').unwrap_or((key, ""));
    let own = match references_in_key(key) {
        // A star has no name of its own: whoever gave it is its name.
        Some(_) => rest.split_once(':').map_or(rest, |(_, own)| own),
        None => rest,
    };
    (rule, own)
}

/// Whether nothing is left to be decided. A decision under another reference
/// to the repository may be about another of its name, so it is taken to say
/// the same only where that leaves everything as it is.
fn is_so_already(before: Option<&Retraction>, contribution: &Contribution, retract: bool) -> bool {
    match before {
        None => !retract,
        Some(before) => before.retracted == retract && before.key == contribution.key,
    }
}

/// The latest decision counts by its instant, so each is made after the one
/// before it, whatever the clocks say.
fn after(before: Option<&Retraction>, author: &Author) -> Author {
    let earliest = before.and_then(|before| {
        let step = TimeDelta::microseconds(1);
        before.decided_at.checked_add_signed(step)
    });
    Author {
        at: earliest.map_or(author.at, |earliest| author.at.max(earliest)),
        ..author.clone()
    }
}

fn event(contribution: &Contribution, retract: bool, author: &Author) -> Event {
    let (id, key) = (contribution.id(), contribution.key.clone());
    let repository = contribution.repository.clone();
    let (actor, reason) = (author.actor.clone(), author.reason.clone());
    if retract {
        Event::ContributionRetracted(ContributionRetracted {
            contribution: id,
            key,
            repository,
            actor,
            reason,
            retracted_at: author.at,
        })
    } else {
        Event::ContributionReinstated(ContributionReinstated {
            contribution: id,
            key,
            repository,
            actor,
            reason,
            reinstated_at: author.at,
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn named(key: &str, name: &str) -> Result<Contribution, DecisionError> {
        let name = RepositoryName::entered(name).unwrap();
        Contribution::named(contribution_id(key), key, name)
    }

    fn decided(retracted: bool, key: &str, at: &str) -> Retraction {
        Retraction {
            decided_at: at.parse().unwrap(),
            retracted,
            key: key.to_owned(),
            actor: "ann".to_owned(),
            reason: "an error".to_owned(),
        }
    }

    #[test]
    fn a_contribution_is_named_by_what_belongs_together() {
        let by_id = named("pull_request_merged:7:3", "Octo/hello").unwrap();
        assert_eq!(by_id.repository.id, Some(7));
        let by_name = named("pull_request_merged:@octo/hello:3", "Octo/hello").unwrap();
        assert_eq!(by_name.repository.id, None);
        let global = named("comment:3", "Octo/hello").unwrap();
        assert_eq!(global.repository.id, None);
        for (key, name) in [
            ("pull_request_merged:@octo/hello:3", "octo/other"),
            ("comment:\u{0}", "octo/hello"),
            (&format!("comment:{}", "3".repeat(500)), "octo/hello"),
        ] {
            assert!(named(key, name).is_err(), "{key} {name}");
        }
        let name = RepositoryName::entered("octo/hello").unwrap();
        let other = Contribution::named(contribution_id("comment:4"), "comment:3", name);
        assert!(other.unwrap_err().to_string().contains("another one's"));
    }

    #[test]
    fn what_is_so_already_is_not_decided_again() {
        let key = "commit:7:c0ffee";
        let contribution = named(key, "octo/hello").unwrap();
        let is_so = |before: Option<Retraction>, retract| {
            is_so_already(before.as_ref(), &contribution, retract)
        };
        let at = "2026-11-01T12:00:00Z";
        assert!(is_so(None, false));
        assert!(!is_so(None, true));
        assert!(is_so(Some(decided(true, key, at)), true));
        assert!(!is_so(Some(decided(true, key, at)), false));
        assert!(is_so(Some(decided(false, key, at)), false));
        // What was said of another reference may be about something else.
        let elsewhere = decided(true, "commit:@octo/hello:c0ffee", at);
        assert!(is_about_the_same(&elsewhere.key, key));
        assert!(!is_so(Some(elsewhere.clone()), true));
        assert!(!is_so(Some(elsewhere), false));
        assert!(!is_about_the_same("commit:@octo/hello:c0ff00", key));
        assert!(!is_about_the_same("comment:4", "comment:3"));
    }

    #[test]
    fn each_decision_is_after_the_one_before_whatever_the_clock_says() {
        let now: DateTime<Utc> = "2026-11-01T11:59:00Z".parse().unwrap();
        let author = Author {
            actor: "ann".to_owned(),
            reason: "an error".to_owned(),
            at: now,
        };
        let before = decided(true, "comment:3", "2026-11-01T12:00:00Z");
        let later = after(Some(&before), &author);
        assert!(decided(false, "comment:3", &later.at.to_rfc3339()) > before);
        assert_eq!(after(None, &author).at, now);
    }
}
