//! A computed board in its order: a rank is a matter of looking.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use domain::{AccountReference, ClassFilter, Metric, Standing, rank_standings};

use super::Tally;

/// A whole board in order.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) tally: Arc<Tally>,
    pub(crate) metric: Metric,
    pub(crate) ranked: Arc<Vec<(u64, Standing)>>,
}

impl Board {
    /// Puts everybody in order.
    pub(super) fn order(tally: Arc<Tally>, metric: Metric, class: ClassFilter) -> Self {
        let members = tally.members.iter();
        let standings = members
            .filter(|(_, member)| class.classes().contains(&member.class))
            .map(|(contributor, member)| member.standing(contributor, metric));
        Self {
            ranked: Arc::new(rank_standings(standings.collect())),
            metric,
            tally,
        }
    }

    /// The board of a tally that differs from this one's by what some
    /// contributors did: they are taken out and put in again, and the others
    /// stay in their order.
    pub(super) fn follow(&self, tally: Arc<Tally>, changed: &[String], class: ClassFilter) -> Self {
        if changed.is_empty() {
            return Self {
                ranked: Arc::clone(&self.ranked),
                metric: self.metric,
                tally,
            };
        }
        let changed: HashSet<&str> = changed.iter().map(String::as_str).collect();
        let moved = changed.iter().filter_map(|contributor| {
            let contributor = AccountReference::from_stored(*contributor);
            let member = tally.members.get(&contributor)?;
            let shown = class.classes().contains(&member.class);
            shown.then(|| member.standing(&contributor, self.metric))
        });
        let moved = rank_standings(moved.collect());
        let stayed = self.ranked.iter().map(|(_, standing)| standing);
        let stayed = stayed.filter(|standing| !changed.contains(standing.contributor.as_str()));
        let moved = moved.iter().map(|(_, standing)| standing);
        let ranked = merge(stayed, moved, self.ranked.len());
        Self {
            ranked: Arc::new(ranked),
            metric: self.metric,
            tally,
        }
    }

    /// The rows that follow a place, wherever it would be by now.
    pub(crate) fn after(&self, place: Option<&Standing>) -> &[(u64, Standing)] {
        let start = place.map_or(0, |place| {
            self.ranked
                .partition_point(|(_, standing)| standing <= place)
        });
        &self.ranked[start..]
    }

    /// The rank of a contributor; `None` for who is not on this board.
    pub(crate) fn rank(&self, contributor: &AccountReference) -> Option<u64> {
        let member = self.tally.members.get(contributor)?;
        let standing = member.standing(contributor, self.metric);
        let place = self
            .ranked
            .binary_search_by(|(_, other)| other.cmp(&standing));
        Some(self.ranked[place.ok()?].0)
    }
}

/// Two lists in board order as one, with ranks: equal values share one.
fn merge<'a>(
    one: impl Iterator<Item = &'a Standing>,
    other: impl Iterator<Item = &'a Standing>,
    about: usize,
) -> Vec<(u64, Standing)> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    let mut ranked: Vec<(u64, Standing)> = Vec::with_capacity(about);
    for place in 1.. {
        let order = match (one.peek(), other.peek()) {
            (Some(first), Some(second)) => first.cmp(second),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let next = match order {
            Ordering::Less | Ordering::Equal => one.next(),
            Ordering::Greater => other.next(),
        };
        let Some(standing) = next else { break };
        let rank = match ranked.last() {
            Some((rank, previous)) if previous.value == standing.value => *rank,
            _ => place,
        };
        ranked.push((rank, standing.clone()));
    }
    ranked
}
