//! Disputes: that something is missed, and what came of it.

use chrono::{DateTime, Utc};
use domain::dispute::DisputeOutcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `dispute.raised`, version 1: somebody misses something that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DisputeRaised {
    /// The dispute: the same for whoever names the same thing.
    pub dispute: Uuid,
    /// What is missed, as an address on GitHub.
    pub url: String,
    /// Who raised it.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When, in UTC.
    pub raised_at: DateTime<Utc>,
}

/// `dispute.answered`, version 1: GitHub was asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DisputeAnswered {
    /// The dispute.
    pub dispute: Uuid,
    /// What is missed, as an address on GitHub.
    pub url: String,
    /// What came of it.
    pub outcome: DisputeOutcome,
    /// The same in words.
    pub detail: String,
    /// The contributions that it comes to.
    pub contributions: Vec<Uuid>,
    /// When, in UTC.
    pub answered_at: DateTime<Utc>,
}
