//! What money was spent for.

use std::collections::BTreeMap;

use super::{Ledger, Money, Reservation};

/// What money is attributed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribution {
    /// The job that spent it.
    Job,
    /// The source that was paid.
    Source,
    /// The repositories it was spent for.
    Repository,
    /// The UTC day it was reserved on.
    Day,
}

impl Attribution {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Source => "source",
            Self::Repository => "repository",
            Self::Day => "day",
        }
    }

    fn owners(self, reservation: &Reservation) -> Vec<String> {
        match self {
            Self::Job => vec![reservation.job.clone()],
            Self::Source => vec![reservation.source.as_str().to_owned()],
            Self::Day => vec![reservation.reserved_at.date_naive().to_string()],
            Self::Repository if reservation.repositories.is_empty() => vec!["all".to_owned()],
            Self::Repository => reservation.repositories.clone(),
        }
    }
}

/// What was spent for one thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Queries that were for it, wholly or in part.
    pub queries: u64,
    /// Bytes that were reserved.
    pub bytes: u64,
    /// What is known to be spent.
    pub settled: Money,
    /// What may have been spent at most, besides.
    pub reserved: Money,
}

/// Adds up by job, source, repository or day. What is for several repositories
/// is divided among them evenly; what is left over goes to the first.
#[must_use]
pub fn attribute(ledger: &Ledger, by: Attribution) -> BTreeMap<String, Share> {
    let mut shares: BTreeMap<String, Share> = BTreeMap::new();
    for (reservation, settled) in ledger.reservations() {
        let owners = by.owners(reservation);
        let parts = owners.len().max(1) as u64;
        for (place, owner) in owners.into_iter().enumerate() {
            let part = |whole: u64| whole / parts + if place == 0 { whole % parts } else { 0 };
            let amount = |sum: Money| Money::from_micros(part(sum.micros()));
            let share = shares.entry(owner).or_default();
            share.queries += 1;
            share.bytes += part(reservation.bytes);
            match settled {
                Some(settled) => share.settled = share.settled + amount(settled),
                None => share.reserved = share.reserved + amount(reservation.amount),
            }
        }
    }
    shares
}
