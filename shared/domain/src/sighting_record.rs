//! Sightings as they are kept beside the contribution they belong to.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    AccountReference, ContributionKind, CreditBasis, Lines, PullRequestKey, PushKey,
    RepositoryReference, Resolution, Sighting, SourceReference,
};

/// A sighting without what it says just like its contribution: most sightings
/// agree with it in everything, and there are as many of them as of anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SightingRecord {
    /// The semantic key, where its reference to the repository is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The kind, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ContributionKind>,
    /// The instant, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<DateTime<Utc>>,
    /// The reference to the repository, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<RepositoryReference>,
    /// Who is credited by it alone, where that is somebody else or nobody.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "said"
    )]
    pub account: Option<Option<AccountReference>>,
    /// Why, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<CreditBasis>,
    /// Who acted, where that is not who is credited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<AccountReference>,
    /// How many, where that differs.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "said"
    )]
    pub quantity: Option<Option<u32>>,
    /// Lines changed, where they differ.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "said"
    )]
    pub lines: Option<Option<Lines>>,
    /// The pull request it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<PullRequestKey>,
    /// The push it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushKey>,
    /// Where it was seen.
    #[serde(flatten)]
    pub source: SourceReference,
    /// Its sequence in the log.
    pub sequence: u64,
    /// When the log took it.
    pub recorded_at: DateTime<Utc>,
}

/// Keeps "said to be nothing" apart from "not said".
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What differs from the contribution.
fn unlike<T: PartialEq + Clone>(own: &T, of_contribution: &T) -> Option<T> {
    (own != of_contribution).then(|| own.clone())
}

impl SightingRecord {
    /// Leaves out what the contribution says too.
    #[must_use]
    pub fn new(sighting: &Sighting, key: &str, contribution: &Resolution) -> Self {
        Self {
            key: (sighting.key != key).then(|| sighting.key.clone()),
            kind: unlike(&sighting.kind, &contribution.kind),
            occurred_at: unlike(&sighting.occurred_at, &contribution.occurred_at),
            repository: unlike(&sighting.repository, &contribution.repository),
            account: unlike(&sighting.account, &contribution.contributor),
            basis: unlike(&sighting.basis, &contribution.basis),
            actor: sighting.actor.clone(),
            quantity: unlike(&sighting.quantity, &contribution.quantity),
            lines: unlike(&sighting.lines, &contribution.lines),
            pull_request: sighting.pull_request.clone(),
            push: sighting.push.clone(),
            source: sighting.source.clone(),
            sequence: sighting.sequence,
            recorded_at: sighting.recorded_at,
        }
    }

    /// The sighting, from the record and the contribution it is kept beside.
    #[must_use]
    pub fn sighting(self, key: &str, contribution: &Resolution) -> Sighting {
        Sighting {
            occurred_at: self.occurred_at.unwrap_or(contribution.occurred_at),
            kind: self.kind.unwrap_or(contribution.kind),
            key: self.key.unwrap_or_else(|| key.to_owned()),
            repository: self
                .repository
                .unwrap_or_else(|| contribution.repository.clone()),
            account: self
                .account
                .unwrap_or_else(|| contribution.contributor.clone()),
            basis: self.basis.unwrap_or(contribution.basis),
            actor: self.actor,
            quantity: self.quantity.unwrap_or(contribution.quantity),
            lines: self.lines.unwrap_or(contribution.lines),
            pull_request: self.pull_request,
            push: self.push,
            source: self.source,
            sequence: self.sequence,
            recorded_at: self.recorded_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;

    fn sighting() -> Sighting {
        Sighting {
            occurred_at: "2015-01-01T15:00:00Z".parse().unwrap(),
            kind: ContributionKind::PullRequestMerged,
            key: "pull_request_merged:7:12".to_owned(),
            repository: RepositoryReference::from_id(7),
            account: Some(AccountReference::from_id(1)),
            basis: CreditBasis::Author,
            actor: Some(AccountReference::from_id(2)),
            quantity: Some(1),
            lines: Some(Lines {
                additions: 3,
                deletions: 1,
            }),
            pull_request: Some(PullRequestKey {
                id: Some(99),
                number: Some(12),
            }),
            push: None,
            source: SourceReference {
                source: Source::Archive,
                reference: "2015-01-01-15.json.gz:1".to_owned(),
            },
            sequence: 5,
            recorded_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        }
    }

    fn contribution(sighting: &Sighting) -> Resolution {
        Resolution {
            kind: sighting.kind,
            repository: sighting.repository.clone(),
            contributor: sighting.account.clone(),
            basis: sighting.basis,
            occurred_at: sighting.occurred_at,
            quantity: sighting.quantity,
            lines: sighting.lines,
            superseded: false,
        }
    }

    #[test]
    fn what_is_said_like_the_contribution_is_left_out() {
        let sighting = sighting();
        let record = SightingRecord::new(&sighting, &sighting.key, &contribution(&sighting));
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(
            text,
            r#"{"actor":"2","pull_request":{"id":99,"number":12},"source":"archive","reference":"2015-01-01-15.json.gz:1","sequence":5,"recorded_at":"2026-01-01T00:00:00Z"}"#
        );
    }

    #[test]
    fn every_difference_reads_back() {
        let original = sighting();
        let mut other = original.clone();
        other.occurred_at = "2015-01-01T16:00:00Z".parse().unwrap();
        other.kind = ContributionKind::PullRequestClosed;
        other.key = "pull_request_closed:@a/b:12".to_owned();
        other.repository = RepositoryReference::from_stored("@a/b");
        other.account = None;
        other.basis = CreditBasis::Pending;
        other.actor = None;
        other.quantity = None;
        other.lines = None;
        for sighting in [&original, &other] {
            for contribution in [contribution(&original), contribution(&other)] {
                let record = SightingRecord::new(sighting, &original.key, &contribution);
                let text = serde_json::to_string(&record).unwrap();
                let read: SightingRecord = serde_json::from_str(&text).unwrap();
                assert_eq!(read, record);
                assert_eq!(&read.sighting(&original.key, &contribution), sighting);
            }
        }
    }
}
