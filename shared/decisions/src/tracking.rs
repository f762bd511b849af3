//! Deciding what is tracked. Every decision is made on the log itself: it is
//! appended only if nothing was decided about the same thing meanwhile.

use std::collections::BTreeSet;

use domain::{RepositoryName, Tracking};
use event_log::{Appended, EventLog, LogStream};
use events::{
    Envelope, Event, GroupDefined, RepositoryTracked, RepositoryUntracked, Subject, tracking_of,
};

use crate::name::check_name;
use crate::{Author, Decision, DecisionError, SOURCE};

/// The subjects on which tracking is decided.
const DECISIONS: [&str; 2] = ["decisions.v1.tracking.>", "decisions.v1.group.>"];

/// Tries after which somebody else is plainly deciding the opposite.
const TRIES: usize = 20;

/// All that was decided about tracking so far.
///
/// # Errors
/// [`DecisionError::Log`] when the log cannot be read.
pub async fn tracking(log: &EventLog) -> Result<Tracking, DecisionError> {
    let mut decisions = Vec::new();
    for subjects in DECISIONS {
        decisions.extend(log.read_all(LogStream::Decisions, subjects, 0).await?);
    }
    decisions.sort_by_key(|recorded| recorded.sequence);
    Ok(tracking_of(
        decisions.iter().map(|recorded| &recorded.envelope.event),
    ))
}

/// Decides that a repository is tracked, or is so no more.
///
/// # Errors
/// [`DecisionError`] when the log cannot be read or written, or others keep
/// deciding about the same repository.
pub async fn decide_tracking(
    log: &EventLog,
    name: &RepositoryName,
    tracked: bool,
    author: &Author,
) -> Result<Decision, DecisionError> {
    decide(log, author, || async {
        let known = tracking(log).await?.find(name).cloned();
        let now = known.as_ref().is_some_and(|known| known.latest.tracked);
        if now == tracked {
            return Ok(None);
        }
        let id = known.and_then(|known| known.latest.id);
        Ok(Some(tracking_event(id, name, tracked, author)))
    })
    .await
}

/// Says again that a tracked repository is tracked, when its id is learned or
/// it bears another name than before. Whatever a person decided about it
/// stands: what is not tracked stays so.
///
/// # Errors
/// As [`decide_tracking`].
pub async fn follow_rename(
    log: &EventLog,
    before: &RepositoryName,
    id: u64,
    present: &RepositoryName,
    author: &Author,
) -> Result<Decision, DecisionError> {
    // The id is learned under the name that was decided about; from then on it
    // tells which repository another name is of.
    let learned = follow_to(log, before, (id, before), author).await?;
    let renamed = follow_to(log, before, (id, present), author).await?;
    Ok(match learned {
        Decision::Made => learned,
        Decision::Unchanged => renamed,
    })
}

async fn follow_to(
    log: &EventLog,
    before: &RepositoryName,
    (id, name): (u64, &RepositoryName),
    author: &Author,
) -> Result<Decision, DecisionError> {
    decide(log, author, || async {
        let tracking = tracking(log).await?;
        let known = tracking.find(before);
        let Some(known) = known.filter(|known| known.latest.tracked) else {
            return Ok(None);
        };
        // Somebody else's repository that took the name is another decision.
        let has_id = known.latest.id == Some(id);
        if known.latest.id.is_some() && !has_id {
            return Ok(None);
        }
        if has_id && (known.latest.name == *name || before == name) {
            return Ok(None);
        }
        Ok(Some(tracking_event(Some(id), name, true, author)))
    })
    .await
}

/// Decides which repositories belong to a group.
///
/// # Errors
/// As [`decide_tracking`], and [`DecisionError::Name`].
pub async fn define_group(
    log: &EventLog,
    group: &str,
    repositories: &[RepositoryName],
    author: &Author,
) -> Result<Decision, DecisionError> {
    change_group(log, group, author, |_| repositories.to_vec()).await
}

/// Adds repositories to a group, which need not be there before.
///
/// # Errors
/// As [`define_group`].
pub async fn add_to_group(
    log: &EventLog,
    group: &str,
    repositories: &[RepositoryName],
    author: &Author,
) -> Result<Decision, DecisionError> {
    change_group(log, group, author, |members| {
        members.iter().chain(repositories).cloned().collect()
    })
    .await
}

async fn change_group(
    log: &EventLog,
    group: &str,
    author: &Author,
    change: impl Fn(&[RepositoryName]) -> Vec<RepositoryName>,
) -> Result<Decision, DecisionError> {
    check_name(group)?;
    let change = &change;
    decide(log, author, || async move {
        let tracking = tracking(log).await?;
        let members = tracking.group(group).map(|known| &known.repositories);
        let changed = distinct(change(members.map_or(&[], Vec::as_slice)));
        if members == Some(&changed) {
            return Ok(None);
        }
        Ok(Some(Event::GroupDefined(GroupDefined {
            group: group.to_owned(),
            repositories: changed,
            actor: author.actor.clone(),
            reason: author.reason.clone(),
            decided_at: author.at,
        })))
    })
    .await
}

/// Each name once, in the order of names; they have no case.
fn distinct(mut names: Vec<RepositoryName>) -> Vec<RepositoryName> {
    names.sort_by_key(|name| name.as_str().to_ascii_lowercase());
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.as_str().to_ascii_lowercase()));
    names
}

fn tracking_event(id: Option<u64>, name: &RepositoryName, tracked: bool, author: &Author) -> Event {
    let name = name.clone();
    let (actor, reason) = (author.actor.clone(), author.reason.clone());
    let decided_at = author.at;
    if tracked {
        Event::RepositoryTracked(RepositoryTracked {
            id,
            name,
            actor,
            reason,
            decided_at,
        })
    } else {
        Event::RepositoryUntracked(RepositoryUntracked {
            id,
            name,
            actor,
            reason,
            decided_at,
        })
    }
}

/// Appends what is to be said, if anything; whoever is outrun looks again. The
/// last sequence is asked for before the log is read: what is said in between
/// outruns the decision, and so is never overlooked.
async fn decide<F: Future<Output = Result<Option<Event>, DecisionError>>>(
    log: &EventLog,
    author: &Author,
    look: impl Fn() -> F,
) -> Result<Decision, DecisionError> {
    author.check()?;
    for _ in 0..TRIES {
        let Some(foreseen) = look().await? else {
            return Ok(Decision::Unchanged);
        };
        let subject = Subject::of(&foreseen);
        let last = log.last_on(LogStream::Decisions, &subject).await?;
        let last = last.map_or(0, |recorded| recorded.sequence);
        let Some(event) = look().await? else {
            return Ok(Decision::Unchanged);
        };
        if Subject::of(&event) != subject {
            continue;
        }
        let envelope = Envelope::wrap(SOURCE, event)?;
        if let Appended::At(_) = log.append(&envelope, last).await? {
            return Ok(Decision::Made);
        }
    }
    Err(DecisionError::Contested)
}
