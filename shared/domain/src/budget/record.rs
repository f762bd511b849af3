//! What is written down of spending: the data of the ledger's events.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Ceiling, Money};
use crate::Source;

/// Names a reservation.
pub type ReservationId = Uuid;

/// What somebody wants to spend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The reservation's id, chosen by whoever asks: asking again under it
    /// reserves nothing twice.
    pub reservation: ReservationId,
    /// The job that spends.
    pub job: String,
    /// The source that is paid.
    pub source: Source,
    /// The source's own name of the work, by which what it cost is looked up.
    pub reference: String,
    /// The repositories it is for; none means all.
    pub repositories: Vec<String>,
    /// The most bytes that are charged.
    pub bytes: u64,
    /// When, in UTC.
    pub at: DateTime<Utc>,
    /// From when on whoever reserved is taken for gone.
    pub expires_at: DateTime<Utc>,
}

/// `cost.reserved`, version 1: so much is counted as spent until it is known
/// what was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reservation {
    /// Names the reservation.
    pub reservation: ReservationId,
    /// The job that spends.
    pub job: String,
    /// The source that is paid.
    pub source: Source,
    /// The source's own name of the work.
    pub reference: String,
    /// The repositories it is for; none means all.
    pub repositories: Vec<String>,
    /// The most bytes that are charged.
    pub bytes: u64,
    /// How many of them cost nothing.
    pub free_bytes: u64,
    /// What a tebibyte of the others costs, in millionths of a dollar.
    pub of_a_tebibyte: Money,
    /// The most it can cost, in millionths of a dollar.
    pub amount: Money,
    /// When it was reserved, in UTC.
    pub reserved_at: DateTime<Utc>,
    /// From when on it is assumed spent, until it is looked up.
    pub expires_at: DateTime<Utc>,
}

/// `cost.settled`, version 1: what a reservation came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Settlement {
    /// The reservation.
    pub reservation: ReservationId,
    /// When it was reserved: its month is the ledger this is written to.
    pub reserved_at: DateTime<Utc>,
    /// Bytes that were charged.
    pub bytes: u64,
    /// What they cost, in millionths of a dollar.
    pub amount: Money,
    /// When this became known, in UTC.
    pub settled_at: DateTime<Utc>,
}

/// `cost.released`, version 1: nothing of a reservation was spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Release {
    /// The reservation.
    pub reservation: ReservationId,
    /// When it was reserved: its month is the ledger this is written to.
    pub reserved_at: DateTime<Utc>,
    /// Why nothing was spent.
    pub reason: String,
    /// When this became known, in UTC.
    pub released_at: DateTime<Utc>,
}

/// `cost.refused`, version 1: somebody wanted to spend more than is left. It
/// is not tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// What would have been the reservation's id.
    pub reservation: ReservationId,
    /// The job that wanted to spend.
    pub job: String,
    /// The source that would have been paid.
    pub source: Source,
    /// The most it could have cost, in millionths of a dollar.
    pub amount: Money,
    /// The limit that forbids it.
    pub ceiling: Ceiling,
    /// The limit itself.
    pub limit: Money,
    /// What is left below it.
    pub left: Money,
    /// When, in UTC.
    pub refused_at: DateTime<Utc>,
}

impl Refusal {
    /// The limit that forbids it, in words: that of a job is one of all its runs
    /// of a month.
    #[must_use]
    pub fn limit_in_words(&self) -> String {
        let limit = self.limit;
        match self.ceiling {
            Ceiling::Job => format!("{limit} a month for all runs of the job {}", self.job),
            Ceiling::Day | Ceiling::Month => format!("{limit} a {}", self.ceiling),
        }
    }
}

/// `budget.threshold_reached`, version 1: so much of a limit is spent or
/// reserved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThresholdReached {
    /// Which limit.
    pub ceiling: Ceiling,
    /// The day, or the first day of the month.
    pub of: NaiveDate,
    /// The threshold, in parts of a hundred.
    pub percent: u8,
    /// What is settled and reserved, in millionths of a dollar.
    pub amount: Money,
    /// The limit.
    pub limit: Money,
    /// When, in UTC.
    pub reached_at: DateTime<Utc>,
}
