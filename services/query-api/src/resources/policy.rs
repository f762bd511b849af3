//! Scoring policies, as they are answered.

use chrono::{DateTime, Utc};
use domain::{Policies, Policy, PolicyRecord};
use serde::Serialize;
use utoipa::ToSchema;

/// What things are worth, and were.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PoliciesAnswer {
    /// What boards without a policy of their own are scored by. Worth is in
    /// thousandths of a point.
    #[schema(value_type = Object)]
    pub(crate) policy: PolicyRecord,
    /// Every policy that was published, the latest first.
    pub(crate) published: Vec<PublishedResource>,
}

/// A policy that was published.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublishedResource {
    /// The group whose boards it is for; null for all others.
    pub(crate) group: Option<String>,
    /// What it says; null where a group's policy was withdrawn.
    #[schema(value_type = Option<Object>)]
    pub(crate) policy: Option<PolicyRecord>,
    /// Who published it.
    #[schema(example = "ann")]
    pub(crate) actor: String,
    /// Why, in words.
    #[schema(example = "reviews are worth more")]
    pub(crate) reason: String,
    /// When.
    pub(crate) decided_at: DateTime<Utc>,
}

impl From<&Policies> for PoliciesAnswer {
    fn from(policies: &Policies) -> Self {
        let record = |policy: &Policy| PolicyRecord::from(policy.clone());
        let published = policies.published().iter().rev();
        Self {
            policy: record(policies.general()),
            published: published
                .map(|one| PublishedResource {
                    group: one.group.clone(),
                    policy: one.policy.as_ref().map(record),
                    actor: one.decided.actor.clone(),
                    reason: one.decided.reason.clone(),
                    decided_at: one.decided.at,
                })
                .collect(),
        }
    }
}
