//! Boards: what they are about, and how they are ordered.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{AccountClass, AccountReference, ContributionKind, RepositoryReference, UnknownKind};

/// Which repositories a board is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// All of them.
    Global,
    /// One of them.
    Repository(RepositoryReference),
    /// All whose present name begins with this owner, in lower case.
    Organization(String),
    /// Those that a decision gathered under this name.
    Group(String),
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => out.write_str("global"),
            Self::Repository(repository) => write!(out, "repository:{repository}"),
            Self::Organization(owner) => write!(out, "organization:{owner}"),
            Self::Group(name) => write!(out, "group:{name}"),
        }
    }
}

/// What a board is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Metric {
    /// The whole score, in thousandths of a point.
    Score,
    /// The number of contributions of one kind.
    Kind(ContributionKind),
}

/// A text that names no [`Metric`].
#[derive(Debug, Error)]
#[error("{0}; or \"score\" for the whole score")]
pub struct ParseMetricError(UnknownKind);

impl Metric {
    /// Every metric.
    pub const ALL: [Self; ContributionKind::ALL.len() + 1] = {
        let mut metrics = [Self::Score; ContributionKind::ALL.len() + 1];
        let mut place = 0;
        while place < ContributionKind::ALL.len() {
            metrics[place + 1] = Self::Kind(ContributionKind::ALL[place]);
            place += 1;
        }
        metrics
    };

    /// The metric's place in [`Metric::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Self::Score => 0,
            Self::Kind(kind) => kind as usize + 1,
        }
    }

    /// The metric as it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Kind(kind) => kind.as_str(),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Metric {
    type Err = ParseMetricError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "score" {
            return Ok(Self::Score);
        }
        text.parse().map(Self::Kind).map_err(ParseMetricError)
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> Self {
        metric.as_str().to_owned()
    }
}

impl TryFrom<String> for Metric {
    type Error = ParseMetricError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Whose contributions a board shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassFilter {
    /// People; what boards show unless asked otherwise.
    #[default]
    Human,
    /// Bots.
    Bot,
    /// AI agents.
    Agent,
    /// All of them.
    Everyone,
}

impl ClassFilter {
    /// Every filter.
    pub const ALL: [Self; 4] = [Self::Human, Self::Bot, Self::Agent, Self::Everyone];

    /// The classes that are shown.
    #[must_use]
    pub fn classes(self) -> &'static [AccountClass] {
        match self {
            Self::Human => &[AccountClass::Human],
            Self::Bot => &[AccountClass::Bot],
            Self::Agent => &[AccountClass::Agent],
            Self::Everyone => &AccountClass::SHOWN,
        }
    }

    /// The filter as it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Bot => "bot",
            Self::Agent => "agent",
            Self::Everyone => "everyone",
        }
    }
}

/// One contributor's place on a board before ranks are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub contributor: AccountReference,
    /// The metric's value: thousandths of a point, or a number.
    pub value: i64,
    /// Merged pull requests on the same board: the first tie-break.
    pub merged: i64,
    /// Reviews on the same board: the second tie-break.
    pub reviews: i64,
}

impl Standing {
    fn key(&self) -> (Reverse<i64>, Reverse<i64>, Reverse<i64>, &AccountReference) {
        (
            Reverse(self.value),
            Reverse(self.merged),
            Reverse(self.reviews),
            &self.contributor,
        )
    }
}

impl PartialOrd for Standing {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Best first; equal values by merged pull requests, then reviews, then the
/// account reference as text. The order is total.
impl Ord for Standing {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// Orders a board and gives ranks: equal values share one (1, 2, 2, 4).
/// Whoever has nothing is not on the board.
#[must_use]
pub fn rank_standings(standings: Vec<Standing>) -> Vec<(u64, Standing)> {
    rank_by(standings, |standing| standing.value)
}

/// The same for whatever stands on a board.
pub(crate) fn rank_by<S: Ord>(mut standings: Vec<S>, value: impl Fn(&S) -> i64) -> Vec<(u64, S)> {
    standings.retain(|standing| value(standing) > 0);
    standings.sort_unstable();
    let mut ranked: Vec<(u64, S)> = Vec::with_capacity(standings.len());
    for (place, standing) in (1..).zip(standings) {
        let rank = match ranked.last() {
            Some((rank, previous)) if value(previous) == value(&standing) => *rank,
            _ => place,
        };
        ranked.push((rank, standing));
    }
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(id: u64, value: i64, merged: i64) -> Standing {
        Standing {
            contributor: AccountReference::from_id(id),
            value,
            merged,
            reviews: 0,
        }
    }

    #[test]
    fn equal_values_share_a_rank_in_a_stable_order() {
        let ranked = rank_standings(vec![
            standing(10, 5, 0),
            standing(9, 5, 0),
            standing(3, 5, 1),
            standing(4, 9, 0),
            standing(5, 1, 0),
            standing(6, 0, 0),
        ]);
        let shown: Vec<(u64, &str)> = ranked
            .iter()
            .map(|(rank, standing)| (*rank, standing.contributor.as_str()))
            .collect();
        assert_eq!(shown, [(1, "4"), (2, "3"), (2, "10"), (2, "9"), (5, "5")]);
    }

    #[test]
    fn metrics_read_back() {
        assert_eq!("score".parse::<Metric>().unwrap(), Metric::Score);
        assert_eq!("comment".parse::<Metric>().unwrap().to_string(), "comment");
        assert!(
            "points"
                .parse::<Metric>()
                .unwrap_err()
                .to_string()
                .contains("score")
        );
    }
}
