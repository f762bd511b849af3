//! Decisions about what is tracked.

use chrono::{DateTime, Utc};
use domain::{RepositoryGroup, RepositoryName, Tracking, TrackingDecision};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Event;
use crate::counting::decided;

/// `repository.tracked`, version 1: from now on a repository is read from the
/// sources that are asked for single repositories.
///
/// It is said again, with the id and the present name, when either is learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepositoryTracked {
    /// GitHub's numeric id, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// `owner/name` then.
    pub name: RepositoryName,
    /// Who decided.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When, in UTC.
    pub decided_at: DateTime<Utc>,
}

/// `repository.untracked`, version 1: a repository is asked for no more. What
/// is known of it stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepositoryUntracked {
    /// GitHub's numeric id, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// `owner/name` then.
    pub name: RepositoryName,
    /// Who decided.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When, in UTC.
    pub decided_at: DateTime<Utc>,
}

/// `group.defined`, version 1: these repositories, and no others, belong to a
/// group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupDefined {
    /// The group's name: lower-case letters, digits and hyphens.
    pub group: String,
    /// Its repositories.
    pub repositories: Vec<RepositoryName>,
    /// Who decided.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When, in UTC.
    pub decided_at: DateTime<Utc>,
}

/// What decisions come to, given in the order of the log; events that decide
/// nothing about tracking are passed over.
pub fn tracking_of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Tracking {
    let mut tracking = Tracking::default();
    for event in events {
        match event {
            Event::RepositoryTracked(event) => tracking.decide(TrackingDecision {
                id: event.id,
                name: event.name.clone(),
                tracked: true,
                decided: decided(&event.actor, &event.reason, event.decided_at),
            }),
            Event::RepositoryUntracked(event) => tracking.decide(TrackingDecision {
                id: event.id,
                name: event.name.clone(),
                tracked: false,
                decided: decided(&event.actor, &event.reason, event.decided_at),
            }),
            Event::GroupDefined(event) => {
                let group = RepositoryGroup {
                    repositories: event.repositories.clone(),
                    decided: decided(&event.actor, &event.reason, event.decided_at),
                };
                tracking.define(event.group.clone(), group);
            }
            _ => {}
        }
    }
    tracking
}
