//! Webhooks that somebody subscribed with.

use std::time::Duration;

use event_log::{DurableSettings, LogStream};
use events::Subject;
use reqwest::Url;

use crate::Secret;

/// After so long without a word about a message somebody else sends it; longer than
/// any delivery takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A webhook, and what it wants to be told of.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Its name: lower-case letters, digits and hyphens.
    pub name: String,
    /// Where it is posted to.
    pub url: Url,
    /// What is signed with; more than one while a new one takes the place of an old.
    pub secrets: Vec<Secret>,
    /// Deliveries that may be under way at a time.
    pub parallel: u32,
    /// Deliveries that a receiver answers otherwise than with success before they
    /// become a dead letter.
    pub attempts: u64,
    /// The contributions it wants, if it wants any.
    pub contributions: Option<ContributionsOfInterest>,
    /// The boards it wants.
    pub boards: Vec<BoardOfInterest>,
}

/// Which contributions a webhook wants.
#[derive(Clone, Debug)]
pub struct ContributionsOfInterest {
    /// Filters of subjects of the log.
    pub(crate) subjects: Vec<Subject>,
    /// Whether it wants those that are on the log already when it is first served.
    pub(crate) from_start: bool,
}

/// A board that a webhook wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardOfInterest {
    /// The board after `/api/v1/leaderboards/`, such as `global?period=28d`.
    pub board: String,
    /// How often it is looked at.
    pub every: Duration,
}

impl Webhook {
    /// The durable consumer that keeps how far the webhook is, if it wants contributions.
    pub(crate) fn consumer(&self) -> Option<DurableSettings> {
        let wanted = self.contributions.as_ref()?;
        Some(DurableSettings {
            name: format!("webhook-{}", self.name),
            stream: LogStream::Contributions,
            subjects: wanted.subjects.clone(),
            from_start: wanted.from_start,
            outstanding: self.parallel,
            patience: PATIENCE,
        })
    }
}
