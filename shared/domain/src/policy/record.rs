//! A policy as it is written down.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DailyRule, KINDS, Policy, Thousandths};
use crate::ContributionKind;

/// A policy as it is written down. All worth is in thousandths of a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyRecord {
    /// The policy's version.
    pub version: u32,
    /// What one contribution of a kind is worth; nothing where it is not named.
    pub weights: BTreeMap<ContributionKind, Thousandths>,
    /// What a line added by a merged pull request is worth.
    pub per_line_added: Thousandths,
    /// What a line deleted by a merged pull request is worth.
    pub per_line_deleted: Thousandths,
    /// The most that lines may bring per contributor, repository and period.
    pub lines_cap: Thousandths,
    /// How many commits and pushes together count per contributor, repository
    /// and UTC day.
    pub daily_commit_cap: i64,
    /// What the contributions of one day come to, of kinds of which that is not
    /// simply their number times their worth.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub daily: BTreeMap<ContributionKind, DailyRule>,
}

impl From<PolicyRecord> for Policy {
    fn from(record: PolicyRecord) -> Self {
        let mut weights = [0; KINDS];
        for (kind, weight) in record.weights {
            weights[kind as usize] = weight;
        }
        Self {
            version: record.version,
            weights,
            per_line_added: record.per_line_added,
            per_line_deleted: record.per_line_deleted,
            lines_cap: record.lines_cap,
            daily_commit_cap: record.daily_commit_cap,
            daily: record.daily,
        }
    }
}

impl From<Policy> for PolicyRecord {
    fn from(policy: Policy) -> Self {
        let kinds = || ContributionKind::ALL.into_iter();
        let weights = kinds().map(|kind| (kind, policy.weight(kind)));
        let weights = weights.filter(|(_, weight)| *weight != 0).collect();
        Self {
            version: policy.version,
            weights,
            per_line_added: policy.per_line_added,
            per_line_deleted: policy.per_line_deleted,
            lines_cap: policy.lines_cap,
            daily_commit_cap: policy.daily_commit_cap,
            daily: policy.daily,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_as_it_was_written() {
        let policy = Policy::default();
        let text = serde_json::to_string(&policy).unwrap();
        assert!(text.contains(r#""release_published":30000"#), "{text}");
        assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), policy);
    }
}
