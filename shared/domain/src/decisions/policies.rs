//! The scoring policies that were published.

use std::collections::BTreeMap;

use crate::{Decided, Policy};

/// A policy that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedPolicy {
    /// The group of repositories whose boards it is for; none for all others.
    pub group: Option<String>,
    /// What it says; none when the group's boards follow the general policy
    /// from then on.
    pub policy: Option<Policy>,
    /// Who, why, when.
    pub decided: Decided,
}

/// Every policy there ever was, in the order in which they were published.
/// Before any was, the default one holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    published: Vec<PublishedPolicy>,
    general: Policy,
    groups: BTreeMap<String, Policy>,
}

impl Policies {
    /// Takes the next publication.
    pub fn publish(&mut self, published: PublishedPolicy) {
        match (&published.group, &published.policy) {
            (None, Some(policy)) => self.general = policy.clone(),
            (None, None) => {}
            (Some(group), Some(policy)) => {
                self.groups.insert(group.clone(), policy.clone());
            }
            (Some(group), None) => drop(self.groups.remove(group)),
        }
        self.published.push(published);
    }

    /// The policy of all boards that have none of their own.
    #[must_use]
    pub fn general(&self) -> &Policy {
        &self.general
    }

    /// The policy of a group's boards: its own, or the general one.
    #[must_use]
    pub fn of_group(&self, group: &str) -> &Policy {
        self.groups.get(group).unwrap_or(&self.general)
    }

    /// Whether a group's boards have a policy of their own.
    #[must_use]
    pub fn has_own(&self, group: &str) -> bool {
        self.groups.contains_key(group)
    }

    /// The version that the next policy gets. No two policies have the same,
    /// whatever they are for.
    #[must_use]
    pub fn next_version(&self) -> u32 {
        let policies = self.published.iter().filter_map(|one| one.policy.as_ref());
        let latest = policies.map(|policy| policy.version).max();
        latest.unwrap_or(Policy::default().version) + 1
    }

    /// The policy of a version.
    #[must_use]
    pub fn version(&self, version: u32) -> Option<Policy> {
        let policies = self.published.iter().filter_map(|one| one.policy.as_ref());
        let found = policies.rev().find(|policy| policy.version == version);
        let default = Policy::default();
        found
            .cloned()
            .or_else(|| (default.version == version).then_some(default))
    }

    /// Everything that was published, in order.
    #[must_use]
    pub fn published(&self) -> &[PublishedPolicy] {
        &self.published
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    fn published(group: Option<&str>, policy: Option<Policy>) -> PublishedPolicy {
        PublishedPolicy {
            group: group.map(str::to_owned),
            policy,
            decided: Decided {
                actor: "ada".into(),
                reason: String::new(),
                at: DateTime::UNIX_EPOCH,
            },
        }
    }

    #[test]
    fn a_group_has_its_own_policy_until_that_is_taken_back() {
        let mut policies = Policies::default();
        assert_eq!(policies.next_version(), 2);
        let own = Policy::default()
            .entered(2, &json!({ "points": { "commit": 1 } }))
            .unwrap();
        policies.publish(published(Some("web"), Some(own.clone())));
        assert_eq!(policies.of_group("web"), &own);
        assert_eq!(policies.general(), &Policy::default());
        assert_eq!(policies.next_version(), 3);
        let general = own.entered(3, &json!({})).unwrap();
        policies.publish(published(None, Some(general.clone())));
        policies.publish(published(Some("web"), None));
        assert_eq!(policies.of_group("web"), &general);
        assert!(!policies.has_own("web"));
        assert_eq!(policies.version(2), Some(own));
        assert_eq!(policies.version(1), Some(Policy::default()));
        assert_eq!(policies.version(4), None);
    }
}
