//! Whether a snapshot is right in itself: everything in it that follows from
//! something else in it is computed anew.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use thiserror::Error;

use super::bounds::score_bounds;
use super::{Snapshot, SnapshotRow};
use crate::{
    AccountReference, ContributionKind, Metric, Period, Standing, Thousandths, rank_standings,
};

/// Something in a snapshot that does not follow from the rest of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Inconsistency {
    /// The period has other days.
    #[error("the period {0} has other days than those given")]
    Period(String),
    /// An account has two rows.
    #[error("{0} has two rows")]
    Twice(AccountReference),
    /// An account is of a class that the board does not show.
    #[error("{0} is of a class that the board does not show")]
    Class(AccountReference),
    /// A number of contributions is no number of them.
    #[error("{account} has {count} of {kind}")]
    Count {
        /// Who.
        account: AccountReference,
        /// What.
        kind: ContributionKind,
        /// How many.
        count: i64,
    },
    /// The value is not what the board is ordered by.
    #[error("{account} has the value {value}, and {metric} is {of_metric}")]
    Value {
        /// Who.
        account: AccountReference,
        /// The value.
        value: i64,
        /// What the board is ordered by.
        metric: Metric,
        /// How much of that there is.
        of_metric: i64,
    },
    /// The score cannot come of the counts under the policy.
    #[error("{account} has the score {score}, and the counts come to {} to {}", .can_be.start(), .can_be.end())]
    Score {
        /// Who.
        account: AccountReference,
        /// The score, in thousandths of a point.
        score: Thousandths,
        /// What it can be.
        can_be: RangeInclusive<Thousandths>,
    },
    /// The rows are in another order, or there is a row of nothing.
    #[error("the row of {0} is not in its place")]
    Order(AccountReference),
    /// A rank is another.
    #[error("{account} has rank {rank}, and stands at {stands_at}")]
    Rank {
        /// Who.
        account: AccountReference,
        /// The rank given.
        rank: u64,
        /// The rank that the values give.
        stands_at: u64,
    },
    /// The number of members does not fit the rows.
    #[error("{members} members and {rows} rows, of a board that is {}", if *.cut { "cut" } else { "whole" })]
    Members {
        /// Members of the board.
        members: u64,
        /// Rows of the snapshot.
        rows: u64,
        /// Whether it says that there are more.
        cut: bool,
    },
    /// The messages do not fit the sequences.
    #[error("{messages} messages from sequence {first} to {sequence}")]
    Inputs {
        /// Messages that the digest holds.
        messages: u64,
        /// The first sequence.
        first: u64,
        /// The last.
        sequence: u64,
    },
    /// The hours of the coverage do not add up.
    #[error("the hours of the coverage are {all}, and add up to {sum}")]
    Coverage {
        /// All hours.
        all: i64,
        /// What the hours by verdict add up to.
        sum: i64,
    },
}

/// Everything in a snapshot that does not follow from the rest of it; nothing
/// when it is right in itself.
#[must_use]
pub fn inconsistencies(snapshot: &Snapshot) -> Vec<Inconsistency> {
    let mut found = Vec::new();
    found.extend(check_period(snapshot));
    let mut seen = HashSet::new();
    for row in &snapshot.rows {
        if !seen.insert(&row.account) {
            found.push(Inconsistency::Twice(row.account.clone()));
        }
        check_row(snapshot, row, &mut found);
    }
    check_ranks(snapshot, &mut found);
    found.extend(check_totals(snapshot));
    found
}

fn check_period(snapshot: &Snapshot) -> Option<Inconsistency> {
    let stated = &snapshot.board.period;
    let days = stated.name.parse::<Period>().ok().map(|period| {
        let (first, end) = period.days().unzip();
        (first, end.and_then(|end| end.pred_opt()))
    });
    let is_so = days == Some((stated.first_day, stated.last_day));
    (!is_so).then(|| Inconsistency::Period(stated.name.clone()))
}

fn check_row(snapshot: &Snapshot, row: &SnapshotRow, found: &mut Vec<Inconsistency>) {
    let account = || row.account.clone();
    let board = &snapshot.board;
    if !board.class.classes().contains(&row.class) {
        found.push(Inconsistency::Class(account()));
    }
    let strange = row.counts.iter().find(|(_, count)| **count <= 0);
    if let Some((kind, count)) = strange {
        found.push(Inconsistency::Count {
            account: account(),
            kind: *kind,
            count: *count,
        });
    }
    let of_metric = match board.metric {
        Metric::Score => row.score_thousandths,
        Metric::Kind(kind) => row.count(kind),
    };
    if row.value != of_metric {
        found.push(Inconsistency::Value {
            account: account(),
            value: row.value,
            metric: board.metric,
            of_metric,
        });
    }
    let can_be = score_bounds(&snapshot.policy, &row.counts);
    if !can_be.contains(&row.score_thousandths) {
        found.push(Inconsistency::Score {
            account: account(),
            score: row.score_thousandths,
            can_be,
        });
    }
}

/// Puts the rows in order anew, ties and all.
fn check_ranks(snapshot: &Snapshot, found: &mut Vec<Inconsistency>) {
    let standings = snapshot.rows.iter().map(|row| Standing {
        contributor: row.account.clone(),
        value: row.value,
        merged: row.count(ContributionKind::PullRequestMerged),
        reviews: row.count(ContributionKind::PullRequestReviewed),
    });
    let ranked = rank_standings(standings.collect());
    for (place, row) in snapshot.rows.iter().enumerate() {
        match ranked.get(place) {
            Some((rank, standing)) if standing.contributor == row.account => {
                if *rank != row.rank {
                    found.push(Inconsistency::Rank {
                        account: row.account.clone(),
                        rank: row.rank,
                        stands_at: *rank,
                    });
                }
            }
            // All that follow may be out of their place because of this one.
            _ => return found.push(Inconsistency::Order(row.account.clone())),
        }
    }
}

fn check_totals(snapshot: &Snapshot) -> Vec<Inconsistency> {
    let mut found = Vec::new();
    let (members, rows, cut) = (snapshot.members, snapshot.rows.len() as u64, snapshot.cut);
    let fits = if cut { members > rows } else { members == rows };
    if !fits {
        found.push(Inconsistency::Members { members, rows, cut });
    }
    let inputs = &snapshot.inputs;
    // Messages may have been taken off the log, and none put between others.
    let places = (inputs.sequence + 1).checked_sub(inputs.first);
    if places.is_none_or(|places| inputs.messages > places) {
        found.push(Inconsistency::Inputs {
            messages: inputs.messages,
            first: inputs.first,
            sequence: inputs.sequence,
        });
    }
    let hours = |name: &str| snapshot.coverage.get("hours")?.get(name)?.as_i64();
    let verdicts = ["complete", "unknown", "partial", "missing"];
    let sum = verdicts.iter().map(|name| hours(name).unwrap_or(0)).sum();
    let all = hours("all").unwrap_or(0);
    if all != sum {
        found.push(Inconsistency::Coverage { all, sum });
    }
    found
}
