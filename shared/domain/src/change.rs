//! What changed a score between two instants, cause by cause.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ExplainedContribution, Policy, Scorable, Thousandths, explain};

/// Why a score is another than before, in the order in which causes are told
/// apart: what was done since comes last, on top of everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeCause {
    /// Things are worth something else.
    Policy,
    /// Accounts were decided to be one person, or to be so no more.
    Identity,
    /// Something that was known is known better: credit, kind, lines, that it
    /// does not count.
    Correction,
    /// Something that was done before became known since.
    Backfill,
    /// Something was done since.
    Activity,
}

impl ChangeCause {
    /// Every cause, in that order.
    pub const ALL: [Self; 5] = [
        Self::Policy,
        Self::Identity,
        Self::Correction,
        Self::Backfill,
        Self::Activity,
    ];
}

/// A contribution that counts for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counting {
    /// Its id.
    pub id: Uuid,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// What it is worth something as.
    pub scorable: Scorable,
}

/// What is counted by which policy at an instant.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// What things were worth.
    pub policy: &'a Policy,
    /// What counted for the contributor.
    pub contributions: &'a [Counting],
}

/// What one cause did to a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CauseOfChange {
    /// The cause.
    pub cause: ChangeCause,
    /// What it added, or took.
    pub points: Thousandths,
    /// How many contributions came, went or changed by it.
    pub contributions: usize,
}

/// The contributions that do not count alike at both instants.
#[must_use]
pub fn differing(then: &[Counting], now: &[Counting]) -> BTreeSet<Uuid> {
    let before: BTreeMap<Uuid, &Counting> = then.iter().map(|one| (one.id, one)).collect();
    let after: BTreeMap<Uuid, &Counting> = now.iter().map(|one| (one.id, one)).collect();
    let all = before.keys().chain(after.keys());
    all.filter(|id| before.get(id) != after.get(id))
        .copied()
        .collect()
}

/// Splits the difference between two scores: by policy, and by the cause of
/// each contribution that does not count alike. The parts add up to it.
#[must_use]
pub fn split_change(
    then: Counted<'_>,
    now: Counted<'_>,
    cause_of: impl Fn(Uuid) -> ChangeCause,
) -> Vec<CauseOfChange> {
    let place = |one: &Counting| ((one.occurred_at, one.id), one.scorable.clone());
    let mut counting: BTreeMap<_, _> = then.contributions.iter().map(place).collect();
    let before: BTreeMap<Uuid, _> = then
        .contributions
        .iter()
        .map(|one| (one.id, one.occurred_at))
        .collect();
    let after: BTreeMap<Uuid, &Counting> =
        now.contributions.iter().map(|one| (one.id, one)).collect();
    let differing = differing(then.contributions, now.contributions);
    let mut score = score_of(then.policy, &counting);
    let mut causes = Vec::with_capacity(ChangeCause::ALL.len());
    for cause in ChangeCause::ALL {
        let mut contributions = 0;
        for id in &differing {
            if cause == ChangeCause::Policy || cause_of(*id) != cause {
                continue;
            }
            contributions += 1;
            if let Some(at) = before.get(id) {
                counting.remove(&(*at, *id));
            }
            counting.extend(after.get(id).map(|one| place(one)));
        }
        let with = score_of(now.policy, &counting);
        causes.push(CauseOfChange {
            cause,
            points: with - score,
            contributions,
        });
        score = with;
    }
    causes
}

fn score_of(policy: &Policy, counting: &BTreeMap<(DateTime<Utc>, Uuid), Scorable>) -> Thousandths {
    let contributions: Vec<Scorable> = counting.values().cloned().collect();
    let explained = explain(policy, &contributions);
    explained
        .iter()
        .map(|one: &ExplainedContribution| one.points())
        .sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{ContributionKind, RepositoryReference};

    fn counting(id: u128, kind: ContributionKind, minute: i64) -> Counting {
        let occurred_at = DateTime::UNIX_EPOCH + chrono::TimeDelta::minutes(minute);
        Counting {
            id: Uuid::from_u128(id),
            occurred_at,
            scorable: Scorable {
                repository: RepositoryReference::from_id(1),
                kind,
                day: occurred_at.date_naive(),
                quantity: 1,
                lines: None,
            },
        }
    }

    #[test]
    fn the_parts_add_up_and_each_contribution_is_in_one() {
        use ContributionKind::{Comment, Commit, IssueOpened};
        let policy = Policy::default();
        let dearer = policy
            .entered(2, &json!({ "points": { "commit": 20 } }))
            .unwrap();
        let then = [
            counting(1, Commit, 0),
            counting(2, Comment, 1),
            counting(3, IssueOpened, 2),
        ];
        let now = [
            counting(1, Commit, 0),
            counting(2, IssueOpened, 1),
            counting(4, Comment, 3),
            counting(5, Commit, 9),
        ];
        let cause_of = |id: Uuid| match id.as_u128() {
            2 => ChangeCause::Correction,
            3 => ChangeCause::Identity,
            4 => ChangeCause::Backfill,
            _ => ChangeCause::Activity,
        };
        let counted = |policy, contributions| Counted {
            policy,
            contributions,
        };
        let causes = split_change(counted(&policy, &then), counted(&dearer, &now), cause_of);
        let points: Vec<i64> = causes.iter().map(|cause| cause.points).collect();
        assert_eq!(points, [10_000, -8_000, 5_000, 3_000, 20_000]);
        let counts: Vec<usize> = causes.iter().map(|cause| cause.contributions).collect();
        assert_eq!(counts, [0, 1, 1, 1, 1]);
    }
}
