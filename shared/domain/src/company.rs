//! Boards of companies: what people did counts for the company that they
//! worked for on the day.

use std::cmp::{Ordering, Reverse};

use crate::CompanyKey;
use crate::board::rank_by;

/// One company's place on a board before ranks are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanyStanding {
    /// Which.
    pub company: CompanyKey,
    /// The metric's value: thousandths of a point, or a number.
    pub value: i64,
    /// Merged pull requests on the same board: the first tie-break.
    pub merged: i64,
    /// Reviews on the same board: the second tie-break.
    pub reviews: i64,
}

impl CompanyStanding {
    fn key(&self) -> (Reverse<i64>, Reverse<i64>, Reverse<i64>, &CompanyKey) {
        (
            Reverse(self.value),
            Reverse(self.merged),
            Reverse(self.reviews),
            &self.company,
        )
    }
}

impl PartialOrd for CompanyStanding {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Best first, as contributors are ordered; what is equal in all of it by the
/// company's key. The order is total.
impl Ord for CompanyStanding {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// Orders a board of companies and gives ranks: equal values share one
/// (1, 2, 2, 4). Whichever has nothing is not on the board.
#[must_use]
pub fn rank_companies(standings: Vec<CompanyStanding>) -> Vec<(u64, CompanyStanding)> {
    rank_by(standings, |standing| standing.value)
}
